"""Expansion of contractions, so that later steps see one spelling of every word."""

import re

from agent_memory_services.extraction.extractors.local.verbs import Form, reads_as

_PUNCTUATION = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
)
_DASH = re.compile("(?<!\\d) *[\u2013\u2014] *|[\u2013\u2014](?!\\d)")
_RANGE = re.compile("[\u2013\u2014]")

# Typed without an apostrophe; only spellings that are no other word.
_BARE = {
    "im": "I'm", "ive": "I've", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't",
    "cant": "can't", "isnt": "isn't", "wasnt": "wasn't", "arent": "aren't", "werent": "weren't",
    "havent": "haven't", "hasnt": "hasn't", "hadnt": "hadn't", "wouldnt": "wouldn't",
    "couldnt": "couldn't", "shouldnt": "shouldn't", "youre": "you're", "theyre": "they're",
    "thats": "that's", "whats": "what's",
}  # fmt: skip
_SPOKEN = (
    (re.compile(r"\b(I'm|I am|we're|we are) gonna\b", re.IGNORECASE), r"\1 going to"),
    (re.compile(r"\bgonna\b", re.IGNORECASE), "going to"),
    (re.compile(r"\bwanna\b", re.IGNORECASE), "want to"),
    (re.compile(r"(?:(?:\b(?:have|has)|'ve|'s) )?\bgotta\b", re.IGNORECASE), " have to"),
    (re.compile(r"(?<!\w)(?:'?cause|'?cuz|'?coz)\b", re.IGNORECASE), "because"),
    (re.compile(r"\bfav(?:e|s)?\b(?! it)", re.IGNORECASE), "favorite"),
    (re.compile(r"\b(\w{2,})in'(?!\w)"), r"\1ing"),
    (re.compile(r"\b(?:y'all)\b", re.IGNORECASE), "you"),
)
_BARE_WORD = re.compile(r"\b(?:" + "|".join(_BARE) + r")\b", re.IGNORECASE)
_LONE_I = re.compile(r"(?<![\w.'])i(?=(?:'(?:m|ve|d|ll))?(?:[\s,]|$))")
_NEGATIONS = (
    (re.compile(r"\bcan't\b", re.IGNORECASE), "cannot"),
    (re.compile(r"\bwon't\b", re.IGNORECASE), "will not"),
    (re.compile(r"\bain't\b", re.IGNORECASE), "is not"),
    (re.compile(r"\b(\w+)n't\b", re.IGNORECASE), r"\1 not"),
)
_ENDINGS = (
    (re.compile(r"'m\b", re.IGNORECASE), " am"),
    (re.compile(r"'re\b", re.IGNORECASE), " are"),
    (re.compile(r"'ve\b", re.IGNORECASE), " have"),
    (re.compile(r"'ll\b", re.IGNORECASE), " will"),
    (re.compile(r"\blet's\b", re.IGNORECASE), "let us"),
)
_WOULD_OR_HAD = re.compile(
    r"\b(\w+)'d\b(?P<then>(?: (?:always|never|just|also|already|really|only|not))? (?P<next>\w+))?",
    re.IGNORECASE,
)
_IS_OR_HAS = re.compile(
    r"\b(?P<word>he|she|it|that|there|what|who|here|how|where|this|everything|name)'s\b"
    r"(?= (?P<next>[\w']+))?",
    re.IGNORECASE,
)
_NOUN_IS = re.compile(
    r"\b(?P<noun>\w{2,})'s (?=(?:an?|not|from|in|at|getting|going|having|working|living|moving"
    r"|studying|coming|planning|turning|starting|called|great|super|really|so|very|always)\b)"
)
_NOUN_HAS = re.compile(r"\b(\w{2,})'s (?=(?:(?:always|never|just|already) )?been\b)")
_HAS_NEXT = frozenset({"been", "got", "had", "gone", "become"})


def written_out(text: str) -> str:
    """Expand contractions and common chat spellings, and straighten quotation marks."""
    text = _RANGE.sub("-", _DASH.sub(" - ", text.translate(_PUNCTUATION)))
    text = _BARE_WORD.sub(lambda match: _BARE[match[0].lower()], text)
    text = _LONE_I.sub("I", text)
    for pattern, replacement in (*_SPOKEN, *_NEGATIONS):
        text = pattern.sub(replacement, text)
    text = _WOULD_OR_HAD.sub(_would_or_had, text)
    text = _IS_OR_HAS.sub(_is_or_has, text)
    text = _NOUN_HAS.sub(r"\1 has ", text)
    text = _NOUN_IS.sub(r"\g<noun> is ", text)
    for pattern, replacement in _ENDINGS:
        text = pattern.sub(replacement, text)
    return text


def _would_or_had(match: re.Match[str]) -> str:
    following = (match["next"] or "").lower()
    had = following == "better" or (
        following != "rather"
        and not reads_as(following, Form.BASE)
        and reads_as(following, Form.PARTICIPLE)
    )
    return f"{match[1]} {'had' if had else 'would'}{match['then'] or ''}"


def _is_or_has(match: re.Match[str]) -> str:
    following = (match["next"] or "").lower()
    return f"{match['word']} {'has' if following in _HAS_NEXT else 'is'}"
