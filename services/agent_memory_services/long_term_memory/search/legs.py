"""Legs of a search, the retrieval of their candidates into a pool, and the fusion of their scores.

A leg is one way of finding memories: by nearness of vectors or by words in common.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Final, Protocol

import numpy as np
from redis.commands.search.query import Query
from redisvl.index.index import SearchParams
from redisvl.query import VectorQuery

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain import conditions, fields, traits
from agent_memory_services.long_term_memory.domain.columns import Entry, Table, table_of
from agent_memory_services.long_term_memory.domain.scope import Selection
from agent_memory_services.long_term_memory.search import scores
from agent_memory_services.long_term_memory.search.question import Question, Wording
from agent_memory_services.long_term_memory.store.documents import RANKED, entry_of
from agent_memory_services.long_term_memory.store.index.index import Answer, MemoryIndex, Row

_DISTANCE: Final = VectorQuery.DISTANCE_ID.encode()


class Leg(Protocol):
    """One way of finding memories."""

    @property
    def name(self) -> str:
        """Its name in explanations."""
        ...

    @property
    def weight(self) -> float:
        """Its share of the match; the shares of all legs of a search add up to 1."""
        ...

    def query(self, selection: Selection, depth: int) -> SearchParams | None:
        """Ask for the `depth` best memories of a selection; None where another leg finds them."""
        ...

    def value(self, found: Row) -> float:
        """Return the engine's measure of a memory."""
        ...

    def measure(self, found: scores.Floats, wording: Wording) -> scores.Floats:
        """Measure every candidate, in the leg's own unit; NaN where it cannot tell.

        Args:
            found: `value` of each candidate, NaN for those that another leg found.
            wording: where the question's words occur in the candidates.
        """
        ...

    def scaled(self, values: scores.Floats) -> scores.Floats:
        """Scale measures to 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class DenseLeg:
    """Nearness of vectors; measures the cosine distance, 0 to 2.

    Attributes:
        name: its name in explanations.
        weight: its share of the match.
        field: the vector field that is compared.
        vector: the question's vector, as bytes of float32.
        must: text that has to occur, in the engine's words; may be empty.
        alone: the leg whose measure is that of a memory with one vector; empty for none.
    """

    name: str
    weight: float
    field: str
    vector: bytes
    must: str = ""
    alone: str = ""

    def query(self, selection: Selection, depth: int) -> SearchParams:
        """Ask for the nearest neighbours in the selection."""
        query = VectorQuery(
            self.vector,
            self.field,
            filter_expression=f"{selection.condition} {self.must}".rstrip(),
            num_results=depth,
        )
        return _reading(query), query.params

    def value(self, found: Row) -> float:
        """Return the cosine distance, at least 0; the engine's may be rounded to below."""
        return max(0.0, float(found.fields[_DISTANCE]))

    def measure(self, found: scores.Floats, wording: Wording) -> scores.Floats:  # noqa: ARG002 - words do not matter here
        """Return the distances that the engine measured."""
        return found

    def scaled(self, values: scores.Floats) -> scores.Floats:
        """Return the distances as similarities."""
        return scores.similarities(values)


@dataclass(frozen=True, slots=True)
class WordLeg:
    """Words in common; measures the share of what the question's words are worth, 0 to 1.

    The engine's own scores decide what is found; see `scores` for why they do not rank it.

    Attributes:
        name: its name in explanations.
        weight: its share of the match.
        question: the words.
        around: whether the words around a memory count as its own.
        finds: whether it looks for candidates, besides measuring those of others.
    """

    name: str
    weight: float
    question: Question
    around: bool = False
    finds: bool = True

    def query(self, selection: Selection, depth: int) -> SearchParams | None:
        """Ask for the best matches in the selection."""
        if not self.finds:
            return None
        match = self.question.match(around=self.around)
        query = (
            Query(f"{match} {_unscored(selection, match)}")
            .scorer("BM25STD")
            .with_scores()
            .paging(0, depth)
            .dialect(2)
        )
        return _reading(query), None

    def value(self, found: Row) -> float:
        """Return the engine's BM25 score."""
        return found.score or 0.0

    def measure(self, found: scores.Floats, wording: Wording) -> scores.Floats:  # noqa: ARG002 - see above
        """Return the match of the words in each candidate, whichever leg found it."""
        return (wording.around if self.around else wording.text).match

    def scaled(self, values: scores.Floats) -> scores.Floats:
        """Return the match, which is on the scale."""
        return values


def _unscored(selection: Selection, match: str) -> str:
    """Return a selection in the engine's words, to stand behind the words of the question.

    The engine counts the tags of a condition as matched words. A weight of zero forbids that, but
    only on an intersection, hence the repeated tenant, and only on one that does not come first.

    Beside a condition the engine also loses most words of a memory that the condition did not
    lead it to. Stating the words in the condition once more leads it there; without that, the
    first hundred hold 64 % of LoCoMo's evidence instead of 76 %.
    """
    tenant = conditions.Tag(fields.TENANT, (selection.tenant,))
    return f"(({selection.condition} {tenant} {match})=>{{$weight:0}})"


def _reading(query: Query) -> Query:
    for field in RANKED:
        query.return_field(field, decode_field=False)
    return query


