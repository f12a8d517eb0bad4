"""Removal of fillers from the end of a statement."""

import re
from functools import cache

from agent_memory_services.extraction.extractors.local.grammar import phrases, words
from agent_memory_services.kit.contract.remembered import remembered

_SHORTEST_NICKNAME = 3


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
        r"(?<! from)(?<! until)(?<! by)(?<! for) now$",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


@remembered(1024, longest=64)
def _forms(name: str) -> str:
    """Match a name and the short forms cut from it ("Mel" for "Melanie")."""
    first = name.split(maxsplit=1)[0]
    cuts = {first, *(first[:length] for length in range(_SHORTEST_NICKNAME, len(first)))}
    return "|".join(sorted(map(re.escape, cuts), key=len, reverse=True))
