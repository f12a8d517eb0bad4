"""Splitting of sentences into clauses that state one thing each."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import phrases, words
from agent_memory_services.extraction.extractors.local.verbs import Form, verb

_SUBJECT = (
    r"(?:I|we|my|our|the|me and|he|she|it|they|you|his|her|their|your|this|that|these|those|there"
    r"|[A-Z][a-z]+ and I)\b"
)
_WHEN = (
    r"(?:yesterday|today|tomorrow|tonight|now|recently|lately|then|also|afterwards|later|so far"
    r"|(?:last|next|this) \w+|these days|finally|currently|in \d{4}|since then|as well as)"
)
_BOUNDARY: Final = re.compile(
    rf"\s*[;]\s*|:\s+(?={_SUBJECT})|\s+-+\s+|(?<=\w)-+\s+|\s*\.\.+\s*|\s+[(]|[)]\s*"
    rf"|,?\s+(?:and|but|so|yet|plus|then|although|though|whereas|except|because|since|as)\s+"
    rf"(?:(?P<when>{_WHEN}),?\s+)?(?={_SUBJECT})"
    rf"|,\s+(?:(?P<comma_when>{_WHEN}),?\s+)?(?={_SUBJECT}|please\b)",
    re.IGNORECASE,
)
_ALWAYS_SUBJECT: Final = frozenset({"i", "we", "he", "she", "they", "me", "please"})
_REASON: Final = re.compile(
    rf"^(?:since|as|because|although|though|even though|given that) (?={_SUBJECT})", re.IGNORECASE
)
_TIME: Final = re.compile(
    rf"^(?:when|while|after|before|since|until|once|whenever|every time|ever since|as soon as"
    rf"|by the time) (?={_SUBJECT})",
    re.IGNORECASE,
)
_REASON_BETWEEN: Final = re.compile(r"\b(?:because|since|as)\b", re.IGNORECASE)
_PRESENT = re.compile(r"^\S+ \S+ (?:am|is|are|have|has|do|does|live|work|love|like|prefer)\b")
_LEAD = re.compile(
    r"^(?P<lead>(?:(?:in|on|at|during|over|for|since|after|before|around|about|by|until|last|next"
    r"|this|every|each|one|two|three|a|an|as|when|once|back|growing|\d+) [^,\s]+"
    r"|(?:yesterday|today|tomorrow|tonight|recently|lately|currently|usually|sometimes|often|now"
    r"|nowadays|these days|earlier|finally|occasionally|eventually|originally|mostly|normally"
    r"|typically|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b)[^,]{0,60}?)"
    r"(?:,\s+(?=(?:I|we|my|our)\s)|\s+(?=(?:I|we)\s))",
    re.IGNORECASE,
)

_NO_LEAD = re.compile(
    r"\b(?:note|hand|other than|for example|is|are|was|were|has|have|happened)\b"
    r"|^(?:an?|one|two|three|\d+|this|last|next|every|each) (?!.*\b(?:ago|later|before|back"
    r"|mornings?|afternoon|evenings?|nights?|\w*days?|week|weekend|month|year|time|spring|summer"
    r"|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october"
    r"|november|december)\b)",
    re.IGNORECASE,
)
_FROM_SUBJECT = re.compile(
    rf"^(?!{_SUBJECT})(?!who\b|what\b|the one)[^,]{{1,60}}, (?=(?:I|we) )", re.IGNORECASE
)
_UNMARKED = re.compile(
    r"^(?P<first>(?:since|when|because|as|while|after|before|although|though|once) "
    rf"{_SUBJECT}[^,]{{3,80}}?)"
    r" (?=(?:I|we) (?!was\b|were\b|had\b)\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing said.

    Attributes:
        text: The clause from its subject on.
        lead: An adverbial that stood before the subject ("last Friday", "when I was a kid").
    """

    text: str
    lead: str = ""


def clauses(sentence: str) -> list[Clause]:
    """Cut a sentence into clauses, in order, without what is said only for flow."""
    found: list[Clause] = []
    lead = ""
    for segment, when in _segments(without_openers(sentence)):
        text = without_openers(segment)
        if _TIME.match(text) and not (_REASON.match(text) and _PRESENT.match(text)):
            lead = text
            continue
        text = without_openers(_REASON.sub("", text))
        fronted = _LEAD.match(text)
        if fronted and not _NO_LEAD.search(fronted["lead"]):
            lead = " ".join(filter(None, (lead, fronted["lead"])))
            text = text[fronted.end() :]
        else:
            text = _FROM_SUBJECT.sub("", text)
        if text:
            found.append(Clause(text, " ".join(filter(None, (lead, when)))))
        lead = ""
    return found


def without_openers(text: str) -> str:
    """Remove greetings, interjections and connectives from the start of a text."""
    while True:
        match = _openers().match(text)
        if match is None or match.end() == 0:
            return text.lstrip(" ,.!-")
        text = text[match.end() :]


def _segments(sentence: str) -> list[tuple[str, str]]:
    # "Since I'm lactose intolerant I'm trying oat milk" has no comma to cut at.
    sentence = _UNMARKED.sub(r"\g<first>, ", sentence)
    segments: list[tuple[str, str]] = []
    start, when = 0, ""
    for boundary in _BOUNDARY.finditer(sentence):
        left, right = sentence[start : boundary.start()], sentence[boundary.end() :]
        if boundary.start() < start or not _cuts(boundary[0], left, right):
            continue
        segments.append((left, when))
        start, when = boundary.end(), boundary["when"] or boundary["comma_when"] or ""
    return [*segments, (sentence[start:], when)]


def _cuts(boundary: str, left: str, right: str) -> bool:
    """Return true if a possible boundary really separates two clauses."""
    if not re.search(r"[a-z]", boundary, re.IGNORECASE) and boundary.strip() != ",":
        return True
    if not has_verb(left):
        return False
    if _REASON_BETWEEN.search(boundary):
        # A reason explains its statement; apart, both would say less.
        return False
    first = right.split(maxsplit=1)[0].lower().strip(",")
    return first in _ALWAYS_SUBJECT or _has_finite(right)


def has_verb(text: str) -> bool:
    """Return true if a text holds a finite verb."""
    return bool(re.search(r"\bI \w", text)) or any(
        _finite(word.strip(",.").lower()) for word in text.split()
    )


def _has_finite(text: str) -> bool:
    return any(_finite(word.strip(",.").lower()) for word in text.split()[1:7])


def _finite(word: str) -> bool:
    known = verb(word)
    return word in words("finite") or (
        known is not None and bool(known.forms & {Form.PAST, Form.THIRD})
    )


@cache
def _openers() -> re.Pattern[str]:
    openers = "|".join(map(re.escape, phrases("openers")))
    vocative = r"(?: there| all| everyone| guys| again)?(?:,? [A-Z][a-z]+(?=\s*[,!.;:-]))?"
    return re.compile(
        rf"^[\s,.!:;-]*(?:(?:{openers})(?![\w'-]){vocative}(?:\s*[,!.:;-]+|\s+|$)"
        r"|(?!maybe|perhaps|yesterday|today|tomorrow|recently|lately|currently|tonight|once|now)"
        r"[A-Z][a-z]+[,!]\s+(?=(?:I|we|my|our|after|when|since|last|yesterday|recently|in|on)\b))",
        re.IGNORECASE,
    )
