"""Memories of owners as columns with vectors, kept in the process, up to date by rosters.

A reader asks the store for what changed since the last moment that it knows, in one round trip. The
answer says as well how many memories there are: where that is not what the columns hold, some
went, and all are read again. So columns are what the store held when it answered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.commands.search.query import Query

from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.columns import (
    Columns,
    Entry,
    Floats,
    Growing,
    Table,
)
from agent_memory_services.long_term_memory.domain.masks import Tags
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.documents import RANKED, entry_of, shard_of
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, Precision

_PACKAGE: Final = "agent_memory_services.long_term_memory.store"
MOST: Final = 10_000
"""Memories of an owner that are kept as columns; who has more is looked up in the index."""
_AT_A_TIME: Final = 250
_TRIES: Final = 4
_AGAIN_SECONDS: Final = 5.0
"""Pause between two attempts to keep columns of an owner where one did not succeed."""
_BESIDE_BYTES: Final = 1000
"""Of a memory or an owner, what stands in lists and look-ups."""
_SPARE: Final = 64
_TAGGED: Final = (fields.SLOT, fields.CLAIMS, fields.CLAIM_WORDS)
_SELECTIONS: Final = 4
"""Selections of an owner that are kept."""

_READS: Final = Counter(
    "agent_memory_owner_columns_reads",
    "Looks at an owner's memories as columns: `hit` where nothing had changed, `miss` where"
    " memories were read, `index` where the index was asked instead.",
    ["result"],
)
_LOADED: Final = Counter(
    "agent_memory_owner_columns_loaded_memories", "Memories that were read into columns."
)
_BYTES: Final = Gauge(
    "agent_memory_owner_columns_bytes", "Bytes that owners' memories take as columns, roughly."
)
_HIT, _MISS, _INDEX = (_READS.labels(result) for result in ("hit", "miss", "index"))


@scripts.script(_PACKAGE, "lua/roster", "lua/read_roster")
def _read(
    feed: scripts.Key,
    sizes: scripts.Key,
    ledger: scripts.Key,
    roster: scripts.Key,
    *,
    tenant: str,
    since: int,
    most: int,
    at_a_time: int,
    wanted: Sequence[str],
) -> Any:
    """Read what changed of an owner's memories since a moment."""


@scripts.script(_PACKAGE, "lua/roster", "lua/complete_roster")
def _complete(
    feed: scripts.Key,
    sizes: scripts.Key,
    ledger: scripts.Key,
    roster: scripts.Key,
    *,
    memories: Sequence[scripts.Key],
    tenant: str,
    owner: str,
    epoch: int,
) -> Any:
    """Complete the roster of an owner by the memories that the index has."""


@scripts.script(_PACKAGE, "lua/read_tags")
def _read_tags(memories: Sequence[scripts.Key], *, wanted: Sequence[str]) -> Any:
    """Read some fields of memories."""


