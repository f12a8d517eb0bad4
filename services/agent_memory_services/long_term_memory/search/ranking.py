"""Ranking of candidates: fused scores, signals, recency and diversity.

    score = semantic * match + recency * (freshness * freshness' + novelty * novelty')

Freshness and novelty are defined in `domain.recency`, with one bound. An access is a search that
found the memory, so that counting it in full would let a search feed on its own results: a memory
that was found once would be found again, whatever was asked. Hence creation counts as an access in
full and being found as a small share of one, `RecencyWeights.found`.

Weights that add up to more than 1 are scaled down, so that a score stays within 0 to 1 without
changing an order.

A fact and the message that it was taken from are one hit where one says all that the other does.
Where the fact does, it is that hit, in the better of their places. Where the message says more, a
fact that ranks behind it takes no place; before a fact, the message stays a hit for what else it
says. A fact keeps a part of its lead over its message, for which all that surrounds it speaks.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), as a discount: the next hit is the
one with the best score after a share of it is taken off for its likeness to a hit before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, overload

import numpy as np
import numpy.typing as npt

from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.columns import (
    Floats,
    Places,
    Readable,
    Table,
    table_of,
)
from agent_memory_services.long_term_memory.search import legs, signals
from agent_memory_services.long_term_memory.search.plan import DENSE, SearchPlan
from agent_memory_services.long_term_memory.search.question import Wording
from agent_memory_services.long_term_memory.search.scores import Candidate, Scoresheet
from agent_memory_services.long_term_memory.search.weights import RecencyWeights


@dataclass(frozen=True, slots=True)
class RecencyBlend:
    """Weighs the match against how fresh a memory is at `now`, in microseconds."""

    weights: RecencyWeights
    now: int

    def apply(self, memories: Readable, sheet: Scoresheet) -> None:
        """Scale the match down and add both parts of recency."""
        table = table_of(memories)
        weights = self.weights
        whole = max(1.0, weights.semantic + weights.recency)
        parts = max(1.0, weights.freshness + weights.novelty)
        share = weights.recency / whole / parts
        created: Floats = table.numbers(fields.CREATE)
        freshness = weights.fresh(created, table.accessed, self.now)
        novelty = weights.novel(created, self.now)
        sheet.scale(weights.semantic / whole)
        sheet.add("recency.freshness", freshness, share * weights.freshness * freshness)
        sheet.add("recency.novelty", novelty, share * weights.novelty * novelty)


_READ: Final = 100
_SAME_SESSION: Final = 0.5


@dataclass(frozen=True, slots=True)
class Diversity:
    """Discounts what is like a better hit, among the first hundred.

    Attributes:
        strength: 0 not at all, to 1: the same words again are worth nothing.
    """

    strength: float

    def apply(self, table: Table, sheet: Scoresheet) -> None:
        """Take the discounts off the scores."""
        if not len(table):
            return
        scores = sheet.scores
        best = np.argsort(-scores, kind="stable")[:_READ]
        compared = self._likeness_to_better(scores[best], _likenesses(table, best))
        # What is not compared must not overtake for that.
        likeness = np.full(len(table), compared.max())
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


def _likenesses(table: Table, places: Places) -> Floats:
    """Pairs of memories: the share of words in common, at least a half within a session."""
    held = [table.stems(at) for at in places.tolist()]
    known = {word: column for column, word in enumerate(frozenset().union(*held))}
    held_by = np.zeros((len(held), len(known)))
    for row, found in enumerate(held):
        held_by[row, [known[word] for word in found]] = 1.0
    common = held_by @ held_by.T
    sizes = held_by.sum(axis=1)
    shared = common / np.maximum(1.0, sizes[:, None] + sizes - common)
    sessions = table.conversations[places]
    sessions = np.where(sessions < 0, -1 - np.arange(len(sessions)), sessions)
    together = sessions[:, None] == sessions
    likenesses: Floats = np.where(together, np.maximum(shared, _SAME_SESSION), shared)
    return likenesses


Pairing = tuple[Places, Places]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Facts beside the messages that they were taken from.

    Attributes:
        restated: messages, each of which is there once, and facts that say all that they do.
        stated: messages and facts of which they say all.
        resting: all messages and facts.
    """

    restated: Pairing
    stated: Pairing
    resting: Pairing

    @classmethod
    def of(cls, table: Table) -> "Pairs":
        """Return the pairs of a table."""
        return table.once("pairs", cls._found)

    @classmethod
    def _found(cls, table: Table) -> "Pairs":
        columns = table.columns
        restated: dict[int, int] = {}
        for message, fact in np.column_stack(_paired(table, columns.restated)).tolist():
            known = restated.get(message)
            if known is None or table.ids[fact] < table.ids[known]:
                restated[message] = fact
        stated, resting = _paired(table, columns.stated), _paired(table, columns.resting)
        return cls(_pairing(list(restated.items())), stated, resting)

    def place(self, sheet: Scoresheet, lead: float) -> None:
        """Place facts by the best of their messages.

        A fact keeps a part of its lead over them, and one that stands for a message is never behind
        it.
        """
        scores, (messages, facts) = sheet.scores, self.resting
        if not len(facts):
            return
        best, taken = np.full((2, len(scores)), np.nan)
        np.fmax.at(best, facts, scores[messages])
        told, telling = self.restated
        np.fmax.at(taken, telling, scores[told])
        ahead = np.nan_to_num(np.maximum(scores - best, 0.0))
        behind = np.nan_to_num(np.maximum(taken - scores, 0.0))
        sheet.add("message", best, behind - (1 - lead) * ahead)

    def without_repeats(self, good: npt.NDArray[np.bool_], scores: Floats) -> npt.NDArray[np.bool_]:
        """Return which memories are hits of their own, among those that are good enough."""
        shown = good.copy()
        told, telling = self.restated
        shown[told] &= ~good[telling]
        messages, facts = self.stated
        shown[facts[shown[messages] & (scores[facts] < scores[messages])]] = False
        return shown


