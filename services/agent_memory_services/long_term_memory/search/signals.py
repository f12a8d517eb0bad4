"""Signals that a candidate gets from others: neighbours, sessions, entities and names."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.words import STOP_WORDS
from agent_memory_services.long_term_memory.domain import fields, terms
from agent_memory_services.long_term_memory.domain.columns import Places, Readable, Table, table_of
from agent_memory_services.long_term_memory.domain.traits import ASSISTANT, MESSAGE, USER
from agent_memory_services.long_term_memory.search.scores import Floats, Occurrences


@dataclass(frozen=True)
class Evidence:
    """The candidates of a search, and what the legs say about them.

    Attributes:
        memories: the candidates.
        match: how well each one matches alone, 0 to 1; shape (memories,).
        words: where the question's words occur in their texts.
    """

    memories: Readable
    match: Floats
    words: Occurrences

    @cached_property
    def table(self) -> Table:
        """The candidates as columns."""
        return table_of(self.memories)

    @cached_property
    def at_spots(self) -> Floats:
        """The best match at each place of a conversation; 0 where a spot is none."""
        # Who stands at one place stands there once, with the best match.
        best: Floats = self.table.by_spot.best(self.match) * Spots.of(self.table).placed
        return best


@dataclass(frozen=True, slots=True)
class Spots:
    """Places of conversations, in order.

    Attributes:
        sessions: the conversation of each.
        numbers: its number within.
        placed: whether it is one; what has no place in a conversation has a spot for itself.
        standing: which memories stand at one.
        at: the spot of each memory.
    """

    sessions: Floats
    numbers: Floats
    placed: npt.NDArray[np.bool_]
    standing: npt.NDArray[np.bool_]
    at: Places

    @classmethod
    def of(cls, table: Table) -> "Spots":
        """Return the spots at which memories stand."""
        return table.once("spots", cls._read)

    @classmethod
    def _read(cls, table: Table) -> "Spots":
        spots = table.by_spot
        first = spots.order[spots.starts]
        sessions, numbers = table.conversations[first], table.heads[fields.SEQUENCE][first]
        placed = (sessions >= 0) & (numbers != 0)
        return cls(sessions, numbers, placed, placed[spots.groups], spots.groups)

    def ahead(self, reach: int) -> Iterator[tuple[int, npt.NDArray[np.bool_], Floats]]:
        """Yield how far ahead a spot is, which have one there in the same session, and the steps.

        Args:
            reach: how far to look.
        """
        for away in range(1, min(reach, len(self.numbers) - 1) + 1):
            together = self.sessions[away:] == self.sessions[:-away]
            yield away, together, self.numbers[away:] - self.numbers[:-away]


class Part(Protocol):
    """Signal besides its own match that speaks for a memory."""

    @property
    def name(self) -> str:
        """Its name in explanations."""
        ...

    @property
    def weight(self) -> float:
        """Worth of the full signal, where a full match is worth 1."""
        ...

    def measure(self, evidence: Evidence) -> Floats | None:
        """Measure the signal of each memory, 0 to 1, in their order; shape (memories,).

        None where the part has nothing to say about any of them.
        """
        ...


# Between names that stand beside each other: "and" and "or" in several languages, and the "s" that
# an apostrophe leaves.
_JOINING: Final = frozenset("s and or und oder et ou y e o u и или ve veya و أو".split())  # noqa: SIM905

# A question is the user's, about what either side of a conversation said.
_SELF: Final = frozenset({"i", "me", "my", "mine", "myself"})
_SAID_BY_ASSISTANT: Final = re.compile(
    r"\b(?:did|have|had|were) you\b"
    r"|\byou(?:'ve| have| had)? (?:said|told|suggested|recommended|mentioned|gave|given|listed|"
    r"provided|wrote|written|explained|advised|proposed|described|shared|made|planned|answered)\b",
    re.IGNORECASE,
)


class QuestionNames:
    """The names that a question may speak of.

    A capital tells a name from a word; where only the first word has one, any word may be a name.
    Who asks about what "you" said means the assistant, and who says "I" the user.
    """

    def __init__(self, question: str) -> None:
        tokens = list(_tokens(question))
        cased = any(case is _Case.CAPITAL for _, case in tokens[1:])
        self._words = [word for word, _ in tokens]
        self._starts = [
            (case is not _Case.SMALL or not cased) and word not in STOP_WORDS
            for word, case in tokens
        ]
        self._role = _role(question, self._words)

    def hold(self, name: str) -> bool:
        """Return true if the question has the name, word by word, or means this role."""
        sought = _words_of_name(name)
        return sought == [self._role] or self._span(sought) is not None

    def is_role(self, name: str) -> bool:
        """Return true if the name is that of the role that a pronoun of the question means."""
        return _words_of_name(name) == [self._role]

    def _span(self, sought: Sequence[str]) -> tuple[int, int] | None:
        """Return where a name first stands among the words; None where it does not."""
        # Most of an owner's names are in no question.
        if not sought or sought[0] not in self._words:
            return None
        size = len(sought)
        begins = (at for at, start in enumerate(self._starts) if start)
        at = next((at for at in begins if self._words[at : at + size] == sought), None)
        return None if at is None else (at, at + size)

    def others(self, names: Collection[str]) -> set[str]:
        """Return the names that a question has besides its first one and those joined to that.

        What Ann gave to Ben is told by Ann first of all; what Ann and Ben like by both.
        """
        spans = {name: span for name in names if (span := self._span(_words_of_name(name)))}
        found = sorted(spans, key=spans.__getitem__)
        for before, name in pairwise(found):
            between = self._words[spans[before][1] : spans[name][0]]
            if not _JOINING.issuperset(between):
                return set(found[found.index(name) :])
        return set()

    def __bool__(self) -> bool:
        return self._role is not None or any(self._starts)


# An owner's names are the same for every question.
@remembered(16_384, longest=64)
def _words_of_name(name: str) -> list[str]:
    return terms.plain(name)


def _role(question: str, found: Sequence[str]) -> str | None:
    """Return the role whose words a question is about, where a pronoun says so."""
    if _SAID_BY_ASSISTANT.search(question):
        return ASSISTANT
    return None if _SELF.isdisjoint(found) else USER


class _Case(Enum):
    """Case of a word's first letter, which not every script has."""

    CAPITAL = auto()
    SMALL = auto()
    NONE = auto()


