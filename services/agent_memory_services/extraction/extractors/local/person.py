"""Conversion of first-person text to the third person."""

import re
from dataclasses import dataclass

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.verbs import (
    Form,
    guessed,
    third_person,
    verb,
)

_FIRST = re.compile(
    r"\b(?P<word>I|me|my|mine|myself|we|us|our|ours|ourselves)\b"
    r"(?P<then>(?: (?:" + "|".join(sorted(words("kept") | words("dropped"))) + r"))*"
    r" (?P<next>[A-Za-z]+))?",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\b(?P<word>you|your|yours|yourself)\b(?: (?P<next>[a-z]+))?", re.IGNORECASE)
_THEY = {
    "i": "they", "we": "they", "me": "them", "us": "them", "my": "their", "our": "their",
    "mine": "theirs", "ours": "theirs", "myself": "themselves", "ourselves": "themselves",
}  # fmt: skip
_THEY_BE = {"am": "are", "was": "were"}
_OWNING = frozenset({"my", "our", "mine", "ours", "your", "yours"})


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaker and listener of a message.

    Attributes:
        speaker: How the speaker is written: "User", or a name.
        listener: Name of the listener; empty when unknown.
    """

    speaker: str
    listener: str = ""


def about_self(text: str, voice: Voice) -> str:
    """Rewrite what follows the speaker as subject: "love my dog" becomes "love their dog"."""
    return _about_listener(_FIRST.sub(_they, text), voice)


def about_another(text: str, voice: Voice) -> str:
    """Rewrite what follows another person as subject: "visited me" becomes "visited User"."""
    return _about_listener(_FIRST.sub(lambda match: _by_name(match, voice), text), voice)


def about_thing(text: str, voice: Voice, *, named: bool) -> str:
    """Rewrite what follows a thing as subject: "calms me and my dog" names the speaker once.

    Args:
        text: The predicate.
        voice: Who speaks.
        named: Whether the subject names the speaker already, as "User's flat" does.
    """
    mentioned = named

    def written(match: re.Match[str]) -> str:
        nonlocal mentioned
        words = _they(match) if mentioned else _by_name(match, voice)
        mentioned = True
        return words

    return _about_listener(_FIRST.sub(written, text), voice)


def _by_name(match: re.Match[str], voice: Voice) -> str:
    then, word = match["then"] or "", match["word"].lower()
    if word in {"i", "we"} and match["next"]:
        then = then.removesuffix(match["next"]) + _agreeing(match["next"])
    return _named(word, voice.speaker) + then


def _they(match: re.Match[str]) -> str:
    then = match["then"] or ""
    if match["word"].lower() in {"i", "we"} and match["next"] in _THEY_BE:
        then = then.removesuffix(match["next"]) + _THEY_BE[match["next"]]
    return _THEY[match["word"].lower()] + then


def speaks_to_listener(text: str) -> bool:
    """Return true if a text holds an unresolved "you"."""
    return _SECOND.search(text) is not None


def _about_listener(text: str, voice: Voice) -> str:
    if not voice.listener:
        return text

    def named(match: re.Match[str]) -> str:
        following = match["next"]
        name = _named(match["word"].lower(), voice.listener)
        if following is None:
            return name
        # After "you" anything may follow; only what is known for a verb is taken for one.
        subject = match["word"].lower() == "you" and verb(following) is not None
        return f"{name} {_agreeing(following) if subject else following}"

    return _SECOND.sub(named, text)


def possessive(name: str) -> str:
    """Return the owner's form of a name."""
    return f"{name}'" if name.endswith(("s", "S")) and " " in name else f"{name}'s"


def _named(word: str, name: str) -> str:
    return possessive(name) if word in _OWNING else name


def _agreeing(word: str) -> str:
    """Put the verb after "I" into the third person; verbs in the past stay."""
    if word in {"am", "are", "were", "have", "do"}:
        return third_person(word)
    known = verb(word) or guessed(word)
    if Form.BASE not in known.forms or Form.PAST in known.forms or word in words("kept"):
        return word
    return third_person(word)
