"""Search for a memory's neighbours of the same owner: near in meaning, in its slot, or by claims.

Claims lead to what nearness alone may miss: what was lately said of the same holder and relation,
where these have one value or few at a time, and what has the words that a claim repeats, denies or
ends.
"""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
from redis.commands.search.query import Query
from redisvl.index.index import SearchParams
from redisvl.query import VectorQuery

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.language.claims import SWITCH, Claim
from agent_memory_services.long_term_memory.consolidation.rules import ending
from agent_memory_services.long_term_memory.consolidation.rules.periods import FACTS
from agent_memory_services.long_term_memory.consolidation.rules.reading import claims_of
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.columns import Floats
from agent_memory_services.long_term_memory.domain.masks import Mask, Masks
from agent_memory_services.long_term_memory.domain.memory import StoredMemory
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.documents import READ, memory_of
from agent_memory_services.long_term_memory.store.embeddings.vectors import Vectorizer
from agent_memory_services.long_term_memory.store.index.index import Answer, MemoryIndex, Row
from agent_memory_services.long_term_memory.store.owners import Owned, OwnerColumns

_NEAREST: Final = 8
"""How many neighbours are looked at; the same facts said often are merged before there are more."""
_SLOT_VALUES: Final = 32
"""How many values of a slot, or claims, are looked at, the latest first."""
# Looking for neighbours takes the store a while; others get a turn between two lots.
_SUBJECTS_PER_ROUND: Final = 32
_SEVERAL: Final = 4
"""Subjects of a user for whom the user's memories are read into columns."""
_WORTH: Final = 50
"""Memories that are read into columns for each of these, at the most."""
_DISTANCE: Final = VectorQuery.DISTANCE_ID.encode()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory beside another one of the same owner.

    Attributes:
        memory: the memory.
        cosine: of the texts' vectors; None where only a slot or a claim led to it.
    """

    memory: Memory
    cosine: float | None


_FRESH: Final = 60.0
"""Seconds for which a count stands."""
_COUNTED: Final = 1024
"""Owners of which a process knows how much they have."""
_LARGE_SHARE: Final = 0.2
_MANY: Final = 1000


class Shares:
    """Parts of an index that its owners have, as counted at most a minute ago.

    The engine compares all vectors of a selection where it takes the index to be small. It finds
    the nearest of an owner of much of the index sooner by its graph, in which these are common.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def is_large(self, condition: str) -> bool:
        """Return true if much of the index is known to fulfil a condition."""
        (owned, _), (every, _) = (self._counts.get(each, (0, 0.0)) for each in (condition, "*"))
        return owned >= _MANY and owned >= _LARGE_SHARE * every

    def stale(self, conditions: Iterable[str]) -> list[str]:
        """Return what is to be counted again, the whole index among it."""
        now = time.monotonic()
        asked = dict.fromkeys(["*", *conditions])
        return [each for each in asked if now - self._counts.get(each, (0, -_FRESH))[1] >= _FRESH]

    def note(self, counts: Mapping[str, int]) -> None:
        """Remember counts."""
        now = time.monotonic()
        for condition, count in counts.items():
            self._counts[condition] = (count, now)
            self._counts.move_to_end(condition)
        while len(self._counts) > _COUNTED:
            self._counts.popitem(last=False)


class Neighbourhood:
    """Looks for neighbours, which never lie outside the owner.

    Those of a user are looked for in the user's memories as columns, where these are kept or are
    worth reading for so many subjects, and else in the index, which finds the same.
    """

    def __init__(
        self,
        index: MemoryIndex,
        owners: OwnerColumns | None = None,
        vectorizer: Vectorizer | None = None,
    ) -> None:
        """Look in an index and in owners' columns, with the vectors that questions have."""
        self._index = index
        self._owners = owners
        self._vectorizer = vectorizer
        self._shares = Shares()

    async def of(
        self, tenant: str, subjects: Sequence[StoredMemory], now: int
    ) -> list[list[Neighbour]]:
        """Find the neighbours of each memory, many in a round trip: the nearest, then others.

        What was stored before the call is found, the other subjects included. Of a slot and of
        claims, what ended is a neighbour too; nothing else that readers do not see is.
        """
        found: dict[int, list[Neighbour]] = {}
        for user, places in _by_user(subjects).items():
            own = [subjects[at] for at in places]
            near = await self._in_columns(tenant, user, own, now)
            found.update(zip(places, near, strict=False))
        left = [at for at in range(len(subjects)) if at not in found]
        read = _Rows()
        for start in range(0, len(left), _SUBJECTS_PER_ROUND):
            lot = left[start : start + _SUBJECTS_PER_ROUND]
            near = await self._round(tenant, [subjects[at] for at in lot], now, read)
            found.update(zip(lot, near, strict=True))
        return [found[at] for at in range(len(subjects))]

    async def _in_columns(
        self, tenant: str, user: str, subjects: Sequence[StoredMemory], now: int
    ) -> list[list[Neighbour]]:
        """Find neighbours in a user's columns; none at all where the index has to be asked."""
        if not (user and self._owners and self._vectorizer):
            return []
        space = self._vectorizer.current
        if space.generation != subjects[0].vectors.generation:
            return []
        name = (tenant, user, space.generation, space.index.precision)
        if len(subjects) < _SEVERAL and name not in self._owners.kept:
            return []
        owned = await self._owners.of(*name, worth=_WORTH * len(subjects))
        if owned is None:
            return []
        columns = _Columns(await self._owners.tagged(owned), tenant, user, now)
        found: list[list[Neighbour]] = []
        for start in range(0, len(subjects), _SUBJECTS_PER_ROUND):
            found += columns.around(subjects[start : start + _SUBJECTS_PER_ROUND])
            await asyncio.sleep(0)
        return found

    async def _round(
        self, tenant: str, subjects: Sequence[StoredMemory], now: int, read: "_Rows"
    ) -> list[list[Neighbour]]:
        owners = [_condition(tenant, _owner(subject.memory)) for subject in subjects]
        asked = [
            list(_queries(tenant, subject, now, by_graph=self._shares.is_large(owner)))
            for subject, owner in zip(subjects, owners, strict=True)
        ]
        counted = self._shares.stale(owners)
        # Another index may have taken the place of the one that their vectors were made for.
        generation = subjects[0].vectors.generation
        queries = [*chain.from_iterable(asked), *map(_counting, counted)]
        answers = iter(await self._index.search(tenant, queries, generation))
        found = [
            _merged(subject.memory, [next(answers) for _ in own], read)
            for subject, own in zip(subjects, asked, strict=True)
        ]
        self._shares.note({each: next(answers).total for each in counted})
        return found