def _tokens(text: str) -> Iterator[tuple[str, _Case]]:
    """Yield each word, with the case in which it is written."""
    for token in text.split():
        yield from _words_of_token(token)


# Most words of a question were in others before.
@remembered(16_384, longest=32)
def _words_of_token(token: str) -> Sequence[tuple[str, _Case]]:
    first = next(filter(str.isalpha, token), "")
    case = _Case.CAPITAL if first.isupper() else _Case.NONE
    if first.islower() or not first:
        case = _Case.SMALL
    return [(word, case) for word in terms.plain(token)]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Weighted mean of the matches of the messages before and after.

    A neighbour that is no candidate counts as no match. A memory that is no message has no
    neighbours; it must neither suffer for that beside messages, nor gain.

    Attributes:
        weight: worth of the best neighbourhood.
        reach: how many messages to each side count.
        decay: how much less each further one counts than the one before it.
        lone: what part of its own match a memory without neighbours has instead of their mean.
    """

    weight: float
    reach: int
    decay: float
    lone: float
    name: str = "neighbours"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the mean for each memory."""
        return _around(evidence, self.lone, self._means)

    def _means(self, table: Table, matches: Floats) -> Floats:
        """Return the means of spots."""
        means = np.zeros(len(matches))
        pairs = table.once((self.name, self.reach, self.decay), self._pairs)
        for near, beyond, share in pairs:
            means[near] += share * matches[beyond]
            means[beyond] += share * matches[near]
        return means

    def _pairs(self, table: Table) -> Sequence[tuple[Places, Places, float]]:
        """Return the spots that speak for each other, each of which is in one place only."""
        found = [
            (np.flatnonzero(together & (steps == offset)), away, share)
            for away, together, steps in Spots.of(table).ahead(self.reach)
            for offset, share in self._shares()
        ]
        return [(near, near + away, share) for near, away, share in found if len(near)]

    def _shares(self) -> Iterator[tuple[int, float]]:
        whole = 2 * sum(self.decay**further for further in range(self.reach))
        for further in range(self.reach):
            yield further + 1, self.decay**further / whole


