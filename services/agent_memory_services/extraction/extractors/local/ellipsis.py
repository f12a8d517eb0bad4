"""Restoring of omitted words: "Just got a puppy" means "I just got a puppy"."""

import re

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.rules import Company
from agent_memory_services.extraction.extractors.local.verbs import Form, verb

_OCCASION = (
    r"(?:[\w']+ )?(?:birthday|anniversary|wedding|exam|interview|appointment|surgery|flight)"
)
_INVERTED = re.compile(
    rf"^(?:(?P<day>today|tomorrow|(?:next |this )?\w+day) is|it is) my (?P<what>{_OCCASION})"
    r"(?: (?P<then>\S.*))?$",
    re.IGNORECASE,
)
_START = re.compile(
    r"^(?P<adverbs>(?:(?:just|finally|recently|already|still|always|never|even|actually) )*)"
    r"(?P<verb>[a-z]+)\b(?P<rest>.*)$"
)
_BE = re.compile(r"\b(?:am|is|are|was|were)\b")
_DOING = re.compile(r" (?:to|\w+ing)\b")


def with_subject(text: str, company: Company) -> str:
    """Return a clause with the "I" it implies, or as it is when it implies none."""
    text = _INVERTED.sub(_in_order, text)
    lowered = text[:1].lower() + text[1:]
    match = _START.match(lowered)
    if match is None:
        return text
    word, rest = match["verb"], match["rest"]
    if word == "been" and _DOING.match(rest):
        return f"I have {lowered}"
    if word == "going" and rest.startswith(" to "):
        return f"I am {lowered}"
    if _tells(match, company) or (word in words("subjectless_present") and text[:1].isupper()):
        return f"I {lowered}"
    return text


def _tells(match: re.Match[str], company: Company) -> bool:
    """Return true if a clause begins with a past tense that must be the writer's own."""
    if match["verb"] in words("subjectless_past"):
        return True
    known = verb(match["verb"])
    if known is None or Form.PAST not in known.forms or Form.BASE in known.forms:
        return False
    # "Mixed emotions are rough" has its verb further on.
    people = company is Company.PEOPLE and not _BE.search(match["rest"])
    return bool(match["adverbs"]) or people


def _in_order(match: re.Match[str]) -> str:
    """Turn "tomorrow is my birthday" round."""
    when = " ".join(filter(None, (match["day"], match["then"])))
    return f"my {match['what']} is {when}".rstrip()
