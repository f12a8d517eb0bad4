"""Ranking of candidates: fused scores, signals, recency and diversity.

    score = semantic * match + recency * (freshness * freshness' + novelty * novelty')

Freshness and novelty are defined in `domain.recency`, with one bound. An access is a search that
found the memory, so that counting it in full would let a search feed on its own results: a memory
that was found once would be found again, whatever was asked. Hence creation counts as an access in
full and being found as a small share of one, `RecencyWeights.found`.

Weights that add up to more than 1 are scaled down, so that a score stays within 0 to 1 without
changing an order.

A fact and the message that it was taken from are one hit where the fact says all that the message
does: the fact, in the better of their places.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), as a discount: the next hit is the
one with the best score after a share of it is taken off for its likeness to a hit before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.language.en.words import STOP_WORDS, WEEKDAY_NAMES, stem
from agent_memory_services.long_term_memory.domain import terms
from agent_memory_services.long_term_memory.search import legs, signals
from agent_memory_services.long_term_memory.search.plan import DENSE, SearchPlan
from agent_memory_services.long_term_memory.search.question import Wording
from agent_memory_services.long_term_memory.search.scores import Candidate, Floats, Scoresheet
from agent_memory_services.long_term_memory.search.weights import RecencyWeights

_SEEN_FROM_NOW: Final = (
    "today tonight tomorrow yesterday now just ago last next coming this past morning noon"
    " afternoon evening night day days week weeks weekend month months year years"
)
# Stems of words by which a speaker tells a day or a time as seen from that of speaking.
_RELATIVE: Final = frozenset(map(stem, (*WEEKDAY_NAMES, *_SEEN_FROM_NOW.split())))


@dataclass(frozen=True, slots=True)
class RecencyBlend:
    """Weighs the match against how fresh a memory is at `now`, in microseconds."""

    weights: RecencyWeights
    now: int

    def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Scale the match down and add both parts of recency."""
        weights = self.weights
        whole = max(1.0, weights.semantic + weights.recency)
        parts = max(1.0, weights.freshness + weights.novelty)
        share = weights.recency / whole / parts
        created = np.array([to_micros(memory.create_time) for memory in memories], dtype=float)
        accessed = np.array([_last_access(memory) for memory in memories], dtype=float)
        freshness = weights.fresh(created, accessed, self.now)
        novelty = weights.novel(created, self.now)
        sheet.scale(weights.semantic / whole)
        sheet.add("recency.freshness", freshness, share * weights.freshness * freshness)
        sheet.add("recency.novelty", novelty, share * weights.novelty * novelty)


def _last_access(memory: Memory) -> int:
    return to_micros(memory.last_access_time) if memory.HasField("last_access_time") else 0


_READ: Final = 100
_SAME_SESSION: Final = 0.5


@dataclass(frozen=True, slots=True)
class Diversity:
    """Discounts what is like a better hit, among the first hundred.

    Attributes:
        strength: 0 not at all, to 1: the same words again are worth nothing.
    """

    strength: float

    def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Take the discounts off the scores."""
        if not memories:
            return
        scores = sheet.scores
        best = np.argsort(-scores, kind="stable")[:_READ]
        compared = self._likeness_to_better(
            scores[best], _likenesses([memories[at] for at in best])
        )
        # What is not compared must not overtake for that.
        likeness = np.full(len(memories), compared.max())
        likeness[best] = compared
        sheet.add("diversity", likeness, -self.strength * likeness * scores)

    def _likeness_to_better(self, scores: Floats, likenesses: Floats) -> Floats:
        """Return each memory's greatest likeness to one that was chosen before it."""
        found = np.zeros(len(scores))
        left = np.ones(len(scores), dtype=bool)
        for _ in range(len(scores)):
            chosen = int(np.argmax(np.where(left, scores * (1 - self.strength * found), -1.0)))
            left[chosen] = False
            found = np.where(left, np.maximum(found, likenesses[chosen]), found)
        return found


def _likenesses(memories: Sequence[Memory]) -> Floats:
    """Pairs of memories: the share of words in common, at least a half within a session."""
    held = [frozenset(map(stem, terms.plain(memory.text))) for memory in memories]
    known = {word: column for column, word in enumerate(frozenset().union(*held))}
    table = np.zeros((len(held), len(known)))
    for row, found in enumerate(held):
        table[row, [known[word] for word in found]] = 1.0
    common = table @ table.T
    sizes = table.sum(axis=1)
    shared = common / np.maximum(1.0, sizes[:, None] + sizes - common)
    sessions = [signals.session_of(memory) or at for at, memory in enumerate(memories)]
    together = np.array([[one == other for other in sessions] for one in sessions])
    likenesses: Floats = np.where(together, np.maximum(shared, _SAME_SESSION), shared)
    return likenesses