def _paired(table: Table, pairs: Sequence[tuple[int, int]]) -> Pairing:
    """Return the messages and the facts of pairs of which both are in a table."""
    found = table.at[np.array(pairs, dtype=np.intp).reshape(-1, 2)]
    return _pairing(found[(found >= 0).all(axis=1)])


def _pairing(pairs: npt.ArrayLike) -> Pairing:
    messages, facts = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return messages, facts


_WHOLE: Final = 4
"""Part of the hits from which on all are put in order at once."""


class Ordered(Sequence[Candidate]):
    """Hits, best first, each of which is made when it is asked for.

    They are put in order as far as they are asked for; those of one score are in that of their ids.
    """

    def __init__(
        self, table: Table, sheet: Scoresheet, distances: Floats | None, places: Places
    ) -> None:
        """Order hits by their scores on a sheet.

        Args:
            table: the memories.
            sheet: what made the scores.
            distances: the cosine distance of each memory, where they were compared.
            places: the memories that are hits.
        """
        self._view = table
        self._sheet = sheet
        self._scores = sheet.scores
        self._distances = distances
        self._unordered = places

    def __len__(self) -> int:
        return len(self._unordered)

    @cached_property
    def _places(self) -> Places:
        """All hits in order."""
        return self._in_order(self._unordered)

    def _first(self, count: int) -> Places:
        """Return so many hits, best first, without the order of the others."""
        hits = self._unordered
        if "_places" in self.__dict__ or not 0 < count < len(hits) // _WHOLE:
            return self._places[:count]
        scores = self._scores[hits]
        least = np.partition(scores, -count)[-count]
        return self._in_order(hits[scores >= least])[:count]

    def _in_order(self, places: Places) -> Places:
        scores = self._scores[places]
        best = places[np.argsort(-scores, kind="stable")]
        if (np.diff(self._scores[best]) == 0).any():
            best = places[np.lexsort((self._view.by_id[places], -scores))]
        return best

    @overload
    def __getitem__(self, at: int) -> Candidate: ...
    @overload
    def __getitem__(self, at: slice) -> "Ordered": ...
    def __getitem__(self, at: int | slice) -> "Candidate | Ordered":
        if isinstance(at, slice):
            first = at.start is None and at.step is None and at.stop is not None
            return self._of(self._first(at.stop) if first else self._places[at])
        place = int(self._places[at])
        far = np.nan if self._distances is None else self._distances[place]
        return Candidate(
            self._view.memory(place),
            float(self._scores[place]),
            None if np.isnan(far) else float(far),
            self._sheet,
            place,
        )

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the hits."""
        return [self._view.ids[at] for at in self._places.tolist()]

    def at(self, places: Sequence[int]) -> "Ordered":
        """Return some of the hits."""
        return self._of(self._places[list(places)])

    def _of(self, places: Places) -> "Ordered":
        """Return hits that are in order."""
        found = Ordered(self._view, self._sheet, self._distances, places)
        found._places = places
        return found


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks by a plan, at a moment in microseconds.

    Attributes:
        plan: what counts, and how much.
        now: the moment of the question.
    """

    plan: SearchPlan
    now: int

    def hits(self, pool: legs.Pool) -> Ordered:
        """Return the hits of a pool, best first."""
        return self.order(pool.table, pool.reached(self.plan.legs))

    def order(self, table: Table, reached: Mapping[str, Floats]) -> Ordered:
        """Return the hits among memories, best first, by what each leg measured of them."""
        sheet = self._relevance(table, reached)
        if self.plan.recency:
            RecencyBlend(self.plan.recency, self.now).apply(table, sheet)
        if self.plan.diversity:
            Diversity(self.plan.diversity).apply(table, sheet)
        return self._ordered(table, sheet, reached.get(DENSE))

    def _relevance(self, table: Table, reached: Mapping[str, Floats]) -> Scoresheet:
        """Score the match of each memory and its signals, as shares of the greatest sum."""
        wording = Wording(self.plan.words, table)
        sheet = Scoresheet(len(table))
        match = legs.fuse(self.plan.fusion, self.plan.legs, reached, wording, sheet)
        evidence = signals.Evidence(table, match, wording.text)
        whole = 1.0
        for part in self.plan.parts:
            values = part.measure(evidence)
            if values is not None:
                sheet.add(part.name, values, part.weight * values)
                whole += part.weight
        if self.plan.telling:
            self.plan.telling.apply(table, sheet)
        sheet.scale(1 / whole)
        return sheet

    def _ordered(self, table: Table, sheet: Scoresheet, distances: Floats | None) -> Ordered:
        pairs = Pairs.of(table)
        pairs.place(sheet, self.plan.fact_lead)
        scores = sheet.scores
        good = scores >= self.plan.min_score
        if self.plan.max_distance is not None:
            # What was not compared has no distance, and is beyond any.
            near = np.full(len(scores), np.nan) if distances is None else distances
            good &= near <= self.plan.max_distance
        places = np.flatnonzero(pairs.without_repeats(good, scores))
        return Ordered(table, sheet, distances, places)
