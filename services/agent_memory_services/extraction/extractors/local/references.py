"""People, animals, places and things of a conversation, and what refers to them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from agent_memory_services.extraction.extractors.local.words import words

_PLACE = re.compile(
    r"\b(?:in|to|at|near|from|visit(?:ed|ing)?|around) (?:the )?"
    r"(?P<place>[A-Z][\w'-]+(?:,? (?:of |de |do |del )?[A-Z][\w'-]+)*)"
)
_ARTICLE_THING = re.compile(
    r"^(?:a|an|the|my|our|another|some|this|one of my) (?P<noun>(?:[a-z][\w-]* ){0,2}?[a-z][\w-]*)"
    r"(?= (?:called|named|from|in|on|at|for|to|with|of|by|that|which|last|yesterday|today|this|two"
    r"|three|a|recently|when|because|and|\d)\b|[,.]|$)"
)
_SUBJECT_FORMS: Final = {
    "he": "he", "him": "he", "his": "he",
    "she": "she", "her": "she",
    "they": "they", "them": "they", "their": "they",
}  # fmt: skip
_OWNING: Final = frozenset({"his", "their"})
_PRONOUN_HEAD = re.compile(
    r"^(?:(?:to|with|at|on|in|for|about|of|from|by|after|around|near|into|up|out)\s+)*"
    r"(?P<word>him|her|it|them|he|she|they|that|this|these|those"
    r"|one(?! (?!(?:of|with|in|on|from|that|you|is|for|more)\b)[a-z])|ones|his|their"
    r"|its)\b"
    r"(?!/)(?!(?<=\bthis) (?:\w+day|week|weekend|month|year|morning|evening|afternoon|summer|autumn"
    r"|winter|spring|fall)\b)(?!(?<=\bthat) (?:I|we|you|he|she|it|they|the|my|our|a|an"
    r"|this|there|people|some)\b)",
    re.IGNORECASE,
)
# "This bowl" was in a picture or at hand; to a reader it is a bowl.
_POINTED_AT: Final = re.compile(
    r"^(?:this|that) (?:super |really |very |so )?(?=(?P<noun>(?!(?:is|was|one|and|kind|sort|stuff"
    r"|way|much|many|I|we|you|the|my|past|idea|time|[a-z]+day|after|before|because|when|while|with"
    r"|for|in|on|at|to|as|from|by|last|recently)\b|week|month|year|summer|winter|spring|fall"
    r"|morning|evening|afternoon)[a-z]+))"
)
_THERE: Final = re.compile(
    r"\b(?:over |up |down |out |in )?there\b(?! (?:is|are|was|were|has|have)\b)"
)
# "I baked meringue there" says enough without the place.
_ASIDE_THERE: Final = re.compile(r"(\w{4,} ?) there\b")
_HERE: Final = re.compile(r"\bhere\b")

# "Her school", and not "saw her yesterday".
_OWNED_BY_HER: Final = re.compile(
    r" (?!(?:to|and|at|in|on|for|with|when|because|but|or|if|so|as|by|from|about|last|next|this"
    r"|every"
    r"|yesterday|today|tomorrow|again|now|since|until|there|here|a|an|the|my|two|three|once"
    r"|twice)\b)"
    r"[a-z]+",
)
_DETERMINED: Final = re.compile(
    r"\b(?:a|an|my|our|the|one|two|three|another|this|that) "
    r"(?=(?P<nouns>[a-z][\w-]*(?: [a-z][\w-]*){0,3}))"
)
_NAME_AFTER: Final = re.compile(r"(?:,? (?:named|called))?,? (?P<name>[A-Z]\w+)")
_NAMED: Final = re.compile(
    r"(?:\bnamed (?:it|him|her|them)|\b(?:named|called)|\b(?:dogs|cats|kids|sons|daughters|children"
    r"|twins|puppies|kittens|boys|girls|pets|brothers|sisters|friends)[,:]?) "
    r"(?P<names>[A-Z]\w+(?:(?:, | and |, and )[A-Z]\w+)*)"
)
_BY_NAME_ONLY: Final = frozenset({"named"})


@dataclass(frozen=True, slots=True)
class Being:
    """Person or animal that a text can refer to.

    Attributes:
        name: How they are written, such as "User's sister Anna".
        pronouns: The subject pronouns that can mean them.
    """

    name: str
    pronouns: frozenset[str]


@dataclass(slots=True)
class Mentions:
    """Entities that one message mentions."""

    beings: list[Being] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)


def pronouns_for(noun: str) -> frozenset[str]:
    """Return the pronouns that a noun for a person or an animal can be replaced by."""
    last = noun.lower().rsplit(" ", 1)[-1]
    if last in words("plural"):
        return frozenset({"they"})
    if last in words("female"):
        return frozenset({"she"})
    if last in words("male"):
        return frozenset({"he"})
    if last in words("either"):
        return frozenset({"he", "she"})
    if last in words("animals"):
        return frozenset({"he", "she", "it"})
    return frozenset()


def possessive(name: str) -> str:
    """Return the owner's form of a name."""
    return f"{name}'" if name.endswith(("s", "S")) and " " in name else f"{name}'s"