def _by_user(subjects: Sequence[StoredMemory]) -> Mapping[str, list[int]]:
    """Return the places of the subjects of each user."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, subject in enumerate(subjects):
        found[subject.memory.user_id].append(at)
    return found


class _Columns:
    """Memories of a user in which neighbours are looked for."""

    def __init__(self, owned: Owned, tenant: str, user: str, now: int) -> None:
        """Look at the memories as they are now."""
        self._owned = owned
        self._table = owned.table
        self._masks = Masks(owned.table, tenant, user, owned.tags)
        self._now = now
        self._met: dict[conditions.Node, Mask] = {}
        self._read: dict[int, Memory] = {}

    def around(self, subjects: Sequence[StoredMemory]) -> list[list[Neighbour]]:
        """Find the neighbours of each subject."""
        vectors = [each.vectors.text for each in subjects]
        size = self._owned.columns.size
        cosines = self._owned.text.cosines(vectors, size)[:, self._table.places]
        return [
            self._neighbours(subject.memory, own)
            for subject, own in zip(subjects, cosines, strict=True)
        ]

    def _neighbours(self, subject: Memory, cosines: Floats) -> list[Neighbour]:
        found: dict[int, float | None] = {}
        near = np.flatnonzero(self._meeting(_alike(subject, self._now)) & ~np.isnan(cosines))
        for at in _first(near, -cosines[near], _NEAREST + 1):
            found[at] = float(cosines[at])
        created = self._table.heads[fields.CREATE]
        facts = self._meeting(_facts(subject, self._now))
        for part in _parts(subject):
            others = np.flatnonzero(facts & self._masks.of(part))
            for at in _first(others, -created[others], _SLOT_VALUES + 1):
                found.setdefault(at, None)
        neighbours = (Neighbour(self._memory(at), cosine) for at, cosine in found.items())
        return [each for each in neighbours if each.memory.id != subject.id]

    def _meeting(self, condition: conditions.Node) -> Mask:
        if condition not in self._met:
            self._met[condition] = self._masks.of(condition)
        return self._met[condition]

    def _memory(self, at: int) -> Memory:
        """Return a memory, the same object for all subjects."""
        if at not in self._read:
            self._read[at] = self._table.memory(at)
        return self._read[at]


def _first(places: npt.NDArray[np.intp], ranks: Floats, count: int) -> list[int]:
    """Return so many places, those of the lowest ranks first."""
    if len(places) > count:
        kept = np.argpartition(ranks, count)[:count]
        places, ranks = places[kept], ranks[kept]
    first: list[int] = places[np.argsort(ranks, kind="stable")].tolist()
    return first


def _owner(memory: Memory) -> list[conditions.Node]:
    return [
        conditions.Tag(fields.NAMESPACE, (memory.namespace,)),
        conditions.Tag(fields.USER, (memory.user_id,)),
    ]


def _queries(
    tenant: str, subject: StoredMemory, now: int, *, by_graph: bool
) -> Iterator[SearchParams]:
    memory = subject.memory
    condition = _condition(tenant, [_alike(memory, now)])
    yield _nearest(condition, subject.vectors.text, by_graph=by_graph)
    facts = _facts(memory, now)
    for part in _parts(memory):
        yield _values(_condition(tenant, [part, facts]))


def _alike(memory: Memory, now: int) -> conditions.Node:
    """Return the condition on what may be near to a memory."""
    return conditions.every(
        [
            *_owner(memory),
            conditions.Tag(fields.TYPE, (str(memory.type),)),
            conditions.flag(fields.PINNED, value=False),
            conditions.visible(now),
        ]
    )


def _facts(memory: Memory, now: int) -> conditions.Node:
    """Return the condition on the facts of a memory's owner."""
    return conditions.every(
        [
            *_owner(memory),
            conditions.Tag(fields.TYPE, tuple(map(str, FACTS))),
            conditions.negated(conditions.flag(fields.HIDDEN, value=True)),
            conditions.negated(conditions.Range(fields.EXPIRE, high=now)),
        ]
    )


