"""Finds whom a clause is about."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_memory_services.extraction.extractors.local.grammar import english
from agent_memory_services.extraction.extractors.local.person import Voice, possessive
from agent_memory_services.extraction.extractors.local.references import References, pronouns_for
from agent_memory_services.extraction.extractors.local.verbs import Form, verb


class About(StrEnum):
    """What a subject is to the speaker."""

    SELF = "self"
    KIN = "kin"
    """A person or an animal: one's own, or somebody named or referred to."""
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


_SELF = re.compile(r"^(?P<word>I|we)\s+(?:both |all )?(?P<predicate>\S.*)$", re.IGNORECASE)
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
_FINITE: Final = frozenset(
    "is are was were has have had will would can cannot could does do did used should might".split()
)
_MOST_WORDS = 7
_DETERMINED = re.compile(
    r"\b(?:a|an|my|our|the|one|two|three|another|this|that) (?P<nouns>[a-z][\w-]*(?: [a-z][\w-]*){0,3})"
)
_NAME_AFTER = re.compile(r"(?:,? (?:named|called))?,? (?P<name>[A-Z]\w+)")
_NO_THING: Final = frozenset(
    """what which who whose where when why how if that this these those it there here you your they he
    she some someone something anything everything nothing everyone anyone one all both thanks let
    hope glad sounds looks good great nice not no""".split()
)
_BACK_TO_SPEAKER = re.compile(r"\b(?:me|my|mine|myself|our|ours)\b")
_NAMED = re.compile(
    r"(?:\bnamed (?:it|him|her|them)|\b(?:named|called)|\b(?:dogs|cats|kids|sons|daughters|children|twins"
    r"|puppies|kittens|boys|girls|pets|brothers|sisters|friends)[,:]?) "
    r"(?P<names>[A-Z]\w+(?:(?:, | and |, and )[A-Z]\w+)*)"
)
_NAME_PRONOUNS: Final = frozenset({"named"})


def find(text: str, voice: Voice, references: References) -> Found | None:
    """Find the subject of a clause.

    Args:
        text: The clause, from its subject on.
        voice: Who speaks.
        references: Whom pronouns may mean; a person found here is noted in it.

    Returns:
        The subject and its predicate, or None when the clause is about nobody known.
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
        return _own(own["phrase"], voice.speaker, references)
    return _spoken_of(text, references) or _related(text)


def mention_relations(text: str, voice: Voice, references: References) -> None:
    """Note the people and animals that an object introduces: "a cat named Luna"."""
    for match in _DETERMINED.finditer(text):
        for noun in match["nouns"].split():
            pronouns = pronouns_for(noun)
            if pronouns:
                named = _NAME_AFTER.match(text, match.start("nouns") + match["nouns"].index(noun) + len(noun))
                name = f" {named['name']}" if named else ""
                references.mention(f"{possessive(voice.speaker)} {noun}{name}", pronouns)
                break
    for match in _NAMED.finditer(text):
        for name in re.findall(r"[A-Z]\w+", match["names"]):
            references.mention(name, _NAME_PRONOUNS)


def _with_another(match: re.Match[str], voice: Voice, references: References) -> Found | None:
    if match["pronoun"]:
        other = references.being(match["pronoun"].lower())
    else:
        other = match["name"] or f"{voice.speaker}'s {match['first'] or match['then']}"
    if not other:
        return None
    subject = Subject(About.SELF, f"{voice.speaker} and {other}", plural=True)
    return Found(subject, match["predicate"])


def _own(phrase: str, owner: str, references: References) -> Found | None:
    words = phrase.split()
    cut = _verb_index(words)
    if cut is None:
        return None
    noun_phrase = [word.strip(",") for word in words[:cut]]
    common = [word for word in noun_phrase if word[:1].islower() or "'" in word]
    noun = common[-1].lower() if common else noun_phrase[-1].lower()
    name = f"{possessive(owner)} {' '.join(words[:cut]).rstrip(',')}"
    pronouns = pronouns_for(noun)
    owner_of_thing = pronouns_for(noun_phrase[0].removesuffix("'s")) if "'" in name else frozenset()
    references.mention(name, pronouns)
    if owner_of_thing and not pronouns:
        references.mention(f"{owner}'s {noun_phrase[0].removesuffix(chr(39) + 's')}", owner_of_thing)
    plural = "they" in pronouns or words[cut].lower() in {"are", "were", "have", "do"}
    about = About.KIN if pronouns or owner_of_thing else About.OWN
    return Found(Subject(about, name, " ".join(noun_phrase).lower(), plural), " ".join(words[cut:]))


def _spoken_of(text: str, references: References) -> Found | None:
    pronoun = _PRONOUN.match(text)
    if pronoun:
        word = pronoun["word"].lower()
        name = references.being(word)
        if not name:
            return None
        subject = Subject(About.KIN, name, name.rsplit(" ", 1)[-1].lower(), word == "they")
        return Found(subject, pronoun["predicate"])
    possessive = _POSSESSIVE.match(text)
    if possessive:
        word = possessive["word"].lower()
        owner = references.being({"his": "he", "her": "she", "their": "they", "its": "it"}[word])
        return _own_of_another(possessive["phrase"], owner, references) if owner else None
    named = _NAME.match(text)
    if named:
        for name in references.names():
            if name.endswith(f" {named['name']}") or name == named["name"]:
                return Found(Subject(About.KIN, name, name.rsplit(" ", 1)[-1].lower()), named["predicate"])
    return None


def _related(text: str) -> Found | None:
    """Find any other subject whose predicate comes back to the speaker ("Art calms me")."""
    words = text.split()
    if not words or words[0].strip(",").lower() in _NO_THING:
        return None
    cut = _verb_index(words)
    if cut is None or not _BACK_TO_SPEAKER.search(" ".join(words[cut:])):
        return None
    name = " ".join(words[:cut])
    if _BACK_TO_SPEAKER.search(name) or re.search(r"\b(?:I|you|your)\b", name):
        return None
    return Found(Subject(About.THING, name[:1].upper() + name[1:], name.lower()), " ".join(words[cut:]))


def _own_of_another(phrase: str, owner: str, references: References) -> Found | None:
    found = _own(phrase, owner, References())
    if found is None:
        return None
    subject = found.subject
    return Found(Subject(About.KIN, subject.name, subject.noun, subject.plural), found.predicate)


def _verb_index(words: list[str]) -> int | None:
    """Find where a noun phrase ends and its verb begins."""
    plural = False
    for index, raw in enumerate(words[:_MOST_WORDS]):
        word = raw.strip(",").lower()
        following = words[index + 1].lower() if index + 1 < len(words) else ""
        if index and (word in _FINITE or _finite_verb(word, following, plural=plural)):
            return index
        if index and word in {"just", "also", "always", "recently", "really", "usually", "often",
                              "never", "finally", "still", "sometimes", "both"}:
            return index if _verb_index(["x", *words[index + 1 :]]) == 1 else None
        plural = word in english().plural
    return None


def _finite_verb(word: str, following: str, *, plural: bool) -> bool:
    known = verb(word)
    if known is None:
        return word.endswith("ed") and following not in _FINITE
    if following in _FINITE:
        return False
    return bool(known.forms & {Form.THIRD, Form.PAST}) or (plural and Form.BASE in known.forms)