class References:
    """The mentions of a conversation so far, newest message last."""

    def __init__(self) -> None:
        self._messages: list[Mentions] = [Mentions()]

    def next_message(self) -> None:
        """Begin a new message; only the last few stay within reach."""
        self._messages = [*self._messages[-3:], Mentions()]

    def next_clause(self) -> None:
        """Forget what "it" meant: only the clause just before may tell."""
        del self._messages[-1].things[:-1]

    def mention(self, name: str, pronouns: frozenset[str]) -> None:
        """Note a person or an animal."""
        beings = self._messages[-1].beings
        # A name says more than the bare noun it was introduced by.
        beings[:] = [being for being in beings if not name.startswith(being.name)]
        if pronouns and not any(being.name.startswith(name) for being in beings):
            beings.append(Being(name, pronouns))

    def note(self, text: str) -> None:
        """Note the places and the thing that a predicate's object names."""
        now = self._messages[-1]
        now.places += [match["place"] for match in _PLACE.finditer(text)]
        thing = _ARTICLE_THING.match(text)
        if thing:
            now.things.append(f"the {thing['noun']}")

    def being(self, pronoun: str) -> str:
        """Return who a subject pronoun means, or nothing when that is not clear."""
        # "It" is about the thing at hand; an animal of an earlier message is "he" or "she".
        for message in reversed(self._messages[-1:] if pronoun == "it" else self._messages):
            fitting = [being.name for being in message.beings if pronoun in being.pronouns]
            if fitting:
                return fitting[0] if len(fitting) == 1 else ""
        return ""

    def thing(self) -> str:
        """Return what "it" means in the current message, or nothing."""
        things = self._messages[-1].things
        return things[-1] if things else ""

    def place(self) -> str:
        """Return the one place the nearest message names, or nothing."""
        for message in reversed(self._messages):
            places = list(dict.fromkeys(message.places))
            if places:
                return places[0] if len(places) == 1 else ""
        return ""

    def names(self) -> Iterable[str]:
        """Return all within reach, newest first."""
        return (being.name for message in reversed(self._messages) for being in message.beings)


def note_mentions(text: str, owner: str, references: References) -> None:
    """Record the people and animals that a text introduces: "a cat named Luna", "my sister Anna".

    Args:
        text: What was said, in the first person.
        owner: How the speaker is written.
        references: Where they are noted, as the owner's.
    """
    for match in _DETERMINED.finditer(text):
        end, chain, pronouns = match.start("nouns"), list[str](), frozenset[str]()
        for noun in match["nouns"].split():
            known = pronouns_for(noun)
            if pronouns and not known:
                break
            end = text.index(noun, end) + len(noun)
            # "A pet tortoise" is a tortoise, whichever of the two words tells that it is a being.
            chain = [*chain, noun] if known else []
            pronouns = known
        if pronouns:
            named = _NAME_AFTER.match(text, end)
            name = f" {named['name']}" if named else ""
            references.mention(f"{possessive(owner)} {' '.join(chain)}{name}", pronouns)
    for match in _NAMED.finditer(text):
        for name in re.findall(r"[A-Z]\w+", match["names"]):
            references.mention(name, _BY_NAME_ONLY)


def resolved(text: str, references: References) -> str | None:
    """Write the references of an object out; None when one of them leads nowhere."""
    place = references.place()
    if _THERE.search(text):
        if not place and not _ASIDE_THERE.search(text):
            return None
        text = _THERE.sub(f"in {place}", text) if place else _ASIDE_THERE.sub(r"\1", text)
    if _HERE.search(text):
        return None
    text = _POINTED_AT.sub(_some, text)
    head = _PRONOUN_HEAD.match(text)
    if head is None:
        return text
    word = head["word"].lower()
    owns = word == "her" and _OWNED_BY_HER.match(text, head.end("word"))
    meant = _hers(references) if owns else _meant(word, references)
    return text[: head.start("word")] + meant + text[head.end("word") :] if meant else None


def _hers(references: References) -> str:
    being = references.being("she")
    return possessive(being) if being else ""


def _some(match: re.Match[str]) -> str:
    return "an " if match["noun"][0] in "aeiou" else "a "


def _meant(word: str, references: References) -> str:
    """Return what a pronoun stands for, in the form in which it stands there."""
    if word == "it":
        return references.thing()
    being = references.being(_SUBJECT_FORMS.get(word, ""))
    return possessive(being) if being and word in _OWNING else being