def _parts(memory: Memory) -> Iterator[conditions.Node]:
    """Yield the conditions on facts that slot and claims of a memory lead to."""
    if memory.slot:
        yield conditions.Tag(fields.SLOT, (memory.slot,))
    yield from _by_claims(claims_of(memory))


def _by_claims(claims: Sequence[Claim]) -> Iterator[conditions.Node]:
    """Yield the conditions on what claims may touch: by their relations, and by their words."""
    if not claims:
        return
    keys = {
        fields.relation_key(each.holder, relation)
        for each in claims
        for relation in ending.touching(each)
    }
    keys |= {fields.relation_key(*where) for each in claims for where in ending.whereabouts(each)}
    if keys:
        yield conditions.Tag(fields.CLAIMS, tuple(sorted(keys)))
    said = [part for each in claims for part in _by_words(each)]
    over = conditions.some(
        conditions.Prefix(fields.CLAIMS, fields.relation_key(holder, family))
        for holder in sorted({each.holder.partition("/")[0] for each in claims})
        for family in ending.ENDING
    )
    every = {
        key
        for each in claims
        for key in fields.word_keys(each.holder, {*ending.telling(each), *each.relation.split()})
    }
    ended = conditions.every([over, conditions.Tag(fields.CLAIM_WORDS, tuple(sorted(every)))])
    yield conditions.some([*said, ended])


def _by_words(claim: Claim) -> Iterator[conditions.Node]:
    """Yield the conditions on what has the words that a claim repeats, denies, ends or moves."""
    owner, *owned = claim.holder.split("/")
    words = [*owned, *sorted(ending.telling(claim))]
    if claim.relation == SWITCH and words:
        yield conditions.Tag(fields.CLAIM_WORDS, tuple(fields.word_keys(owner, words)))
    elif words:
        yield _all_of(owner, words)
    if moved := ending.at_other_times(claim):
        yield _all_of(owner, sorted(moved))


def _all_of(owner: str, words: Iterable[str]) -> conditions.Node:
    """Return the condition on what has all of some words, each as it is or by its root."""
    return conditions.every(
        conditions.Tag(fields.CLAIM_WORDS, tuple(fields.word_keys(owner, [word]))) for word in words
    )


def _condition(tenant: str, parts: Sequence[conditions.Node]) -> str:
    return str(Scope(tenant).select(conditions.every(parts)).condition)


def _nearest(condition: str, vector: bytes, *, by_graph: bool) -> SearchParams:
    query = VectorQuery(
        vector,
        fields.VECTOR,
        filter_expression=condition,
        num_results=_NEAREST + 1,
        hybrid_policy="BATCHES" if by_graph else None,
    )
    return _reading(query), query.params


def _counting(condition: str) -> SearchParams:
    return Query(condition).paging(0, 0).dialect(2), None


def _values(condition: str) -> SearchParams:
    """Return the query of the latest memories of a condition.

    The engine sorts all that match. In its fourth dialect it would walk along the times instead,
    but RediSearch 2.10 then ends the store by an assertion (`optimizer_reader.c`).
    """
    query = Query(condition).sort_by(fields.CREATE, asc=False).paging(0, _SLOT_VALUES + 1)
    return _reading(query.dialect(2)), None


def _reading(query: Query) -> Query:
    for field in READ:
        query.return_field(field, decode_field=False)
    return query


class _Rows:
    """The memories of rows; many are near to several of the memories of one call."""

    def __init__(self) -> None:
        self._read: dict[tuple[bytes | None, ...], Memory | None] = {}

    def memory(self, row: Row) -> Memory | None:
        """Return the memory of a row, the same object wherever it stands as it does here."""
        values = tuple(row.fields.get(name) for name in _READ)
        if values not in self._read:
            self._read[values] = memory_of(values)
        return self._read[values]


_READ: Final = tuple(name.encode() for name in READ)


def _merged(subject: Memory, answers: Sequence[Answer], read: _Rows) -> list[Neighbour]:
    found: dict[str, Neighbour] = {}
    for row in chain.from_iterable(answer.rows for answer in answers):
        memory = read.memory(row)
        if memory is not None and memory.id != subject.id:
            found.setdefault(memory.id, Neighbour(memory, _cosine(row)))
    return list(found.values())


def _cosine(row: Row) -> float | None:
    distance = row.fields.get(_DISTANCE)
    return None if distance is None else 1.0 - float(distance)
