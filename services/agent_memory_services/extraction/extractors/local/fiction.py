"""Detection of suppositions, fiction and requested texts."""

import re

_POLITENESS = (
    r"(?:(?:please|can you|could you|would you|help me(?: to)?|now"
    r"|I (?:want|need|would like) you to)[, ]+)*"
)
_ORDERS = (
    r"write|draft|compose|translate|rewrite|rephrase|paraphrase|proofread|summari[sz]e|generate"
    r"|act as|act like|role-?play|reply as|respond as|answer as|complete|continue|how do you say"
)
_SUPPOSITIONS = (
    r"pretend|imagine|suppose|supposing|assume|assuming|picture|say I|what if|if|unless|you are"
    r"|let us (?:say|pretend|imagine|assume)|in this (?:story|scenario|game)|for example|e\.g"
)
_FICTION = re.compile(
    rf"^{_POLITENESS}(?:{_ORDERS}|{_SUPPOSITIONS})\b"
    r"|\b(?:hypothetically|in a story|the character|the narrator)\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:if|whether|unless|maybe|perhaps|possibly|supposedly|hypothetically|imagine|pretend)\b",
    re.IGNORECASE,
)


def is_fiction(sentence: str) -> bool:
    """Return true if a sentence asks for a text or sets up a supposition."""
    return _FICTION.search(sentence) is not None


def is_doubtful(clause: str) -> bool:
    """Return true if a clause leaves open whether it is true."""
    return _DOUBT.search(clause) is not None