def _restated(memories: Sequence[Memory]) -> Mapping[int, int]:
    """Return the places of messages, each with that of a fact that says all that it does."""
    told: dict[tuple[str, str], list[int]] = {}
    for at, memory in enumerate(memories):
        if memory.type != MemoryType.MEMORY_TYPE_MESSAGE:
            for source in _sources(memory):
                told.setdefault(source, []).append(at)
    if not told:
        return {}
    return {
        at: fact
        for at, memory in enumerate(memories)
        if memory.type == MemoryType.MEMORY_TYPE_MESSAGE
        for source in _sources(memory)
        for fact in told.get(source, ())
        if _telling(memory.text) <= _told(memories[fact])
    }


def _sources(memory: Memory) -> Iterator[tuple[str, str]]:
    """Yield the messages that a memory rests on, of the session that it comes from."""
    session = memory.provenance.session_uid
    if session:
        yield from ((session, message_id) for message_id in memory.provenance.message_ids)


def _told(fact: Memory) -> frozenset[str]:
    """Return what a fact says; where it has a date, words that count days from then say no more."""
    return _telling(fact.text) | (_RELATIVE if fact.HasField("event_time") else frozenset())


def _telling(text: str) -> frozenset[str]:
    """Return the stems of the words that say something."""
    return frozenset(stem(word) for word in terms.plain(text) if word not in STOP_WORDS)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks by a plan, at a moment in microseconds.

    Attributes:
        plan: what counts, and how much.
        now: the moment of the question.
    """

    plan: SearchPlan
    now: int

    def hits(self, pool: legs.Pool) -> list[Candidate]:
        """Return the hits of a pool, best first."""
        memories = list(pool.memories.values())
        sheet = self._relevance(pool)
        if self.plan.recency:
            RecencyBlend(self.plan.recency, self.now).apply(memories, sheet)
        if self.plan.diversity:
            Diversity(self.plan.diversity).apply(memories, sheet)
        return self._ordered(pool, sheet, _restated(memories))

    def _relevance(self, pool: legs.Pool) -> Scoresheet:
        """Score the match of each memory and its signals, as shares of the greatest sum."""
        memories = list(pool.memories.values())
        wording = Wording(self.plan.words, memories)
        sheet = Scoresheet(len(memories))
        match = legs.fuse(self.plan.fusion, self.plan.legs, pool, wording, sheet)
        evidence = signals.Evidence(memories, match, wording.text)
        whole = 1.0
        for part in self.plan.parts:
            values = part.measure(evidence)
            if values is not None:
                sheet.add(part.name, values, part.weight * values)
                whole += part.weight
        if self.plan.telling:
            self.plan.telling.apply(memories, sheet)
        sheet.scale(1 / whole)
        return sheet

    def _ordered(
        self, pool: legs.Pool, sheet: Scoresheet, restated: Mapping[int, int]
    ) -> list[Candidate]:
        if restated:
            _lift(sheet, restated)
        scores = sheet.scores
        distances = pool.measured.get(DENSE, {})
        candidates = [
            Candidate(memory, float(scores[at]), distances.get(name), sheet, at)
            for at, (name, memory) in enumerate(pool.memories.items())
        ]
        good = {each.column for each in candidates if self._good(each)}
        shown = (each for each in candidates if restated.get(each.column) not in good)
        return sorted((each for each in shown if each.column in good), key=_place)

    def _good(self, candidate: Candidate) -> bool:
        farthest = self.plan.max_distance
        near = farthest is None or (
            candidate.distance is not None and candidate.distance <= farthest
        )
        return near and candidate.score >= self.plan.min_score


def _lift(sheet: Scoresheet, restated: Mapping[int, int]) -> None:
    """Give facts the scores of the messages in whose place they stand, where these are better."""
    scores = sheet.scores
    values = np.full(len(scores), np.nan)
    for message, fact in restated.items():
        values[fact] = np.fmax(values[fact], scores[message])
    sheet.add("message", values, np.nan_to_num(np.maximum(values - scores, 0.0)))


def _place(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.memory.id