_RANKED: Final = tuple(name.encode() for name in RANKED)


class Records(Mapping[str, Memory]):
    """Memories by id, each made of its record when it is asked for.

    Attributes:
        table: the memories as columns.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._at = {memory_id: at for at, memory_id in enumerate(table.ids)}

    def __getitem__(self, memory_id: str) -> Memory:
        return self.table.memory(self._at[memory_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


@dataclass(frozen=True)
class Pool:
    """Memories by id, and what each leg measured of them.

    Attributes:
        memories: the memories.
        measured: for each leg, by memory id, what it measured; each leg's best first.
        total: how many memories the condition selects, whatever the question.
    """

    memories: Mapping[str, Memory]
    measured: Mapping[str, Mapping[str, float]]
    total: int

    @cached_property
    def table(self) -> Table:
        """The memories as columns."""
        given = self.memories
        return given.table if isinstance(given, Records) else table_of(list(given.values()))

    def exhausted(self, depth: int) -> bool:
        """Return true if no leg would find more if it were read deeper than `depth`."""
        return all(len(values) < depth for values in self.measured.values())

    def reached(self, legs: Sequence[Leg]) -> dict[str, scores.Floats]:
        """Return what each leg measured of each memory; NaN where it did not reach it.

        A memory with one vector has its measure in the place of that of the second one.
        """
        names, unknown = list(self.memories), repeat(np.nan)
        found = {
            leg.name: np.fromiter(
                map(self.measured[leg.name].get, names, unknown), float, len(names)
            )
            for leg in legs
        }
        return with_single_vectors(legs, self.table, found)


def with_single_vectors(
    legs: Sequence[Leg], table: Table, found: Mapping[str, scores.Floats]
) -> dict[str, scores.Floats]:
    """Give memories with one vector its measure in the place of that of a second one."""
    filled = dict(found)
    for leg in legs:
        if isinstance(leg, DenseLeg) and leg.alone in found:
            own = found[leg.name]
            lone = np.isnan(own) & ~table.flag(traits.TWO_VECTORS)
            filled[leg.name] = np.where(lone, found[leg.alone], own)
    return filled


def pool_of(legs: Sequence[Leg], answers: Sequence[Answer | None], total: int) -> Pool:
    """Gather the answers to the legs, one for each, None for a leg that did not ask."""
    entries: dict[bytes, Entry] = {}
    for row in chain.from_iterable(answer.rows for answer in answers if answer):
        # One that was deleted while the leg was read has no fields any more.
        if row.key not in entries and (entry := entry_of(_read(row.fields))) is not None:
            entries[row.key] = entry
    table = Table.of(list(entries.values()))
    ids = dict(zip(entries, table.ids, strict=True))
    measured = {
        leg.name: {ids[row.key]: leg.value(row) for row in answer.rows if row.key in ids}
        if answer
        else {}
        for leg, answer in zip(legs, answers, strict=True)
    }
    return Pool(Records(table), measured, total)


def _read(held: Mapping[bytes, bytes]) -> Sequence[bytes | None]:
    return list(map(held.get, _RANKED))


class Retriever:
    """Reads the legs of a search from the index."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    async def find(
        self,
        selection: Selection,
        legs: Sequence[Leg],
        depth: int,
        *,
        generation: int | None = None,
        total: int | None = 0,
    ) -> Pool:
        """Read every leg to a depth, all in one round trip.

        Args:
            selection: the memories to search.
            legs: the legs.
            depth: number of memories that each leg contributes at most.
            generation: the generation of the index that is asked; None is the present one.
            total: size of the selection for the pool; None counts it.
        """
        queries = [leg.query(selection, depth) for leg in legs]
        asked = [query for query in queries if query is not None]
        if total is None:
            found, total = await self._index.find(selection, asked, generation)
        else:
            found = await self._index.search(selection.tenant, asked, generation)
        answers = iter(found)
        return pool_of(legs, [query and next(answers) for query in queries], total)


class Fusion(Protocol):
    """Method by which the measures of legs become one match."""

    def counted(self, scaled: scores.Floats) -> scores.Floats:
        """Return the worth of a leg's measures, both on the scale of 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class LinearFusion:
    """Legs count by what they measured."""

    def counted(self, scaled: scores.Floats) -> scores.Floats:
        """Return the measure itself."""
        return scaled


@dataclass(frozen=True, slots=True)
class ReciprocalRankFusion:
    """Legs count by the order they found.

    Attributes:
        constant: how little the difference between the first ranks matters.
    """

    constant: int

    def counted(self, scaled: scores.Floats) -> scores.Floats:
        """Return the worth of each rank."""
        return scores.reciprocal_ranks(scaled, self.constant)


def fuse(
    fusion: Fusion,
    legs: Sequence[Leg],
    reached: Mapping[str, scores.Floats],
    wording: Wording,
    sheet: scores.Scoresheet,
) -> scores.Floats:
    """Return the match of each memory, 0 to 1; add a line per leg to the sheet."""
    match = np.zeros(sheet.candidates)
    for leg in legs:
        values = leg.measure(reached[leg.name], wording)
        contributions = leg.weight * fusion.counted(leg.scaled(values))
        sheet.add(leg.name, values, contributions)
        match += contributions
    return match
