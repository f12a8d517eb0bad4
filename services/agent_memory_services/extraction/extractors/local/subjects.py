"""Speakers, and subjects of clauses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.references import (
    References,
    possessive,
    pronouns_for,
)
from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.clauses import Clause
from agent_memory_services.language.en.parser import Token, Tree

_SELF: Final = frozenset({"i", "we"})
_OWN: Final = frozenset({"my", "our"})
_ME: Final = frozenset({"me", "us", "my", "our", "mine", "myself", "ours"})
_PRONOUNS: Final = frozenset({"he", "she", "they", "it"})
_OWNERS: Final = {"his": "he", "her": "she", "their": "they", "its": "it"}
_PARTS: Final = frozenset({"one", "two", "three", "some", "all", "both", "most", "half", "none"})
_NO_SUBJECT: Final = frozenset(
    """
    what which who whose where when why how if because that this these those it there here you they
    he she some someone something anything everything nothing everyone anyone one all both people
    """.split()  # noqa: SIM905 - a list would be a page long
)
_BOT: Final = re.compile(
    r"\b(?:assistant|bot|chatbot|ai|agent|gpt|claude|gemini|llama|copilot|system|support)\b|bot$",
    re.IGNORECASE,
)
_TWO: Final = 2


class About(StrEnum):
    """Relation of a subject to the speaker."""

    SELF = "self"
    KIN = "kin"
    """Person or animal: one's own, or one named or referred to."""
    OWN = "own"
    """A thing of one's own."""
    THING = "thing"
    """Anything else, as long as the predicate comes back to the speaker."""


