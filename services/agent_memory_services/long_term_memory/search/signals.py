"""Signals that a candidate gets from others: neighbours, sessions, entities and names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.language.en.words import STOP_WORDS
from agent_memory_services.long_term_memory.domain import terms
from agent_memory_services.long_term_memory.search.scores import Floats, Occurrences

Session: TypeAlias = tuple[str, str, str]
"""Namespace, id and incarnation."""


@dataclass(frozen=True)
class Evidence:
    """The candidates of a search, and what the legs say about them.

    Attributes:
        memories: the candidates.
        match: how well each one matches alone, 0 to 1; shape (memories,).
        words: where the question's words occur in their texts.
    """

    memories: Sequence[Memory]
    match: Floats
    words: Occurrences

    @cached_property
    def sessions(self) -> Sequence[Session | None]:
        """The session that each memory comes from, or None."""
        return list(map(session_of, self.memories))


def session_of(memory: Memory) -> Session | None:
    """Return the session a memory comes from, or None."""
    if not memory.session_id:
        return None
    return memory.namespace, memory.session_id, memory.provenance.session_uid


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


# "Ann: ...", "Ann Lee said, ...", with a date or another note in brackets before it.
_SPEAKER: Final = re.compile(
    r"(?:[\[(][^\])\n]{1,60}[\])]\s*)?"
    r"(?P<name>[^\W\d_][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){0,2}?)"
    r"(?::| said[,:]?)\s"
)


# A question is the user's, about what either side of a conversation said.
_SELF: Final = frozenset({"i", "me", "my", "mine", "myself"})
_SAID_BY_ASSISTANT: Final = re.compile(
    r"\b(?:did|have|had|were) you\b"
    r"|\byou(?:'ve| have| had)? (?:said|told|suggested|recommended|mentioned|gave|given|listed|"
    r"provided|wrote|written|explained|advised|proposed|described|shared|made|planned|answered)\b",
    re.IGNORECASE,
)
_USER, _ASSISTANT = "user", "assistant"
_ROLE: Final = "role"


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
        """Return true if the question has the name, word by word."""
        sought = terms.plain(name)
        size = len(sought)
        if sought == [self._role]:
            return True
        return bool(sought) and any(
            start and self._words[at : at + size] == sought for at, start in enumerate(self._starts)
        )

    def __bool__(self) -> bool:
        return self._role is not None or any(self._starts)


def names_of(memory: Memory) -> Iterator[str]:
    """Yield the speaker of a memory, the speaker's role, and what it is about.

    A role tells messages apart. What is no message may rest on words of either side, so that a
    fact about the user never stands back behind the words it was taken from.
    """
    if speaker := _SPEAKER.match(memory.text):
        yield speaker["name"]
    if memory.type != MemoryType.MEMORY_TYPE_MESSAGE:
        yield from (_USER, _ASSISTANT)
    elif _ROLE in memory.metadata:
        yield str(memory.metadata[_ROLE])
    yield from memory.entities


def _role(question: str, found: Sequence[str]) -> str | None:
    """Return the role whose words a question is about, where a pronoun says so."""
    if _SAID_BY_ASSISTANT.search(question):
        return _ASSISTANT
    return None if _SELF.isdisjoint(found) else _USER


class _Case(Enum):
    """Case of a word's first letter, which not every script has."""

    CAPITAL = auto()
    SMALL = auto()
    NONE = auto()


def _tokens(text: str) -> Iterator[tuple[str, _Case]]:
    """Yield each word, with the case in which it is written."""
    for token in text.split():
        first = next(filter(str.isalpha, token), "")
        case = _Case.CAPITAL if first.isupper() else _Case.NONE
        if first.islower() or not first:
            case = _Case.SMALL
        yield from ((word, case) for word in terms.plain(token))


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
        places = [
            (session, memory.sequence) if session and memory.sequence else None
            for session, memory in zip(evidence.sessions, evidence.memories, strict=True)
        ]
        matches: dict[tuple[Session, int], float] = {}
        for place, match in zip(places, evidence.match.tolist(), strict=True):
            if place is not None:
                matches[place] = max(match, matches.get(place, 0.0))
        return self._means(places, matches, evidence.match)

    def _means(
        self,
        places: Sequence[tuple[Session, int] | None],
        matches: Mapping[tuple[Session, int], float],
        alone: Floats,
    ) -> Floats:
        shares = list(self._shares())
        values = self.lone * alone
        for at, place in enumerate(places):
            if place is not None:
                session, number = place
                values[at] = sum(
                    share * matches.get((session, number + offset), 0.0) for offset, share in shares
                )
        return values

    def _shares(self) -> Iterator[tuple[int, float]]:
        whole = 2 * sum(self.decay**further for further in range(self.reach))
        for further in range(self.reach):
            share = self.decay**further / whole
            yield from ((further + 1, share), (-further - 1, share))


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
        groups, count = _groups(evidence.sessions)
        best = np.zeros(count)
        np.maximum.at(best, groups, evidence.match)
        return best[groups]


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
        groups, count = _groups(evidence.sessions)
        worth = evidence.words.worth()
        if not worth.any():
            return np.zeros(len(groups))
        held = np.zeros((count, len(worth)))
        np.maximum.at(held, groups, evidence.words.counts.T > 0)
        coverage: Floats = held @ worth / worth.sum()
        return np.minimum(1.0, coverage)[groups]


def _groups(sessions: Sequence[Session | None]) -> tuple[npt.NDArray[np.intp], int]:
    """Number the sessions of memories, and count them; a memory without one has its own."""
    numbers: dict[Session | int, int] = {}
    groups = [
        numbers.setdefault(session or at, len(numbers)) for at, session in enumerate(sessions)
    ]
    return np.array(groups, dtype=np.intp), len(numbers)


@dataclass(frozen=True, slots=True)
class NamedEntities:
    """Share of the question's names that a memory is by or about.

    Only a speaker or an entity of some candidate is a name. Who is merely addressed in a text is
    not what the text is about, and the words themselves count already.

    Attributes:
        weight: worth of all names.
        names: the question's names.
    """

    weight: float
    names: QuestionNames
    name: str = "entities"

    def measure(self, evidence: Evidence) -> Floats | None:
        """Return each memory's share of the known names of the question; None without any."""
        known: dict[str, str | None] = {}
        named = []
        for memory in evidence.memories:
            borne = set()
            for name in names_of(memory):
                if name not in known:
                    known[name] = name.casefold() if self.names.hold(name) else None
                borne.add(known[name])
            named.append(borne - {None})
        asked = set(known.values()) - {None}
        if not asked:
            return None
        return np.array([len(borne) / len(asked) for borne in named])
