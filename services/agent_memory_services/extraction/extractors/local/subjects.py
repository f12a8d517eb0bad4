"""Subject of a clause."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.noun_phrases import verb_index
from agent_memory_services.extraction.extractors.local.person import Voice, possessive
from agent_memory_services.extraction.extractors.local.references import References, pronouns_for


class About(StrEnum):
    """Relation of a subject to the speaker."""

    SELF = "self"
    KIN = "kin"
    """Person or animal: one's own, or one named or referred to."""
    OWN = "own"
    """A thing of one's own."""
    THING = "thing"
    """Anything else, as long as the predicate comes back to the speaker."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a clause is about.

    Attributes:
        about: What it is to the speaker.
        name: How it is written: "User", "User's sister Anna".
        noun: The noun phrase without its owner, lower-case; empty for the speaker.
        plural: Whether a plural verb follows.
    """

    about: About
    name: str
    noun: str = ""
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A subject and what is said of it."""

    subject: Subject
    predicate: str


_SELF = re.compile(r"^(?:I|we)\s+(?:both |all )?(?P<predicate>\S.*)$", re.IGNORECASE)
_TOGETHER = re.compile(
    r"^(?:(?:[Mm]y|[Oo]ur) (?P<first>[\w' -]{2,40}?) and (?:I|me)|(?:[Mm]e|I) and (?:my|our) "
    r"(?P<then>[\w'-]+(?: [A-Z]\w+)?)|(?P<pronoun>[Ss]?[Hh]e|[Tt]hey) and I"
    r"|(?P<name>[A-Z]\w+) and (?:I|me))\s+(?P<predicate>\S.*)$"
)
_OWN = re.compile(r"^(?:my|our)\s+(?P<phrase>\S.*)$", re.IGNORECASE)
_PRONOUN = re.compile(r"^(?P<word>he|she|they|it)\s+(?P<predicate>\S.*)$", re.IGNORECASE)
_POSSESSIVE = re.compile(r"^(?P<word>his|her|their|its)\s+(?P<phrase>\S.*)$", re.IGNORECASE)
_NAME = re.compile(r"^(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?)\s+(?P<predicate>\S.*)$")
_ASIDE = re.compile(r"^((?:my|our) [^,]{1,40}), (?:who|which|whose)\b[^,]*, ", re.IGNORECASE)
_APPOSED = re.compile(r"^((?:my|our) [\w' -]{1,40}), ([A-Z]\w+(?: [A-Z]\w+)?), ", re.IGNORECASE)
_BACK_TO_SPEAKER = re.compile(r"\b(?:me|my|mine|myself|our|ours)\b")
_SOMEBODY = re.compile(r"\b(?:I|we|you|your|me|my|our)\b")
_OWNERS: Final = {"his": "he", "her": "she", "their": "they", "its": "it"}
_PLURAL_VERBS: Final = frozenset({"are", "were", "have", "do"})


def find(text: str, voice: Voice, references: References) -> Found | None:
    """Find the subject of a clause.

    Args:
        text: The clause, from its subject on.
        voice: Who speaks.
        references: Whom pronouns may mean; a person found here is noted in it.

    Returns:
        The subject and its predicate, or None when the clause is about no known person.
    """
    text = _APPOSED.sub(r"\1 \2 ", _ASIDE.sub(r"\1 ", text))
    together = _TOGETHER.match(text)
    if together:
        return _with_another(together, voice, references)
    alone = _SELF.match(text)
    if alone:
        return Found(Subject(About.SELF, voice.speaker), alone["predicate"])
    own = _OWN.match(text)
    if own:
        return _owned(own["phrase"], voice.speaker, references)
    return _referred_to(text, references) or _named(text, references) or _related(text)


def _with_another(match: re.Match[str], voice: Voice, references: References) -> Found | None:
    """Read "my wife and I": two people, and one of them the speaker."""
    other = match["name"] or f"{possessive(voice.speaker)} {match['first'] or match['then']}"
    if match["pronoun"]:
        other = references.being(match["pronoun"].lower())
    if not other:
        return None
    subject = Subject(About.SELF, f"{voice.speaker} and {other}", plural=True)
    return Found(subject, match["predicate"])


def _owned(phrase: str, owner: str, references: References) -> Found | None:
    """Read "my sister Anna lives" and "my sister's flat is"."""
    parts = phrase.split()
    cut = verb_index(parts)
    if cut is None:
        return None
    if "and" in parts[:cut]:
        return _owned_together(parts, cut, owner, references)
    noun_phrase = [part.strip(",") for part in parts[:cut]]
    head, holder = _head(noun_phrase), noun_phrase[0].removesuffix("'s")
    name = f"{possessive(owner)} {' '.join(parts[:cut]).rstrip(',')}"
    pronouns = pronouns_for(head)
    held_by = pronouns_for(holder) if noun_phrase[0] != holder else frozenset()
    references.mention(name, pronouns)
    if held_by and not pronouns:
        references.mention(f"{possessive(owner)} {holder}", held_by)
    subject = Subject(
        about=About.KIN if pronouns or held_by else About.OWN,
        name=name,
        noun=" ".join(noun_phrase).lower(),
        plural="they" in pronouns or parts[cut].lower() in _PLURAL_VERBS,
    )
    return Found(subject, " ".join(parts[cut:]))


def _owned_together(parts: list[str], cut: int, owner: str, references: References) -> Found | None:
    """Read "my sister and my cousin Eva came": each of them may be meant later."""
    names = [
        f"{possessive(owner)} {re.sub(r'^(?:my|our) ', '', name)}"
        for name in re.split(r",? and ", " ".join(parts[:cut]))
    ]
    kin = False
    for name in names:
        pronouns = pronouns_for(_head(name.split()[1:]))
        references.mention(name, pronouns)
        kin = kin or bool(pronouns)
    about = About.KIN if kin else About.OWN
    subject = Subject(about, " and ".join(names), " ".join(parts[:cut]).lower(), plural=True)
    return Found(subject, " ".join(parts[cut:]))


def _head(noun_phrase: list[str]) -> str:
    """Return the noun that says what it is: "sister" in "little sister Anna"."""
    common = [part for part in noun_phrase if part[:1].islower() or "'" in part]
    return (common or noun_phrase)[-1].lower()


def _referred_to(text: str, references: References) -> Found | None:
    pronoun = _PRONOUN.match(text)
    if pronoun:
        word = pronoun["word"].lower()
        name = references.being(word)
        return _about_being(name, pronoun["predicate"], plural=word == "they") if name else None
    held = _POSSESSIVE.match(text)
    owner = references.being(_OWNERS[held["word"].lower()]) if held else ""
    if held is None or not owner:
        return None
    found = _owned(held["phrase"], owner, References())
    return replace(found, subject=replace(found.subject, about=About.KIN)) if found else None


def _named(text: str, references: References) -> Found | None:
    named = _NAME.match(text)
    if named is None:
        return None
    for name in references.names():
        if name == named["name"] or name.endswith(f" {named['name']}"):
            return _about_being(name, named["predicate"])
    return None


def _about_being(name: str, said: str, *, plural: bool = False) -> Found:
    return Found(Subject(About.KIN, name, name.rsplit(" ", 1)[-1].lower(), plural), said)


def _related(text: str) -> Found | None:
    """Read any other subject whose predicate comes back to the speaker ("Art calms me")."""
    parts = text.split()
    if not parts or parts[0].strip(",").lower() in words("no_subject"):
        return None
    cut = verb_index(parts)
    if cut is None or not _BACK_TO_SPEAKER.search(" ".join(parts[cut:])):
        return None
    name = " ".join(parts[:cut])
    if _SOMEBODY.search(name):
        return None
    subject = Subject(About.THING, name[:1].upper() + name[1:], name.lower())
    return Found(subject, " ".join(parts[cut:]))
