"""Finds the names and things a statement mentions, by how they are written."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import english

MOST_ENTITIES: Final = 8

_TITLE = re.compile(r'"([^"]+)"')
_AMOUNT = re.compile(
    r"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)[ -]"
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kg|pounds|lbs|euros|dollars|percent)\b"
    r"|[$€£]\d[\d,.]*k?|\b\d+(?:\.\d+)?%|\b(?:19|20)\d\d\b"
)
_LINKS = r"(?:of|de|del|da|di|du|van|von|der|la|le|el|and|the|&)"
_CAPITALISED = r"(?:[A-Z][\w'&.+#-]*[\w+#]|[A-Z]|[a-z]+[A-Z]\w+)"
_NAME = re.compile(rf"(?<![\w'])(?:{_CAPITALISED}(?:(?: {_LINKS}){{0,2}} {_CAPITALISED})*)")
_DATE = re.compile(
    r"\b(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)(?: \d{4})?\b"
)
_TECH: Final = re.compile(
    r"\b(?:python|javascript|typescript|java|rust|golang|kotlin|swift|ruby|php|react|angular|vue|svelte"
    r"|django|flask|fastapi|node(?:\.js)?|postgres(?:ql)?|mysql|sqlite|redis|mongodb|kafka|docker"
    r"|kubernetes|terraform|linux|ubuntu|git|github|aws|azure|gcp|vim|neovim|emacs|pytorch|tensorflow"
    r"|pandas|numpy|graphql|grpc|c\+\+|c#|vs code)(?![\w+#])",
    re.IGNORECASE,
)
_NEVER: Final = frozenset({"User", "I", "User's"})


def entities(text: str) -> tuple[str, ...]:
    """Return up to eight entities as they are written, in order of appearance."""
    found: list[tuple[int, str]] = []
    for match in _TITLE.finditer(text):
        found.append((match.start(), match[1]))
    unquoted = _TITLE.sub(lambda match: " " * len(match[0]), text)
    for match in _AMOUNT.finditer(unquoted):
        found.append((match.start(), match[0]))
    undated = _DATE.sub(lambda match: " " * len(match[0]), unquoted)
    for match in _NAME.finditer(undated):
        name = match[0].removesuffix("'s").rstrip(".")
        found += [(match.start(), part) for part in _named(name)]
    known = {name.lower() for _, name in found}
    found += [
        (match.start(), match[0])
        for match in _TECH.finditer(undated)
        if not any(match[0].lower() in name for name in known)
    ]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))[:MOST_ENTITIES]


def _named(name: str) -> list[str]:
    """Split a run of capitalised words where it lists several names."""
    never = english().never_names
    parts = re.split(r" and | & ", re.sub(r"^User(?:'s)? ", "", name))
    return [part for part in parts if part not in _NEVER and part.lower() not in never]
