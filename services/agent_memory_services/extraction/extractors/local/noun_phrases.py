"""Boundary between a noun phrase and its verb."""

from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.verbs import Form, verb

_MOST_WORDS: Final = 7
_BETWEEN: Final = words("frequencies") | {"just", "also", "recently", "really", "finally", "still"}


def verb_index(phrase: list[str]) -> int | None:
    """Return the index of the finite verb that follows a noun phrase.

    Args:
        phrase: The words from the first one of the noun phrase on.

    Returns:
        The index, at least 1; None when no verb follows within a few words.
    """
    plural = False
    for index, raw in enumerate(phrase[:_MOST_WORDS]):
        word = raw.strip(",").lower()
        following = phrase[index + 1].strip(",").lower() if index + 1 < len(phrase) else ""
        if index and word in _BETWEEN:
            return index if _finite(following, "", plural=plural) else None
        if index and _finite(word, following, plural=plural):
            return index
        plural = word in words("plural")
    return None


def _finite(word: str, following: str, *, plural: bool) -> bool:
    if word in words("finite"):
        return True
    if following in words("finite"):
        # "My favourite plays are": a noun that looks like a verb.
        return False
    known = verb(word)
    if known is None:
        return word.endswith("ed")
    return bool(known.forms & {Form.THIRD, Form.PAST}) or (plural and Form.BASE in known.forms)