class Company(StrEnum):
    """Kind of conversation, by its participants."""

    ASSISTANT = "assistant"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker and, where there is one other person, the listener; both as they are written."""

    speaker: str
    listener: str = ""


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
class Cast:
    """People of a conversation, in order of appearance; empty where none has a name."""

    names: tuple[str, ...]

    @property
    def company(self) -> Company:
        """Kind of conversation: people among themselves, or one of them with an assistant."""
        return Company.PEOPLE if len(self.names) >= _TWO else Company.ASSISTANT

    def voice(self, turn: Turn) -> Voice | None:
        """Return the voice in which a turn is evidence; None when it never is."""
        if turn.recalled or turn.role not in {"user", "assistant"}:
            return None
        if self.company is Company.ASSISTANT:
            return Voice(turn.name or "User") if turn.role == "user" else None
        if turn.name not in self.names:
            return Voice("User") if turn.role == "user" and not turn.name else None
        others = [name for name in self.names if name != turn.name]
        return Voice(turn.name, others[0] if len(others) == 1 else "")


def cast(conversation: Conversation) -> Cast:
    """Return the named people of a conversation; assistants with a name are not people."""
    spoken = (*conversation.before, *conversation.turns)
    names = dict.fromkeys(
        turn.name for turn in spoken if turn.role in {"user", "assistant"} and turn.name
    )
    return Cast(tuple(name for name in names if not _BOT.search(name)))


def joined(tokens: Sequence[Token]) -> str:
    """Return the text of tokens as it was written; a gap becomes a space."""
    parts: list[str] = []
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        gap = following is not None and following.index != token.index + 1
        parts.append(
            token.text + (" " if gap and following and following.dep != "punct" else token.space)
        )
    return "".join(parts).strip()


def subject_of(clause: Clause, voice: Voice, references: References) -> Subject | None:
    """Return the subject of a clause, or None when it is about nobody known.

    A person or an animal that the subject names is noted in `references`.
    """
    head = clause.subject
    if head is None:
        return None
    tree = clause.tree
    phrase = _phrase(tree, head)
    lowered = [token.lower for token in phrase]
    if len(phrase) > 1 and ({"i", "me"} & set(lowered)) and "and" in lowered:
        return _together(phrase, voice, references)
    if head.lower in _SELF or (head.lower == "me" and len(phrase) == 1):
        return Subject(About.SELF, voice.speaker)
    if _OWN & set(lowered):
        return _owned(tree, head, phrase, voice.speaker, references)
    return _mentioned(clause, phrase, voice, references)


def _mentioned(
    clause: Clause, phrase: list[Token], voice: Voice, references: References
) -> Subject | None:
    """Return a subject that refers to somebody, or that has to do with the speaker."""
    head = phrase[0]
    if head.lower in _PRONOUNS and len(phrase) == 1:
        meant = _referred_to(head.lower, references)
        return meant if meant or head.lower != "they" else _related(clause, phrase)
    if head.lower in _OWNERS:
        return _held(clause, phrase, references)
    return (
        _named(phrase, references)
        or _implied(clause.tree, phrase, voice.speaker, references)
        or _related(clause, phrase)
    )


def _phrase(tree: Tree, head: Token) -> list[Token]:
    """Return the words of a subject without its relative clauses and what stands in brackets."""
    gone: set[int] = set()
    for child in tree.children(head, "relcl", "acl", "parataxis", "advcl", "punct"):
        if child.text == "-" and not child.space:
            continue
        gone |= {token.index for token in tree.subtree(child)}
    return [token for token in tree.subtree(head) if token.index not in gone]


def _together(phrase: Sequence[Token], voice: Voice, references: References) -> Subject | None:
    """Read "my wife and I": two people, and one of them the speaker."""
    others = [token for token in phrase if token.lower not in {"i", "me", "and", "both", ","}]
    if not others:
        return Subject(About.SELF, voice.speaker)
    if others[0].lower in _PRONOUNS:
        other = references.being(others[0].lower)
    else:
        other = _owned_name(others, voice.speaker)
        references.mention(other, pronouns_for(_common(others)))
    return Subject(About.SELF, f"{voice.speaker} and {other}", plural=True) if other else None


def _owned_name(phrase: Sequence[Token], owner: str) -> str:
    # What is left out, a comma or an aside, leaves a gap.
    gaps = [after.index - token.index > 1 for token, after in pairwise(phrase)]
    text = "".join(
        ("" if token.text == "," else possessive(owner) if token.lower in _OWN else token.text)
        + (" " if gap else token.space)
        for token, gap in zip(phrase, [*gaps, False], strict=True)
    )
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _common(phrase: Sequence[Token]) -> str:
    """Return the noun that says what it is: "sister" in "little sister Anna"."""
    common = [token for token in phrase if token.tag in {"NN", "NNS"} or token.text.islower()]
    nouns = [token for token in common if pronouns_for(token.lower)]
    return (nouns or common or list(phrase))[-1].lower


def _owned(
    tree: Tree, head: Token, phrase: Sequence[Token], owner: str, references: References
) -> Subject:
    """Read "my sister Anna", "my sister's flat", "my sister and my cousin", "one of my friends"."""
    owners = [token for token in phrase if token.lower in _OWN]
    name = _owned_name(phrase, owner)
    kin = bool(pronouns_for(head.lower))
    conjunct = tree.child(head, "conj")
    if conjunct is not None:
        for one in (head, conjunct):
            part = [
                token
                for token in tree.subtree(one)
                if token.dep != "cc"
                and not (one is head and token.index >= tree.subtree(conjunct)[0].index)
            ]
            pronouns = pronouns_for(_common(part))
            kin = kin or bool(pronouns)
            if part and part[0].lower in _OWN:
                references.mention(_owned_name(part, owner), pronouns)
    else:
        noun = _common([token for token in phrase if token.index <= head.index])
        pronouns = pronouns_for(head.lower) or (
            pronouns_for(noun) if head.tag == "NNP" else frozenset()
        )
        # "My friend Lucas" with the name as its head, and "my brother's name" with its holder.
        holder = tree.child(head, "poss")
        held_by = pronouns_for(holder.lower) if holder is not None else frozenset()
        of = head.lower in _PARTS and any(pronouns_for(token.lower) for token in phrase)
        kin = bool(pronouns or held_by or of)
        references.mention(name, pronouns)
        if held_by and holder is not None and not pronouns:
            references.mention(f"{possessive(owner)} {holder.text}", held_by)
    first = owners[0].index
    rest = [token for token in phrase if token.index > first and token.lower not in _OWN]
    noun_text = " ".join(
        "".join(token.text + token.space for token in rest if token.text != ",").split()
    )
    plural = conjunct is not None or head.tag in {"NNS", "NNPS"} or head.lower in words("plural")
    return Subject(
        About.KIN if kin else About.OWN,
        name,
        noun_text.lower(),
        plural=plural and head.lower != "one",
    )


def _referred_to(word: str, references: References) -> Subject | None:
    name = references.being(word)
    if not name:
        return None
    return Subject(About.KIN, name, name.rsplit(" ", 1)[-1].lower(), plural=word == "they")


def _held(clause: Clause, phrase: Sequence[Token], references: References) -> Subject | None:
    owner, head = references.being(_OWNERS[phrase[0].lower]), clause.subject
    if not owner or head is None:
        return None
    noun = joined(phrase[1:])
    plural = head.tag in {"NNS", "NNPS"} or clause.tree.child(head, "conj") is not None
    references.mention(f"{possessive(owner)} {noun}", pronouns_for(head.lower))
    return Subject(About.KIN, f"{possessive(owner)} {noun}", noun.lower(), plural=plural)


def _named(phrase: Sequence[Token], references: References) -> Subject | None:
    text = " ".join(token.text for token in phrase)
    if not text[:1].isupper():
        return None
    for name in references.names():
        if name == text or name.endswith(f" {text}"):
            return Subject(About.KIN, name, name.rsplit(" ", 1)[-1].lower())
    return None


def _implied(
    tree: Tree, phrase: Sequence[Token], owner: str, references: References
) -> Subject | None:
    """Read "Dad", "Grandma Wanda" and "the twins" as the speaker's own."""
    first, nouns = phrase[0].lower, [token for token in phrase if token.tag.startswith("NN")]
    if not nouns or any(tree.child(noun, "prep") for noun in nouns):
        return None
    things = words("own_things")
    if phrase == nouns and nouns[-1].tag == "NN":
        # "Exam is on the 3rd."
        things = things | words("occasions")
    if (
        nouns[-1].lower in things
        and len(nouns) == 1
        and phrase[-1] is nouns[0]
        and (first == "the" or phrase == nouns)
    ):
        noun = nouns[0].lower
        return Subject(About.OWN, f"{possessive(owner)} {noun}", noun)
    held = tree.child(nouns[-1], "poss")
    if held is not None and held.lower not in words("own_kin"):
        return None
    named = first in words("titles") and all(token.tag.startswith("NNP") for token in nouns[1:])
    meant = first == "the" and nouns[0].lower in words("own_kin")
    if not named and not meant:
        return None
    kin = phrase[1:] if meant else [replace(phrase[0], text=first), *phrase[1:]]
    noun = joined(kin).partition(",")[0]
    known = [name for name in references.names() if name.endswith(f" {nouns[0].lower}")]
    name = known[0] if known else f"{possessive(owner)} {noun}"
    references.mention(name, pronouns_for(nouns[0].lower))
    plural = nouns[0].tag == "NNS" or nouns[0].lower in words("plural")
    return Subject(About.KIN, name, noun.lower(), plural=plural)


def _related(clause: Clause, phrase: Sequence[Token]) -> Subject | None:
    """Read any other subject whose predicate comes back to the speaker ("Art calms me").

    One with "the" may be known from what the speaker lives through ("The van comes on Friday").
    """
    first, head = phrase[0].lower, clause.subject
    mine = any(token.lower in _ME for token in clause.body)
    they = mine and first == "they" and len(phrase) == 1
    any_such = mine and len(phrase) > 1 and first in {"anything", "everything"}
    unknown = first in _NO_SUBJECT or any(token.tag == "PRP" for token in phrase)
    if unknown and not (they or any_such):
        return None
    if not mine and first != "the":
        return None
    name = joined(phrase)
    plural = head is not None and (head.tag in {"NNS", "NNPS"} or they)
    return Subject(About.THING, name[:1].upper() + name[1:], name.lower(), plural=plural)
