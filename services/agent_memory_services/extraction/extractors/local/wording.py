"""Writing of a clause as a statement in the third person."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from agent_memory_services.extraction.extractors.local.references import possessive
from agent_memory_services.extraction.extractors.local.subjects import (
    About,
    Subject,
    Voice,
    joined,
)
from agent_memory_services.extraction.extractors.local.words import phrases, words
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.clauses import Clause, Tense
from agent_memory_services.language.en.parser import Token, Tree

MEANT: Final = "\ue001"
"""Mark before a pronoun that stands for the speaker, so that nobody else is taken for it."""

_SHORTEST_NICKNAME: Final = 3
_FIRST: Final = frozenset({"i", "we"})
_THEY: Final = {
    "i": "they", "we": "they", "me": "them", "us": "them", "my": "their", "our": "their",
    "mine": "theirs", "ours": "theirs", "myself": "themselves", "ourselves": "themselves",
}  # fmt: skip
_THEY_BE: Final = {"am": "are", "was": "were"}
_OWNING: Final = frozenset({"my", "our", "mine", "ours", "your", "yours"})
_SECOND: Final = frozenset({"you", "your", "yours", "yourself", "yourselves"})
_THIRD: Final = {
    "am": "is", "are": "is", "be": "is", "were": "was", "have": "has", "do": "does", "go": "goes",
    "'ve": "has", "'re": "is", "'m": "is",
}  # fmt: skip
_HAS_NEXT: Final = frozenset({"been", "got", "had", "gone", "become", "gotten"})
_FINITE: Final = frozenset({"VBP", "VBZ", "VBD", "MD", "VB", "NN"})
_AUXILIARIES: Final = frozenset({"aux", "auxpass", "neg", "prt"})
_TITLE_ARTICLE: Final = re.compile(r"\bas an? (?=[A-Z])")
_BEFORE_STOP: Final = re.compile(r"\s+([,.;:])")
_MOST_WORDS: Final = 45
_SINGLE_LEAD: Final = re.compile(
    r"(?:recently|lately|currently|usually|sometimes|often|finally|occasionally|eventually"
    r"|originally|mostly|normally|typically|generally|always|never|also|later|afterwards)$",
    re.IGNORECASE,
)
# Tells of the conversation, not of the event.
_IDLE_LEAD: Final = re.compile(
    r"^(?:since (?:we|I) last|as (?:I|we) |when (?:I|we) last|once|then|now|so|so far|also|well|but"
    r"|before that|after that|since then|as well as|and|or|plus|honestly|actually"
    r"|to be (?:honest|fair|clear)"
    r"|for (?:future )?(?:reference|context|the record|what it)|if (?:I|we) (?:have|had"
    r"|were) to (?:choose|pick|decide|say)"
    r"|if (?:you must know|possible|anything|you ask me|anyone asks)|in (?:fact|general|short"
    r"|case)|of course|by the way|no|yes|yeah|ok|okay|hi|hey"
    r"|just|still|already|anyway|personally|fun fact|that said|other than that|on (?:the other"
    r"|one) hand|at the moment|these days|nowadays|right now|not to mention"
    r"|fortunately|unfortunately|luckily|sadly|apparently|basically|really|maybe|quick \w+"
    r"|reminder|note|ps|p\.s|fyi|btw)\b",
    re.IGNORECASE,
)


def third_person(word: str) -> str:
    """Return the third person singular of a finite verb in the first person or the base form."""
    lower = word.lower()
    if lower in _THIRD:
        return _THIRD[lower]
    if lower.endswith(("s", "x", "z", "ch", "sh", "o")):
        return word + "es"
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def verb_group(clause: Clause, subject: Subject) -> str:
    """Return the verb group, agreeing with its subject, adverbs of mere emphasis left out."""
    finite = _finite(clause)
    found = []
    for token in clause.group:
        if token.dep in {"advmod", "npadvmod"} and token.lower in words("dropped"):
            continue
        text = _written_out(clause.tree, token)
        if token is finite:
            plain_past = clause.tense is Tense.PAST and token is clause.verb
            text = _agreeing(text, token, subject, first=_in_first_person(clause), past=plain_past)
        found.append(text)
    return " ".join(found).replace("can not", "cannot").replace(" n't", " not")


def _finite(clause: Clause) -> Token | None:
    for token in clause.group:
        if token.dep in {"aux", "auxpass"} or token is clause.verb:
            return token
    return None


def _in_first_person(clause: Clause) -> bool:
    subject = clause.subject
    return subject is not None and (
        subject.lower in {"i", "we", "you"} or subject.tag in {"NNS", "NNPS"} or clause.shared
    )


def _agreeing(text: str, token: Token, subject: Subject, *, first: bool, past: bool = False) -> str:
    lower = text.lower()
    if subject.plural:
        return {"am": "are", "was": "were", "is": "are", "has": "have"}.get(lower, text)
    if lower in _THIRD and (subject.about is About.SELF or lower == "am"):
        return third_person(lower)
    if not first or token.tag in {"MD", "VBD", "VBZ", "VBN", "VBG"} or past:
        return text
    return third_person(text) if lower not in {"can", "will", "would", "must"} else text


def _written_out(tree: Tree, token: Token) -> str:
    """Return a short form as a word: "'s" is "is" or "has", "'d" is "would" or "had"."""
    if token.lower == "'s" and token.tag != "POS":
        following = tree.tokens[token.index + 1 : token.index + 4]
        has = any(one.lower in _HAS_NEXT for one in following[:2])
        return "has" if has else "is"
    if token.lower == "'d":
        return "would" if token.tag == "MD" else "had"
    return {"'ll": "will", "'m": "am", "'re": "are", "'ve": "have", "n't": "not"}.get(
        token.lower, token.text
    )


def in_third_person(tree: Tree, tokens: Sequence[Token], about: About, voice: Voice) -> str | None:
    """Write words of the speaker as words about them; None when they hold an unresolved "you"."""
    written: list[str] = []
    for place, token in enumerate(tokens):
        text = _third(tree, token, about, voice)
        if text is None:
            return None
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        gap = following is not None and following.index != token.index + 1
        lone = token.lower == "'s" and token.tag in {"VBZ", "VBP"}
        written.append((" " if lone else "") + text)
        written.append(" " if gap and following and following.dep != "punct" else token.space)
    return " ".join("".join(written).split())


def _third(tree: Tree, token: Token, about: About, voice: Voice) -> str | None:
    word = token.lower
    if word in _THEY and token.tag not in {"NNP", "FW"}:
        if about is About.SELF:
            return MEANT + _THEY[word]
        return MEANT + (possessive(voice.speaker) if word in _OWNING else voice.speaker)
    if word in _SECOND:
        if not voice.listener:
            return None
        return possessive(voice.listener) if word in _OWNING else voice.listener
    if token.tag in _FINITE:
        return _nested(tree, token, about, voice)
    return _written_out(tree, token)


def _nested(tree: Tree, token: Token, about: About, voice: Voice) -> str:
    """Return a verb within a clause, agreeing with the person that its subject has become."""
    text = _written_out(tree, token)
    head = tree.tokens[token.head] if token.dep in {"aux", "auxpass"} else token
    first = next(
        (
            one
            for one in tree.subtree(head)
            if one.dep in {"aux", "auxpass"} and one.head == head.index
        ),
        head,
    )
    subject = tree.child(head, "nsubj", "nsubjpass")
    if subject is None or token is not first or token.tag == "MD":
        return text
    if subject.lower == "you" and voice.listener and token.tag in {"VBP", "VB"}:
        return third_person(text)
    if subject.lower not in _FIRST:
        return text
    if about is About.SELF:
        return _THEY_BE.get(text.lower(), text)
    if token.tag in {"VBP", "VB"} or text.lower() in {"were", "am", "are"}:
        return third_person(text)
    return text


def with_lead(lead: str, rest: str) -> tuple[str, str]:
    """Return the adverb that goes before the verb, and the rest with a longer lead at its end."""
    if not lead or _IDLE_LEAD.match(lead):
        return "", rest
    if _SINGLE_LEAD.match(lead):
        return lead.lower(), rest
    proper = lead.split(maxsplit=1)[0].isupper() and len(lead.split(maxsplit=1)[0]) > 1
    lowered = lead if proper else lead[:1].lower() + lead[1:]
    return "", f"{trimmed(rest)} {lowered}".strip()


def statement(subject: Subject, group: str, rest: str, clause: Clause) -> str:
    """Put a statement together."""
    if clause.lemma == "prefer":
        rest = re.sub(r"^using (?=\w)", "", rest)
    text = " ".join(f"{subject.name} {group} {rest}".replace(MEANT, "").split())
    text = _BEFORE_STOP.sub(r"\1", _TITLE_ARTICLE.sub("as ", text))
    return text if len(text.split()) <= _MOST_WORDS else _shortened(text)


def _shortened(text: str) -> str:
    """Cut a long statement at its last comma within the limit."""
    cut = " ".join(text.split()[:_MOST_WORDS])
    return trimmed(cut[: cut.rfind(",")] if "," in cut else cut)


def raw(clause: Clause) -> str:
    """Return what follows the verb group as it was said."""
    return joined(clause.body)


def trimmed(text: str, listener: str = "") -> str:
    """Return a predicate without its closing fillers and without the listener's name."""
    text = text.strip().rstrip(".!?,;: ")
    if listener:
        text = re.sub(rf",? (?:{_forms(listener)})$", "", text)
    while True:
        shorter = text
        for tail in _tails():
            shorter = tail.sub("", shorter)
        if shorter == text:
            return text
        text = shorter


