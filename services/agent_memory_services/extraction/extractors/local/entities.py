"""Names and things that a statement mentions, found by their spelling."""

import re
from collections.abc import Iterator
from typing import Final

from agent_memory_services.extraction.extractors.local.words import words

MOST_ENTITIES: Final = 8

_TITLE = re.compile(r'"([^"]+)"')
_AMOUNT = re.compile(
    r"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)[ -]"
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kg|pounds|lbs|euros|dollars|percent)\b(?!-)"
    r"|[$€£]\d[\d,]*(?:\.\d+)?k?|\b\d+(?:\.\d+)?%|\b(?:19|20)\d\d\b"
)
_LINKS = r"(?:of|de|del|da|di|du|van|von|der|la|le|el|and|the|&)"
_CAPITALISED = r"(?:[A-Z][\w'&.+#-]*[\w+#]|[A-Z]|[a-z]+[A-Z]\w+)"
_NAME = re.compile(
    rf"(?<![\w'])(?:(?:Dr|Prof|Mr|Mrs|Ms|St)\. )?"
    rf"{_CAPITALISED}(?:(?: {_LINKS}| [A-Z]\.){{0,2}} {_CAPITALISED})*"
)
# Dates that grounding wrote in; a year the speaker named stays an entity.
_DATE = re.compile(
    r"\b(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)(?: \d{4})?\b|\b(?:spring|summer|autumn|fall|winter) \d{4}\b"
)
_TECH: Final = re.compile(
    r"\b(?:python|javascript|typescript|java|rust|golang|kotlin|swift|ruby|php|react|angular|vue"
    r"|svelte|django|flask|fastapi|node(?:\.js)?|postgres(?:ql)?|mysql|sqlite|redis|mongodb|kafka"
    r"|docker|kubernetes|terraform|linux|ubuntu|git|github|aws|azure|gcp|vim|neovim|emacs|pytorch"
    r"|tensorflow|pandas|numpy|graphql|grpc|c\+\+|c#|vs code)(?![\w+#])",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^User(?:'s)?(?: |$)")


def entities(text: str) -> tuple[str, ...]:
    """Return up to eight entities as they are written, in order of appearance."""
    found = dict.fromkeys(name for _, name in sorted(_found(text)))
    return tuple(found)[:MOST_ENTITIES]


def _found(text: str) -> Iterator[tuple[int, str]]:
    yield from ((match.start(), match[1]) for match in _TITLE.finditer(text))
    plain = _blanked(_DATE, _blanked(_TITLE, text))
    yield from ((match.start(), match[0]) for match in _AMOUNT.finditer(plain))
    names = [(match.start(), name) for match in _NAME.finditer(plain) for name in _names(match[0])]
    yield from names
    for match in _TECH.finditer(plain):
        if not any(match[0].lower() in name.lower() for _, name in names):
            yield match.start(), match[0]


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " " * len(match[0]), text)


def _names(run: str) -> Iterator[str]:
    """Split a run of capitalised words where it lists several names."""
    for part in re.split(r" and | & ", run):
        name = _SPEAKER.sub("", part).removesuffix("'s").rstrip(".")
        if name and name.lower() not in words("never_names"):
            yield name
