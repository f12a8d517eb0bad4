"""Strings of fragments: "35, married, two kids, living in Porto" says four things.

Each segment is recognised by its form alone; a sentence is taken apart only where its first segment
is a fragment and none of them is a sentence.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from agent_memory_services.extraction.extractors.local.words import any_of, words
from agent_memory_services.language.en.words import is_past

_COMMA: Final = re.compile(r"\s*[,;](?!\d)\s*(?:and\s+|&\s*|but\s+)?|\s+[-/|]\s+")
_AND: Final = re.compile(r"\s+(?:and|&)\s+")
_NUMBER: Final = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a couple of|several)"
_HAD: Final = any_of("companions", "animals", "plural")
_SENTENCE: Final = re.compile(
    r"\b(?:I|we|you|he|she|they|it|there)\b|\b(?:is|are|was|were)\b|^(?:my|our|your|this|that)\b",
    re.IGNORECASE,
)
_DOES: Final = (
    r"(?:live|work|play|love|like|hate|study|teach|drive|speak|own|prefer|enjoy|run|collect|cannot"
    r"|can|do not|have|eat|drink|go|read|write|cook|sing|swim|cycle|weigh|never|always|usually)"
)
_ADVERB: Final = (
    r"(?:(?:just|recently|finally|also|now|currently|still|then|already|newly|happily) )*"
)
_FORMS: Final[Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]]] = (
    (
        re.compile(
            r"(?P<n>1[4-9]|[2-9]\d|(?:twenty|thirty|forty|fifty|sixty|seventy"
            r"|eighty)(?:-\w+)?)(?: (?:years? old|yrs?(?: old)?|yo|y/o))?",
            re.IGNORECASE,
        ),
        lambda match: f"I am {match['n']} years old",
    ),
    (
        re.compile(
            rf"(?:(?P<no>no)|(?P<n>{_NUMBER}|an?)) (?P<what>(?:[\w-]+ ){{0,2}}"
            rf"(?:{_HAD}|teenagers?|grandkids|grandchildren|jobs|bikes|cars?|pets?|tattoos?)"
            r"(?: [\w' ()-]+)?)",
            re.IGNORECASE,
        ),
        lambda match: (
            f"I do not have {match['what']}"
            if match["no"]
            else f"I have {match['n']} {match['what']}"
        ),
    ),
    (
        re.compile(
            rf"(?P<what>{_ADVERB}(?:{any_of('traits', 'lasting_traits', 'demonyms', 'diets')})"
            r"(?: (?:to|in|from|with|for|since|of|by) [\w' -]+)?)",
            re.IGNORECASE,
        ),
        lambda match: f"I am {match['what']}",
    ),
    (
        re.compile(
            rf"(?P<a>an? )?(?P<what>(?:[\w-]+ ){{0,3}}?{any_of('occupations', 'described')}"
            r"(?: (?:at|in|for|from|of|by|with) [\w'.& -]+)?(?: here)?)",
            re.IGNORECASE,
        ),
        lambda match: f"I am {_article(match['what'])}{match['what'].removesuffix(' here')}",
    ),
    (
        re.compile(
            rf"(?P<what>{_ADVERB}(?:based|born|raised|employed|originally from|from|new to|off to"
            r"|half|part|allergic to|obsessed with|fluent in|engaged to|married to|good at"
            r"|bad at|into)"
            r"\b [\w' -]+)",
            re.IGNORECASE,
        ),
        lambda match: f"I {'was' if _born(match['what']) else 'am'} {match['what']}",
    ),
    (
        re.compile(
            rf"(?P<what>{_ADVERB}(?!being|including|according|regarding|considering|nothing"
            r"|something|anything|everything|morning|evening)[a-z]+ing\b [\w' -]+)",
            re.IGNORECASE,
        ),
        lambda match: f"I am {match['what']}",
    ),
    (
        re.compile(
            r"(?P<what>(?:hardly|barely|rarely|seldom|usually|often|sometimes) (?:ever )?"
            r"[a-z]+(?<!ly)(?: [\w'. -]+)?)",
            re.IGNORECASE,
        ),
        lambda match: f"I {match['what']}",
    ),
    (
        re.compile(rf"(?P<what>{_ADVERB}{_DOES} [\w'. -]+)", re.IGNORECASE),
        lambda match: f"I {match['what']}",
    ),
)
_FORMER: Final = re.compile(
    r"(?P<what>(?:semi-)?(?:retired|former|ex|part-time|full-time|trainee|freelance|self-employed)"
    r"(?:[ -][a-z]+){1,2}(?:man|men|woman|er|or|ist|ian|nt|ive|ess)\b(?: [\w' ()-]+)?)",
    re.IGNORECASE,
)
_FEWEST: Final = 2
_PAST: Final = re.compile(
    r"(?P<lead>(?:(?:just|recently|finally|also|now|then|already|never|and|later|eventually) )*)"
    r"(?P<verb>[a-z]+)\b",
    re.IGNORECASE,
)
_MORE: Final = re.compile(r"(?:an?|one|two|three|four|five|six|\d+|no|the) [a-z].*", re.IGNORECASE)
_INTRO: Final = re.compile(
    r"^(?:(?:quick |short |my )*(?:intro|bio|me)\s*[:,-]\s*)?(?P<name>[A-Z][a-z'-]+)"
    r"(?: here)?, (?=(?:1[4-9]|[2-9]\d)\b)"
)
_MANNER: Final = re.compile(
    r"(?P<what>(?:[a-z-]+ ){1,2}[a-z]+(?: (?:at|in|on|for|of|by|from) [\w' -]+)?)"
)
_MOST_WORDS: Final = 9


_SPLICE: Final = re.compile(
    r"(?:,|:) (?:so )?(?=(?:(?:I|we|he|she|they)(?:'s| am| is| are| have| has| only| just)"
    r"|(?:my|our|the) (?:[\w-]+ ){0,2}?[\w-]+(?:'s| is| are| has| have)"
    r"|(?:quote|scale|write|read me|use|address me|call me|explain|draft|answer|round)"
    r"|(?-i:[A-Z])[\w-]+(?: is| has|'s (?:on|in|at|an?|the|now|not)))\b)"
)
_IS: Final = re.compile(
    r"^((?:my|our|the) [\w -]+?|[A-Z][\w-]+)'s (?=\w)(?!.*\b(?:is|are|was|were|has"
    r"|have|had|will|can|did"
    r"|[a-z]{2,}(?<!s)s)\b)",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(
    r"^(?!(?:if|when|while|although|though|because|since|as|after|before|once|unless|until|whenever"
    r"|even|not|given|now|for|in|at|on|with|and|but|so|what|who|where)\b)"
    r"(?:[\w'-]+ ){0,5}?(?:[\w-]+'s|am|is|are|was|were|have|has|had|did|do|does|will"
    r"|cannot|[a-z]+ed"
    r"|[a-z]{2,}(?<!s)s|keep|got|came|went|found) ",
    re.IGNORECASE,
)
_NEW: Final = re.compile(r"new [a-z]+(?: [a-z]+)?", re.IGNORECASE)
_REPORTING: Final = re.compile(
    r"\b(?:says?|said|told|tells?|thinks?|thought|knows?|hopes?|means?)$", re.IGNORECASE
)


def spliced(text: str) -> list[str]:
    """Return the sentences that a comma or a colon joins: "it was late, I'm back in Oslo".

    Each begins with whom it is about. What stands before the mark is a sentence by itself.
    """
    for mark in _SPLICE.finditer(text):
        before = text[: mark.start()]
        whole = _CLAUSE.match(f"{before} ") or _NEW.fullmatch(before)
        if whole and not _REPORTING.search(before) and "," not in before:
            return [before, *spliced(_IS.sub(r"\1 is ", text[mark.end() :]))]
    return [text]


def segments(text: str) -> list[str]:
    """Return the sentences that a string of fragments stands for; nothing for other sentences."""
    intro = _INTRO.match(text)
    if intro is not None:
        name, text = [f"my name is {intro['name']}"], text[intro.end() :]
    else:
        name = []
    if "?" in text or ":" in text:
        return []
    parts = [part for part in _COMMA.split(text.strip(" .!")) if part]
    parts = [piece for part in parts for piece in _joined(part)]
    if len(parts) + len(name) < _FEWEST or any(_SENTENCE.search(part) for part in parts[:1]):
        return []
    aged = re.fullmatch(r"I am [\w-]+ years old", _told(parts[0])) is not None
    told = _all_told(parts, introduces=bool(name) or aged)
    if any(_is_chore(says) for says in told):
        # "Moved the file, deleted the copy" tells of the conversation.
        return []
    if not told[0] or sum(map(bool, told)) + len(name) < _FEWEST:
        whole = any(_SENTENCE.search(part) for part in parts)
        return (
            [part for part, says in zip(parts, told, strict=True) if says or whole]
            if told[0] and whole
            else []
        )
    return [
        *name,
        *(
            says or part
            for part, says in zip(parts, told, strict=True)
            if says or _SENTENCE.search(part)
        ),
    ]


def _is_chore(says: str) -> bool:
    if not re.match(r"I (?!am\b|have\b|do\b|was\b)", says):
        return False
    return bool(words("chores") & set(re.findall(r"[a-z-]+", says.lower())))


def _all_told(parts: Sequence[str], *, introduces: bool) -> list[str]:
    """Return what each part says; one without a verb goes on with the verb of the one before."""
    told: list[str] = []
    for part in parts:
        says = _told(part)
        if (
            not says
            and told
            and told[-1].startswith(("I have ", "I do not have "))
            and _MORE.match(part)
        ):
            says = f"I have {part}" if not _SENTENCE.search(part) else ""
        if not says and introduces and _MANNER.fullmatch(part):
            says = f"I am {_article(part)}{part}"
        told.append(says)
    return told


def segment(text: str) -> str:
    """Return a lone fragment as the sentence that it stands for; nothing for any other text."""
    for pattern, sentence in _FORMS[1:3]:
        match = pattern.fullmatch(text[:1].lower() + text[1:])
        if match is not None:
            return sentence(match)
    return ""


def _joined(part: str) -> list[str]:
    """Return both halves of what a conjunction joins, where each says something alone."""
    halves = _AND.split(part, maxsplit=1)
    of_one = re.search(r"\b(?:of|about|for|by|to) [a-z]+", halves[0]) and re.match(
        r"[a-z]+ing\b|[a-z]+$", halves[-1]
    )
    if of_one and re.match(r"[a-z]+ing\b", halves[0], re.IGNORECASE):
        # "Thinking of leaving and moving".
        return [part]
    if len(halves) == _FEWEST and _told(halves[0]) and (_told(halves[1]) or _own(halves[1])):
        return halves
    return [part]


def _own(part: str) -> bool:
    return re.match(r"(?:I|we|my|our)\b", part, re.IGNORECASE) is not None


def _told(part: str) -> str:
    """Return a fragment as the sentence that it stands for, or nothing."""
    if len(part.split()) > _MOST_WORDS or _SENTENCE.search(part):
        return ""
    lowered = part if part[:2].isupper() else part[:1].lower() + part[1:]
    for pattern, sentence in _FORMS:
        match = pattern.fullmatch(lowered)
        if match is not None:
            return sentence(match)
    former = _FORMER.fullmatch(lowered)
    if former is not None:
        return f"I am {_article(former['what'])}{former['what']}"
    past = _PAST.match(lowered)
    done = past is not None and is_past(past["verb"].lower())
    return f"I {lowered.removeprefix('and ')}" if done else ""


def _article(what: str) -> str:
    return "an " if what[:1].lower() in "aeiou" else "a "


def _born(what: str) -> bool:
    return re.match(r"(?:\w+ )?(?:born|raised)\b", what, re.IGNORECASE) is not None