class Vectors:
    """Vectors of memories as rows of one matrix, with the place of each memory."""

    def __init__(self, precision: Precision) -> None:
        self._precision = precision
        self._rows: Growing | None = None
        self._places = Growing(np.intp)

    def extend(self, places: Sequence[int], vectors: Sequence[bytes]) -> None:
        """Add vectors as the engine has them, at the places of their memories."""
        if not vectors:
            return
        given = np.frombuffer(b"".join(vectors), self._precision)
        made = self.unit(given.reshape(len(vectors), -1))
        if self._rows is None:
            self._rows = Growing(np.float32, (made.shape[1],))
        self._rows.extend(made)
        self._places.extend(np.array(places))

    def unit(self, vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return vectors with the length 1, in the precision in which the engine compares them."""
        wide = vectors.astype(np.float32)
        lengths = np.linalg.norm(wide, axis=-1, keepdims=True)
        unit = wide / np.where(lengths > 0, lengths, 1.0)
        return unit.astype(self._precision).astype(np.float32)

    def distances(self, question: bytes, size: int) -> Floats:
        """Return the cosine distance of each of so many places; NaN for one without a vector."""
        found: Floats = np.maximum(0.0, 1.0 - self.cosines([question], size)[0])
        return found

    def cosines(self, questions: Sequence[bytes], size: int) -> Floats:
        """Return the cosines of vectors with each of so many places; NaN for one without."""
        if self._rows is None:
            return np.full((len(questions), size), np.nan)
        asked = np.frombuffer(b"".join(questions), self._precision)
        rows, places = self._rows.values, self._places.values
        cosines = self.unit(asked.reshape(len(questions), -1)) @ rows.T
        # Where each place has one vector, they are in the order of their places.
        if len(places) == size:
            whole: Floats = cosines.astype(np.float64)
            return whole
        found = np.full((len(questions), size), np.nan)
        found[:, places] = cosines
        return found

    @property
    def nbytes(self) -> int:
        """Bytes that they take."""
        return (self._rows.nbytes if self._rows else 0) + self._places.nbytes


Ask = Callable[..., Awaitable[Any]]
"""Asks for what changed since a moment."""


class Owned:
    """The memories of an owner.

    Attributes:
        columns: what is read of them.
        text: vectors of the texts.
        context: vectors of the texts with the words around them, where there are any.
        tags: values of tag fields by which facts find each other, of those that were read.
        moment: the last change that is in, in microseconds.
    """

    def __init__(self, precision: Precision) -> None:
        self.columns = Columns()
        self.text, self.context = Vectors(precision), Vectors(precision)
        self.tags = Tags(_TAGGED)
        self.moment = 0
        self._untagged: dict[int, bytes] = {}
        self._places: dict[bytes, int] = {}
        self._table: Table | None = None
        self._selected: dict[bytes, Table] = {}

    @property
    def table(self) -> Table:
        """The memories that are there."""
        if self._table is None:
            places = np.fromiter(self._places.values(), dtype=np.intp, count=len(self._places))
            self._table = Table(self.columns, places)
        return self._table

    def only(self, kept: npt.NDArray[np.bool_]) -> Table:
        """Return the memories that are marked.

        What is worked out of a table is kept for the next question with the same marks.
        """
        marks = np.packbits(kept).tobytes()
        found = self._selected.get(marks)
        if found is None:
            if len(self._selected) >= _SELECTIONS:
                self._selected.clear()
            found = self._selected[marks] = self.table.only(kept)
        return found

    @property
    def nbytes(self) -> int:
        """Bytes that they take, roughly."""
        arrays = self.columns.nbytes + self.text.nbytes + self.context.nbytes + self.tags.nbytes
        return arrays + _BESIDE_BYTES * self.columns.size

    @property
    def is_worn(self) -> bool:
        """True if most places are of what changed or went."""
        return self.columns.size > 2 * len(self._places) + _SPARE

    async def follow(self, answer: Sequence[Any], ask: Ask) -> bool:
        """Put in what changed, and read on until that is all; False where some memories went."""
        loaded = 0
        while True:
            count, last, *rows = answer
            changed = list(zip(rows[::3], rows[1::3], rows[2::3], strict=True))
            self._update(changed)
            loaded += len(changed)
            if len(self._places) == count and self.moment == _moment(last):
                _LOADED.inc(loaded)
                (_MISS if loaded else _HIT).inc()
                return True
            if len(changed) < _AT_A_TIME:
                return False
            state, *answer = await ask(since=self.moment)
            if state != b"listed":
                return False

    async def tag(self, client: Redis) -> None:
        """Read the tags of the facts that have come in since this was done last."""
        while lot := list(islice(self._untagged.items(), _AT_A_TIME)):
            keys = [key.decode() for _, key in lot]
            found = await _read_tags(client, keys, wanted=self.tags.fields)
            for (at, _), values in zip(lot, found, strict=True):
                if self._untagged.pop(at, None):
                    self.tags.add(at, values)

    def _update(self, changed: Sequence[tuple[bytes, bytes, Sequence[bytes | None]]]) -> None:
        """Put in memories with their keys, moments and fields, the earliest change first."""
        entries: list[Entry] = []
        vectors: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
        for key, moment, (*values, text, context) in changed:
            self.moment = _moment(moment)
            if (entry := entry_of(values)) is None:
                continue
            at = self._places[key] = self.columns.size + len(entries)
            entries.append(entry)
            if not entry.is_message:
                self._untagged[at] = key
            for held, vector in zip(vectors, (text, context), strict=True):
                if vector is not None:
                    held[at] = vector
        if entries:
            self._table, self._selected = None, {}
        self.columns.extend(entries)
        for matrix, held in zip((self.text, self.context), vectors, strict=True):
            matrix.extend(list(held), list(held.values()))


def _moment(score: bytes) -> int:
    return int(float(score))


@dataclass(slots=True)
class _Kept:
    """State of an owner: nothing is kept while `rest` lasts, as the index has to be asked."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    owned: Owned | None = None
    held: tuple[int, int] | None = None
    nbytes: int = 0
    rest: Timer = field(default_factory=lambda: Timer(_AGAIN_SECONDS, over=True))
    completed: Timer = field(default_factory=lambda: Timer(_AGAIN_SECONDS, over=True))


class OwnerColumns:
    """The owners that were asked for last, as columns, in so many bytes.

    Attributes:
        kept: them, by tenant, user, generation and precision of the vectors.
    """

    def __init__(self, client: Redis, index: MemoryIndex, shards: int, limit: int) -> None:
        """Keep at most `limit` bytes; the index tells the memories of owners without a roster."""
        self._client = client
        self._index = index
        self._shards = shards
        self._limit = limit
        self.kept: OrderedDict[tuple[str, str, int, Precision], _Kept] = OrderedDict()
        self._bytes = 0

    async def of(
        self,
        tenant: str,
        user: str,
        generation: int,
        precision: Precision,
        *,
        worth: int = MOST,
    ) -> Owned | None:
        """Return the memories of an owner as they are now; None where the index has to be asked.

        They are exact until the caller waits for something else. Of an owner who is not kept, no
        more memories are read than they are worth to the caller.

        Raises:
            RedisError: the store went away.
        """
        name = (tenant, user, generation, precision)
        kept = self.kept.setdefault(name, _Kept())
        self.kept.move_to_end(name)
        async with kept.lock:
            owned = None
            if kept.rest.is_over:
                most = MOST if kept.owned else min(worth, MOST)
                owned = await self._read(kept, *name, most=most)
                if owned is None and most == MOST:
                    kept.rest.restart()
            self._account(name, kept, owned)
        if owned is None:
            _INDEX.inc()
        return owned

    def _account(
        self, name: tuple[str, str, int, Precision], kept: _Kept, owned: Owned | None
    ) -> None:
        """Note what is kept now; let go who was not asked for longest, where it is too much."""
        held = (owned.columns.size, owned.tags.nbytes) if owned else None
        if owned is not None and owned is kept.owned and held == kept.held:
            return
        kept.held = held
        size = _BESIDE_BYTES + (owned.nbytes if owned else 0)
        if self.kept.get(name) is kept:
            self._bytes += size - kept.nbytes
            kept.owned, kept.nbytes = owned, size
        while self._bytes > self._limit and self.kept:
            _, gone = self.kept.popitem(last=False)
            self._bytes -= gone.nbytes
            gone.owned = None
        _BYTES.set(self._bytes)

    async def tagged(self, owned: Owned) -> Owned:
        """Return an owner's memories with all their tags.

        Raises:
            RedisError: the store went away.
        """
        await owned.tag(self._client)
        return owned

    async def _read(
        self,
        kept: _Kept,
        tenant: str,
        user: str,
        generation: int,
        precision: Precision,
        *,
        most: int,
    ) -> Owned | None:
        shard = shard_of(tenant, self._shards)
        roster = f"{shard.rosters(tenant)}{encode(user)}"
        keys = (shard.feed(tenant), shard.sizes, shard.ledger(tenant), roster)
        owned = kept.owned
        if owned is None or owned.is_worn:
            owned = Owned(precision)
        ask = partial(
            _read,
            self._client,
            *keys,
            tenant=tenant,
            most=most,
            at_a_time=_AT_A_TIME,
            wanted=(*RANKED, *(fields.stored(each, generation) for each in fields.VECTORS)),
        )
        for _ in range(_TRIES):
            state, *answer = await ask(since=owned.moment)
            if state == b"listed":
                if await owned.follow(answer, ask):
                    return owned
                # Some went: what is there is read from the start.
                owned = Owned(precision)
            elif state == b"large" or not await self._complete(kept, tenant, user, keys, answer[0]):
                return None
        return None

    async def _complete(
        self, kept: _Kept, tenant: str, user: str, keys: Sequence[str], epoch: int
    ) -> bool:
        """Complete the roster of an owner; False where the index has too many memories, or none."""
        # Where a release that keeps no rosters writes too, it would never end.
        if not kept.completed.is_over:
            return False
        kept.completed.restart()
        selection = Scope(tenant).select(conditions.Tag(fields.USER, (user,)))
        query = Query(str(selection.condition)).paging(0, MOST + 1).dialect(2)
        query.return_field(fields.USER, decode_field=False)
        [answer] = await self._index.search(tenant, [query])
        if not 0 < answer.total <= MOST:
            return False
        memories = [row.key.decode() for row in answer.rows]
        await _complete(
            self._client,
            *keys,
            memories=memories,
            tenant=tenant,
            owner=encode(user),
            epoch=epoch,
        )
        return True
