"""Copy of a store into an empty one that spreads the same data over another number of parts.

A key spells whose it is, so its new place follows from its name. Most keys move as they are, under
another hash tag. What a part keeps of many sessions or tenants is taken apart by its members. The
store that is read is not changed; an interrupted copy is made again from the start.

Extraction keeps its number of partitions: names of its jobs hold them.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from redis.asyncio import Redis

from agent_memory_services.extraction.store import queue
from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis import client as redis
from agent_memory_services.kit.redis.background import is_anyone_present
from agent_memory_services.kit.redis.keys import decode, partition_of
from agent_memory_services.long_term_memory.store import documents
from agent_memory_services.long_term_memory.store.index import generations, layout
from agent_memory_services.working_memory.store import records

MARK: Final = "am:reshard"
"""Key of a destination that is not complete yet."""
_LOT: Final = 50
_NAME: Final = r"[A-Za-z0-9_]+"
_SESSION: Final = re.compile(
    rf"am:wm:\{{p\d+\}}:s:({_NAME}):({_NAME}):({_NAME}):(?:meta|log|ids|view|memories|placed)"
)
_LISTING: Final = re.compile(rf"am:wm:\{{p\d+\}}:sessions:({_NAME})(?::[nu]:{_NAME})*")
_WAITING: Final = re.compile(r"am:wm:\{p\d+\}:(?:expiry|expiring|summaries(?::failed|:traces)?)")
_LEASES: Final = re.compile(r"am:ex:\{p\d+\}:leases")
_OUTBOX: Final = re.compile(r"am:wm:\{p\d+\}:outbox")
_DEAD: Final = re.compile(r"am:wm:\{p(\d+)\}:outbox:dead")
_OF_TENANT: Final = re.compile(rf"am:lt:\{{s\d+\}}:(?:m|r|c|d|left|erased):({_NAME})(?::.*)?")
_DIGEST: Final = re.compile(rf"am:lt:\{{s\d+\}}:h:({_NAME}):.*")
_TENANTS: Final = re.compile(r"am:lt:\{s\d+\}:tenants(?::sizes)?")
_AS_IT_IS: Final = re.compile(r"am:(?:ex:(?!processes$)|id:|auth:).*")
# Leases, feeds of watchers, and what a service makes again of the rest when it starts.
_LEFT_BEHIND: Final = re.compile(
    r"am:wm:(?:relays|partitions|\{p\d+\}:(?:relay|changes))|am:ex:processes"
    rf"|am:lt:\{{s\d+\}}:(?:layout|readers|words|sweep|forgetting|rewording)"
    rf"|am:lt:\{{s\d+\}}:(?:own|ledger):{_NAME}(?::.*)?"
)
_TAG: Final = re.compile(rb"\{[sp]\d+\}")
_COUNTED: Final[Mapping[str, re.Pattern[str]]] = {
    "sessions": re.compile(r"am:wm:.*:meta"),
    "memories": re.compile(r"am:lt:\{s\d+\}:m:.*"),
    "changes of memories": re.compile(r"am:lt:\{s\d+\}:r:.*"),
    "jobs": re.compile(r"am:ex:\{p\d+\}:job:.*"),
}


class ReshardError(UnusableStoreError):
    """A copy that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of parts of the new store.

    Attributes:
        partitions: of working memory.
        shards: of long-term memory.
    """

    partitions: int
    shards: int

    def of_session(self, tenant: str, namespace: str, session: str) -> str:
        """Return the hash tag of a session, of its names as keys spell them."""
        names = map(decode, (tenant, namespace, session))
        return f"{{p{partition_of(self.partitions, *names):02d}}}"

    def of_tenant(self, tenant: str) -> str:
        """Return the hash tag of a tenant, of its name as keys spell it."""
        return f"{{s{documents.shard_of(decode(tenant), self.shards).number:02d}}}"


async def numbers_of(source: Redis) -> Numbers:
    """Return the numbers of a store.

    Raises:
        ReshardError: it holds none.
    """
    partitions: Any = await source.get(records.PARTITIONS_KEY)
    found = await layout.read(source)
    if partitions is None or found is None:
        raise ReshardError("the store to read holds no data of Agent Memory")
    return Numbers(int(partitions), found.current.layout.shards)


async def reshard(
    source: str,
    target: str,
    *,
    shards: int | None,
    partitions: int | None,
    told: Callable[[int], None],
) -> Counter[str]:
    """Copy the store of one address to another; a number that is not given stays.

    Raises:
        ReshardError: the stores are not in a state for it.
        RedisError: a store went away; the copy is to be made again.
    """
    async with redis.connect(source) as reading, redis.connect(target) as writing:
        before = await numbers_of(reading)
        after = Numbers(partitions or before.partitions, shards or before.shards)
        return await Resharding(reading, writing, after, told).run()


class Resharding:
    """One copy, of a store that nobody writes to."""

    def __init__(
        self, source: Redis, target: Redis, numbers: Numbers, told: Callable[[int], None]
    ) -> None:
        """Tell how many keys were looked at so far."""
        self._source = source
        self._target = target
        self._numbers = numbers
        self._told = told

    async def run(self) -> Counter[str]:
        """Copy everything; answers how many of each kind the new store holds.

        Raises:
            ReshardError: the stores are not in a state for it; nothing was written, or where a
                service was started meanwhile, the copy is to be made again.
            RedisError: a store went away; the copy is to be made again.
        """
        await self._check()
        await self._clear()
        await self._target.set(MARK, "copying")
        looked_at, counts = 0, Counter[str]()
        async for lot in self._lots():
            await self._copy(lot)
            for name, pattern in _COUNTED.items():
                counts[name] += sum(1 for key in lot if pattern.fullmatch(key))
            looked_at += len(lot)
            self._told(looked_at)
        # What they wrote meanwhile may be missing.
        await self._refuse_users()
        await self._finish()
        return counts

    async def _check(self) -> None:
        await self._refuse_users()
        found = await layout.read(self._source)
        if found is not None and found.beside is not None:
            raise ReshardError("the search index is being rebuilt: let `reindex` end first")
        if not await self._target.exists(MARK):
            async for key in self._target.scan_iter(match="am:*", count=1000):
                raise ReshardError(f"the new store is not empty: it holds {key.decode()}")
        await self._check_keys()

    async def _refuse_users(self) -> None:
        for which, store in (("store", self._source), ("new store", self._target)):
            for service in await users(store):
                raise ReshardError(
                    f"a process of {service} still uses the {which}: stop all; one that was killed "
                    "counts for ten seconds more"
                )

    async def _clear(self) -> None:
        """Delete what a copy that was interrupted left: its source or numbers may be others now."""
        async for key in self._target.scan_iter(match="am:*", count=1000):
            if key.decode() != MARK:
                await self._target.unlink(key)

    async def _check_keys(self) -> None:
        async for lot in self._lots():
            for key in lot:
                if _OUTBOX.fullmatch(key) and await self._source.xlen(key):
                    raise ReshardError(
                        "messages wait for extraction: let the services run until "
                        "agent_memory_outbox_entries is 0, then stop them"
                    )
                if _LEASES.fullmatch(key) and await _is_held(self._source, key):
                    # Processes of an earlier release are known by nothing else.
                    raise ReshardError(
                        "a process of extraction still works on a job: stop all; a job of one that "
                        "was killed is free after AGENT_MEMORY_EXTRACTION_LEASE_SECONDS"
                    )
                if _move_of(key) is None:
                    raise ReshardError(f"the store holds a key of another release: {key}")

    async def _lots(self) -> AsyncIterator[list[str]]:
        lot: list[str] = []
        async for key in self._source.scan_iter(match="am:*", count=1000):
            lot.append(key.decode())
            if len(lot) == _LOT:
                yield lot
                lot = []
        if lot:
            yield lot

    async def _copy(self, lot: Sequence[str]) -> None:
        whole: dict[str, str] = {}
        for key in lot:
            move = _move_of(key)
            if isinstance(move, _Whole):
                whole[key] = move.place(key, self._numbers)
            elif move is not None:
                await move(self._source, self._target, key, self._numbers)
        async with self._source.pipeline(transaction=False) as reading:
            for key in whole:
                reading.dump(key)
                reading.pttl(key)
            found = await reading.execute() if whole else []
        async with self._target.pipeline(transaction=False) as writing:
            for key, value, life in zip(whole.values(), found[::2], found[1::2], strict=True):
                # A life of 0 is one that ends within this millisecond, -1 one without an end.
                if value is not None and life:
                    writing.restore(key, max(0, life), value, replace=True)
            if len(writing):
                await writing.execute()

    async def _finish(self) -> None:
        stored: Any = await self._source.hget(layout.RECORD, "current")
        generation = orjson.loads(stored)
        generation["layout"]["shards"] = self._numbers.shards
        await self._target.hset(layout.RECORD, "current", orjson.dumps(generation))
        await self._target.hset(layout.RECORD, "beside", b"")
        await self._target.set(records.PARTITIONS_KEY, self._numbers.partitions)
        await self._target.delete(MARK)


async def users(store: Redis) -> Sequence[str]:
    """Return the services of which a process uses a store."""
    present = {
        "long-term memory": bool(await generations.readers(store)),
        "working memory": await is_anyone_present(store, records.RELAYS_KEY),
        "extraction": await is_anyone_present(store, queue.PROCESSES_KEY),
    }
    return [service for service, is_there in present.items() if is_there]


async def _is_held(store: Redis, leases: str) -> bool:
    """Return true if a job of a partition has a worker, by the clock of the store."""
    seconds, microseconds = await store.time()
    now = seconds * 1_000_000 + microseconds
    return bool(await store.zcount(leases, now, "+inf"))


@dataclass(frozen=True, slots=True)
class _Whole:
    """A key that moves as it is, to the place that its name leads to."""

    place: Callable[[str, Numbers], str]


_Move = _Whole | Callable[[Redis, Redis, str, Numbers], Awaitable[None]]


def _under(key: str, tag: str) -> str:
    return re.sub(r"\{[sp]\d+\}", tag, key, count=1)


def _session_place(key: str, numbers: Numbers) -> str:
    found = _SESSION.fullmatch(key)
    return _under(key, numbers.of_session(*found.groups())) if found else key


def _tenant_place(key: str, numbers: Numbers) -> str:
    found = _OF_TENANT.fullmatch(key)
    return _under(key, numbers.of_tenant(found[1])) if found else key


async def _leave(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Copy nothing."""


