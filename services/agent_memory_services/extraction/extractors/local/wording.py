"""Trims what is said for flow or feeling from the end of a statement."""

import re
from typing import Final

_FEELING = (
    r"(?:amazing|awesome|great|good|nice|cool|fun|powerful|special|wonderful|beautiful|lovely|sweet|incredible"
    r"|fantastic|exciting|crazy|insane|scary|hard|tough|rough|sad|happy|perfect|delicious|rewarding|"
    r"stunning|inspiring|the best|so|really|pretty|super|such|kind of|quite|very|fine|okay)"
)
_TAILS: Final = (
    re.compile(r"[,;]? (?:you know|lol|haha+|hehe|btw|by the way|I think|I guess|I suppose|I believe"
               r"|to be honest|tbh|honestly|actually|of course|for sure|right now|at the moment|please"
               r"|as well|too|though|anyway|I swear|if that helps|if it helps|for now|somehow|really"
               r"|I hope|thankfully|luckily|unfortunately|obviously|these days|or so|and so on|etc)$",
               re.IGNORECASE),
    re.compile(r"[,-]? ?(?:which|and it|and that|it) (?:is|was|has been|feels|felt|makes|made|were)"
               rf" (?:\w+ )?{_FEELING}\b.*$", re.IGNORECASE),
    re.compile(r"(?:, so\b|,? so (?:please|no)\b).*$", re.IGNORECASE),
    re.compile(r"[,;:\s-]+$"),
    re.compile(r"[,;]? (?:and|but|so|or|because|when|(?<!a )while|that|with|who|which)$", re.IGNORECASE),
    re.compile(r" now$(?<!from now)(?<!until now)(?<!by now)(?<!for now)"),
)  # fmt: skip


def trimmed(text: str, listener: str = "") -> str:
    """Return a predicate without its closing fillers and without the listener's name."""
    text = text.strip().rstrip(".!?,;: ")
    if listener:
        text = re.sub(rf",? (?:{_forms(listener)})$", "", text)
    while True:
        shorter = text
        for tail in _TAILS:
            shorter = tail.sub("", shorter)
        if shorter == text:
            return text
        text = shorter


def _forms(name: str) -> str:
    """Match a name and the short forms cut from it ("Mel" for "Melanie")."""
    first = name.split()[0]
    cuts = {first, *(first[:length] for length in range(3, len(first)))}
    return "|".join(sorted(map(re.escape, cuts), key=len, reverse=True))