@cache
def _tails() -> tuple[re.Pattern[str], ...]:
    closers = "|".join(map(re.escape, phrases("closers")))
    feelings = "|".join(sorted(words("feelings")))
    verbs = "is|was|has been|feels|felt|makes|made|were"
    patterns = (
        rf"[,;]? (?:{closers})$",
        rf"[,-]? ?(?:which|and it|and that|it) (?:{verbs}) (?:\w+ )?(?:{feelings})\b.*$",
        r"(?:, so\b|,? so (?:please|no)\b).*$",
        r",? (?:and )?(?:I )?(?:really )?(?:loved|liked|hated|enjoyed|love|like|hate) it$",
        r"[,;:\s-]+$",
        r"[,;]? (?:and|but|so|or|because|when|(?<!a )while|that|with|who|which)$",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


@remembered(1024, longest=64)
def _forms(name: str) -> str:
    """Match a name and the short forms cut from it ("Mel" for "Melanie")."""
    first = name.split(maxsplit=1)[0]
    cuts = {first, *(first[:length] for length in range(_SHORTEST_NICKNAME, len(first)))}
    return "|".join(sorted(map(re.escape, cuts), key=len, reverse=True))


def without_openers(text: str) -> str:
    """Remove greetings, interjections and connectives from the start of a text."""
    while True:
        match = _openers().match(text)
        if match is None or match.end() == 0:
            return text.lstrip(" ,.!-")
        text = text[match.end() :]


@cache
def _openers() -> re.Pattern[str]:
    openers = "|".join(map(re.escape, phrases("openers")))
    paused = "|".join(map(re.escape, phrases("paused_openers")))
    vocative = r"(?: there| all| everyone| guys| again)?(?:,? [A-Z][a-z]+(?=\s*[,!.;:-]))?"
    return re.compile(
        rf"^[\s,.!:;-]*(?:(?:{openers})(?![\w'-]){vocative}(?:\s*[,!.:;-]+|\s+|$)"
        rf"|(?:{paused})(?![\w'-])\s*[,!.:;-]+"
        r"|(?!maybe|perhaps|yesterday|today|tomorrow|recently|lately|currently|tonight|once|now)"
        r"[A-Z][a-z]+[,!]\s+(?=(?:I|we|my|our|after|when|since|last|yesterday|recently|in|on)\b))",
        re.IGNORECASE,
    )