async def _digest(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Copy the name of the memory that holds a content: it is a key too."""
    found = _DIGEST.fullmatch(key)
    value: Any = await source.get(key)
    if found and value is not None:
        tag = numbers.of_tenant(found[1])
        life = await source.pttl(key)
        moved = _TAG.sub(tag.encode(), value, count=1)
        await target.set(_under(key, tag), moved, px=life if life > 0 else None)


async def _listing(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Take a listing of sessions apart; its members are namespaces and sessions of a tenant."""
    tenant = key.split(":")[4]
    await _taken_apart(
        source, target, key, lambda member: numbers.of_session(tenant, *member.split(":"))
    )


async def _waiting(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Take what waits in a partition apart; members are sessions by all their names."""
    await _taken_apart(source, target, key, lambda member: numbers.of_session(*member.split(":")))


async def _tenants(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Take the tenants of a shard apart; members are their names as they are."""
    await _taken_apart(
        source,
        target,
        key,
        lambda member: f"{{s{documents.shard_of(member, numbers.shards).number:02d}}}",
    )


async def _taken_apart(
    source: Redis, target: Redis, key: str, tag_of: Callable[[str], str]
) -> None:
    found: Any = await source.type(key)
    kind = found.decode()
    members: Any = {
        "hash": source.hscan_iter,
        "set": source.sscan_iter,
        "zset": source.zscan_iter,
    }[kind](key, count=1000)
    lot: list[tuple[str, Any]] = []
    async for each in members:
        member = each if kind == "set" else each[0]
        lot.append((_under(key, tag_of(member.decode())), each))
        if len(lot) == _LOT:
            await _put(target, kind, lot)
            lot = []
    await _put(target, kind, lot)


async def _put(target: Redis, kind: str, lot: Sequence[tuple[str, Any]]) -> None:
    async with target.pipeline(transaction=False) as writing:
        for place, each in lot:
            if kind == "set":
                writing.sadd(place, each)
            elif kind == "hash":
                writing.hset(place, each[0], each[1])
            else:
                writing.zadd(place, {each[0]: each[1]})
        if lot:
            await writing.execute()


async def _dead_letters(source: Redis, target: Redis, key: str, numbers: Numbers) -> None:
    """Copy what extraction refused for good; an entry keeps its place in the stream by its name."""
    found = _DEAD.fullmatch(key)
    if found is None:
        return
    place = _under(key, f"{{p{int(found[1]) % numbers.partitions:02d}}}")
    entries: Any = await source.xrange(key)
    for _, fields in entries:
        await target.xadd(place, fields)


_MOVES: Final[Sequence[tuple[re.Pattern[str], _Move]]] = (
    (_SESSION, _Whole(_session_place)),
    (_OF_TENANT, _Whole(_tenant_place)),
    (_AS_IT_IS, _Whole(lambda key, _: key)),
    (_DIGEST, _digest),
    (_LISTING, _listing),
    (_WAITING, _waiting),
    (_TENANTS, _tenants),
    (_DEAD, _dead_letters),
    (_OUTBOX, _leave),
    (_LEFT_BEHIND, _leave),
)


def _move_of(key: str) -> _Move | None:
    """Return how a key moves; None for one that this release does not know."""
    return next((move for pattern, move in _MOVES if pattern.fullmatch(key)), None)