@dataclass(frozen=True, slots=True)
class Passage:
    """The best match of a message nearby, the less the further away it is.

    What somebody asks about was often talked about for a while, in words of which each message
    has a few. As for `Neighbours`, a memory that is no message has none nearby.

    Attributes:
        weight: worth of a full match at the same place.
        reach: how many messages to each side count.
        decay: what part of its worth a match keeps for each message further away.
        lone: what part of its own match a memory without neighbours has instead.
    """

    weight: float
    reach: int
    decay: float
    lone: float
    name: str = "passage"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the best faded match around each memory."""
        return _around(evidence, self.lone, self._best)

    def _best(self, table: Table, matches: Floats) -> Floats:
        """Return the best faded match around each spot."""
        best = np.zeros(len(matches))
        for away, worth in table.once((self.name, self.reach, self.decay), self._fading):
            np.maximum(best[:-away], worth * matches[away:], out=best[:-away])
            np.maximum(best[away:], worth * matches[:-away], out=best[away:])
        return best

    def _fading(self, table: Table) -> Sequence[tuple[int, Floats]]:
        """Return what part of its worth each spot keeps for the one so far ahead of it."""
        fading: list[tuple[int, Floats]] = []
        for away, together, steps in Spots.of(table).ahead(self.reach):
            near = together & (steps <= self.reach)
            # From a long session to the start of another, the steps back have no finite power.
            fading.append((away, near * self.decay ** np.where(near, steps, 0)))
        return fading


def _around(evidence: Evidence, lone: float, measure: Callable[[Table, Floats], Floats]) -> Floats:
    """Measure places of conversations by the matches around them.

    Args:
        evidence: the memories.
        lone: what part of its own match a memory without a place has.
        measure: takes the memories, and the matches at all spots.
    """
    values = lone * evidence.match
    if not len(values):
        return values
    spots = Spots.of(evidence.table)
    if not spots.placed.any():
        return values
    return np.where(spots.standing, measure(evidence.table, evidence.at_spots)[spots.at], values)


@dataclass(frozen=True, slots=True)
class SessionBest:
    """The best match among the candidates of a memory's session.

    Attributes:
        weight: worth of a full match.
    """

    weight: float
    name: str = "session.best"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the best match for each memory; its own for one without a session."""
        sessions = evidence.table.by_conversation
        if len(sessions) == len(evidence.match):
            return evidence.match
        best: Floats = sessions.best(evidence.match)[sessions.groups]
        return best


@dataclass(frozen=True, slots=True)
class SessionCoverage:
    """Share of the question that the candidates of a memory's session speak about together.

    Attributes:
        weight: worth of a session that holds every word of the question.
    """

    weight: float
    name: str = "session.coverage"

    def measure(self, evidence: Evidence) -> Floats:
        """Return the share of the question's words, each by its worth."""
        worth, sessions = evidence.words.worth, evidence.table.by_conversation
        if not worth.any():
            return np.zeros(len(evidence.match))
        words, memories = np.nonzero(evidence.words.held)
        held = np.zeros((len(worth), len(sessions)))
        held[words, sessions.groups[memories]] = 1.0
        coverage: Floats = np.minimum(1.0, worth @ held / worth.sum())
        return coverage[sessions.groups]


@dataclass(frozen=True, slots=True)
class NamedEntities:
    """Share of the question's names that a memory is by or about.

    Only a speaker or an entity of some candidate is a name. Who is merely addressed in a text is
    not what the text is about, and the words themselves count already. Of people who speak with
    each other, a question is about the one that it names first.

    Attributes:
        weight: worth of all names.
        names: the question's names.
        other: worth of a speaker whom the question names besides, where the first one is worth 1.
    """

    weight: float
    names: QuestionNames
    other: float = 1.0
    name: str = "entities"

    def measure(self, evidence: Evidence) -> Floats | None:
        """Return each memory's share of the known names of the question; None without any."""
        table = evidence.table
        asked = self._asked(table)
        if not asked:
            return None
        of = [(code, at) for at, (_, codes) in enumerate(asked) for code in codes]
        codes, names = np.array(of, dtype=np.uint32).T
        which, owners, _ = table.find(table.columns.names, np.ascontiguousarray(codes))
        borne = np.zeros((len(asked), len(table)))
        borne[names[which], owners] = 1.0
        # A name that none of the candidates bears is unknown, whoever else does.
        known = borne.any(axis=1)
        if not known.any():
            return None
        speaking = borne @ table.flag(MESSAGE) > 0
        worth = known * self._worth([name for name, _ in asked], speaking)
        shares: Floats = worth @ borne / worth.sum()
        return shares

    def _worth(self, names: Sequence[str], speaking: npt.NDArray[np.bool_]) -> Floats:
        """Return the worth of each name, by which of them are of speakers."""
        speakers = [name for name, speaks in zip(names, speaking, strict=True) if speaks]
        others = self.names.others([each for each in speakers if not self.names.is_role(each)])
        return np.array([self.other if name in others else 1.0 for name in names])

    def _asked(self, table: Table) -> Sequence[tuple[str, Sequence[int]]]:
        """Return the names of the question with their codes, in whatever case they are written."""
        asked: dict[str, list[int]] = {}
        for name, code in table.columns.name_codes.items():
            if self.names.hold(name):
                asked.setdefault(name.casefold(), []).append(code)
        return list(asked.items())
