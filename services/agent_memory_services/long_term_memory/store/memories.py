"""Memories in the store: by id, and the commits that change them; searching is elsewhere.

A commit leaves what changed to consolidation, in the dirty sets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import conflicts, fields, memory
from agent_memory_services.long_term_memory.domain.conditions import is_visible
from agent_memory_services.long_term_memory.domain.memory import Change, HistoryLimits
from agent_memory_services.long_term_memory.store import documents
from agent_memory_services.long_term_memory.store.documents import Shard, shard_of

_NOTHING: Final = Memory()
_APART: Final = "apart"


@dataclass(frozen=True, slots=True)
class _Row:
    """A change of one memory as the script takes it.

    Attributes:
        memory: its record.
        revisions: its history.
        old_digest: whose the content before is.
        new_digest: whose the content after is.
        left: the memories that left its owner.
        id: the memory's.
        step: create, change or delete.
        etag: as it was read; empty where it is to be created.
        content_hash: of the content after.
        claim: to that content; see `CommitContext._claim`.
        dirty: add, remove or nothing.
        owner: whose it is then, as keys spell it; empty for nobody's, and for one that goes.
        former: whose it was before, where that is another.
        departs: the way in which it left its owner; empty where it did not.
        kind: for those who watch.
        revision: for its history.
        fence: of the session that it comes from; empty where it comes from none.
        reverts: the revision that is taken back; empty for none.
        removed: fields that go.
        fields: fields that are set, the record first.
    """

    memory: scripts.Key
    revisions: scripts.Key
    old_digest: scripts.Key
    new_digest: scripts.Key
    left: scripts.Key
    id: str
    step: str
    etag: str
    content_hash: str
    claim: str
    dirty: str
    owner: str
    former: str
    departs: str
    kind: int
    revision: bytes
    fence: str
    reverts: str
    removed: Sequence[str]
    fields: Mapping[str, scripts.Value]


@scripts.script(
    "agent_memory_services.long_term_memory.store", "lua/holder", "lua/roster", "lua/commit"
)
def _commit(
    feed: scripts.Key,
    dirty: scripts.Key,
    tenants: scripts.Key,
    erased: scripts.Key,
    *,
    ledger: scripts.Key,
    rosters: scripts.Key,
    now: int,
    tenant: str,
    revisions_kept: int,
    changes_kept: int,
    retention: int,
    changes: Sequence[_Row],
) -> Any:
    """Make several changes of one tenant's memories, all of them or none."""


class CommitOutcome(StrEnum):
    """Outcome of a commit."""

    COMMITTED = "committed"
    SAME = "same"
    """The id of a memory to be created holds the same content."""
    TAKEN = "taken"
    """The id of a memory to be created holds other content."""
    DUPLICATE = "duplicate"
    """Another memory holds the same content."""
    MISSING = "missing"
    STALE = "stale"
    """Somebody else changed the memory since it was read, or the revision that is taken back is
    no longer kept."""
    ERASED = "erased"
    """The session that the memory comes from was erased."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Result of changes that stand or fall together.

    Attributes:
        outcome: all of them are made, or why none is.
        at: the position of the change that could not be made.
        other: the memory that was in its way, if one was.
    """

    outcome: CommitOutcome
    at: int = 0
    other: Memory | None = None

    @property
    def committed(self) -> bool:
        """True if the changes are made."""
        return self.outcome is CommitOutcome.COMMITTED


@dataclass(frozen=True, slots=True)
class CommitContext:
    """Context of a commit: actor, tenant, place and time.

    Attributes:
        shard: the shard of the tenant.
        tenant: whose memories.
        actor: who changes them, for their history.
        now: the present, in microseconds.
        limits: how much of the past is kept.
    """

    shard: Shard
    tenant: str
    actor: str
    now: int
    limits: HistoryLimits

    def call(self, changes: Sequence[Change]) -> scripts.ScriptCall:
        """The run of the script that makes the changes."""
        if len({change.memory.id for change in changes}) != len(changes):
            raise ValueError("a commit changes each memory once")
        shard, limits, tenant = self.shard, self.limits, self.tenant
        keys = (shard.feed(tenant), shard.dirty(tenant), shard.tenants, shard.erased(tenant))
        return _commit.call(
            *keys,
            ledger=shard.ledger(tenant),
            rosters=shard.rosters(tenant),
            now=self.now,
            tenant=tenant,
            revisions_kept=limits.revisions,
            changes_kept=limits.changes,
            retention=limits.retention_milliseconds,
            changes=[self._row(change) for change in changes],
        )

    def _row(self, change: Change) -> _Row:
        shard, tenant = self.shard, self.tenant
        before, after = change.before or change.memory, change.memory
        uid = after.provenance.session_uid
        removed, fields = self._fields(change)
        owner = _owner(change.after)
        return _Row(
            memory=shard.memory(tenant, after.id),
            revisions=shard.revisions(tenant, after.id),
            old_digest=shard.digest(tenant, before.content_hash),
            new_digest=shard.digest(tenant, after.content_hash),
            left=shard.left(tenant, before.user_id),
            id=after.id,
            step=_step(change),
            etag=change.before.etag if change.before else "",
            content_hash=after.content_hash,
            claim=self._claim(change),
            dirty="add" if change.unsettles else "remove" if change.retires else "",
            owner=owner,
            former=former if (former := _owner(change.before)) != owner else "",
            departs=_departure(change),
            kind=change.kind,
            revision=self._revision(change),
            fence=ids.fence_name(tenant, after.user_id, uid) if uid else "",
            reverts=change.reverts,
            removed=removed,
            fields=fields,
        )

    def _fields(self, change: Change) -> tuple[list[str], dict[str, str | bytes]]:
        """The fields to remove from the hash, and those to set."""
        if change.after is None:
            return [], {}
        fields = documents.document(self.tenant, change.after, change.vectors)
        if change.before is None:
            return [], fields | documents.accesses(change.after)
        return documents.absent_fields(change.after, change.vectors), fields

    def _claim(self, change: Change) -> str:
        """Return the memory's claim to its content: none while readers do not see it.

        Messages that are stored as they were said keep to themselves: what is said twice was said
        twice, and nothing else has their content.
        """
        if change.after is not None and change.apart:
            return _APART
        if change.after is None or not is_visible(change.after, self.now):
            return ""
        before = change.before
        anew = (
            before is None
            or before.content_hash != change.after.content_hash
            or not is_visible(before, self.now)
        )
        return "unique" if change.unique and anew else "held"

    def _revision(self, change: Change) -> bytes:
        return MemoryRevision(
            cause=change.cause,
            actor=self.actor,
            reason=change.reason,
            related_memory_ids=change.related,
            create_time=clock.to_timestamp(self.now),
        ).SerializeToString()


def commit_of(answer: Sequence[bytes | int | None]) -> Commit:
    """Read the script's answer."""
    outcome, *rest = answer
    at, *other = rest or [0]
    held = cast("list[bytes | None]", other) or [None] * len(documents.READ)
    return Commit(
        CommitOutcome(cast("bytes", outcome).decode()), cast("int", at), documents.memory_of(held)
    )


def _step(change: Change) -> str:
    if change.before is None:
        return "create"
    return "change" if change.after is not None else "delete"


def _owner(memory: Memory | None) -> str:
    return encode(memory.user_id) if memory is not None and memory.user_id else ""


def _departure(change: Change) -> str:
    """Return the way in which the memory left its owner, if it did."""
    if change.before is None or not change.before.user_id:
        return ""
    if change.after is None:
        return "deleted"
    return "moved" if change.after.user_id != change.before.user_id else ""


@dataclass(frozen=True, slots=True)
class Dirty:
    """A memory that changed.

    Attributes:
        memory_id: its id.
        time: when it changed, in microseconds.
    """

    memory_id: str
    time: int


@scripts.script("agent_memory_services.long_term_memory.store", "lua/looked_at")
def _looked_at(dirty: scripts.Key, *, memories: Sequence[Dirty]) -> Any:
    """Take memories off that did not change since."""


class DirtySets:
    """The changed memories of all tenants."""

    def __init__(self, client: Redis, shards: int) -> None:
        self._client = client
        self._shards = shards

    async def page(self, tenant: str, until: int, *, skip: int, count: int) -> list[Dirty]:
        """Read the memories that changed up to a moment in microseconds, earliest change first."""
        found: Any = await self._client.zrange(
            shard_of(tenant, self._shards).dirty(tenant),
            0,
            until,
            byscore=True,
            offset=skip,
            num=count,
            withscores=True,
        )
        return [Dirty(memory_id.decode(), int(time)) for memory_id, time in found]

    async def looked_at(self, tenant: str, memories: Iterable[Dirty]) -> None:
        """Take memories off, unless they changed again meanwhile."""
        if done := list(memories):
            key = shard_of(tenant, self._shards).dirty(tenant)
            await _looked_at(self._client, key, memories=done)

    async def tenants(self, shard: Shard) -> Sequence[str]:
        """Read the tenants of a shard that have changed memories."""
        found: Any = await self._client.smembers(shard.tenants)
        names = sorted(name.decode() for name in found)
        async with self._client.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.exists(shard.dirty(name))
            there = await pipeline.execute() if names else []
        return [name for name, is_there in zip(names, there, strict=True) if is_there]


# Adding to a graph of vectors takes the store a while; others get a turn between two lots.
_COMMITS_PER_ROUND: Final = 32


@scripts.script("agent_memory_services.long_term_memory.store", "lua/roster", "lua/touch")
def _touch(
    ledger: scripts.Key,
    rosters: scripts.Key,
    memories: Sequence[scripts.Key],
    *,
    now: int,
    interval: int,
) -> Any:
    """Note that memories were found."""


class MemoryStore:
    """The memories of all tenants.

    Attributes:
        generations: of the index, whose vectors a memory has; first the one that is asked.
    """

    def __init__(
        self, client: Redis, shards: int, limits: memory.HistoryLimits | None = None
    ) -> None:
        """Keep memories in `shards` parts, which can never change, and so much of their past."""
        self._client = client
        self._shards = shards
        self.generations: tuple[int, ...] = (fields.FIRST_GENERATION,)
        self._limits = limits or memory.HistoryLimits()

    def shard(self, tenant: str) -> Shard:
        """Return the shard that holds a tenant."""
        return shard_of(tenant, self._shards)

    async def commit(
        self, tenant: str, changes: Sequence[memory.Change], *, actor: str, now: int
    ) -> Commit:
        """Make several changes, each of another memory, or none of them.

        Whatever happens on the way, all of it stands or nothing does: records, the claims on their
        contents, revisions, the feed, and what is left for consolidation. A conflict that they
        settle is no longer noted, neither on the changed memories nor on the others.

        Args:
            tenant: whose memories.
            changes: what shall be; at least one.
            actor: who changes them, for their history.
            now: the present, in microseconds.

        Returns:
            That they are made, or which of them was hindered by what.

        Raises:
            RedisError: the store went away; whether they are made is unknown.
        """
        rivals = await self._rivals(tenant, changes)
        also = conflicts.settled(changes, rivals, (), now) if settles_conflicts(changes) else []
        call = self._commission(tenant, actor, now).call([*changes, *also])
        return _within(commit_of(await call.run(self._client)), len(changes))

    async def commit_each(
        self, tenant: str, changes: Sequence[memory.Change], *, actor: str, now: int
    ) -> list[Commit | Exception]:
        """Make changes one after the other, each for itself with an eye on those before it.

        A created memory is found by every search that starts after its turn.

        Returns:
            What became of each, or the error that the store answered it with.

        Raises:
            RedisError: the store went away; which changes are made is unknown.
        """
        rivals = await self._rivals(tenant, changes)
        leaving = {change.memory.id for change in changes if change.after is None}
        return await self._commit_all(
            self._commission(tenant, actor, now),
            [
                [change, *conflicts.settled([change], rivals, leaving, now)]
                if settles_conflicts([change])
                else [change]
                for change in changes
            ],
            [1] * len(changes),
        )

    async def commit_sets(
        self, tenant: str, sets: Sequence[Sequence[memory.Change]], *, actor: str, now: int
    ) -> list[Commit | Exception]:
        """Make sets of changes as `commit` makes one, one set after the other.

        None of them settles a conflict (`settles_conflicts`).

        Returns:
            What became of each set, or the error that the store answered it with.

        Raises:
            RedisError: the store went away; which sets are made is unknown.
        """
        return await self._commit_all(
            self._commission(tenant, actor, now), sets, list(map(len, sets))
        )

    async def _commit_all(
        self,
        commission: CommitContext,
        sets: Sequence[Sequence[memory.Change]],
        own: Sequence[int],
    ) -> list[Commit | Exception]:
        """Make sets of changes, of which the first ones of each are whose outcome is asked for."""
        answers: list[Any] = []
        for start in range(0, len(sets), _COMMITS_PER_ROUND):
            round_ = sets[start : start + _COMMITS_PER_ROUND]
            answers += await scripts.run_each(
                self._client, [commission.call(one) for one in round_]
            )
        return [
            answer if isinstance(answer, Exception) else _within(commit_of(answer), count)
            for count, answer in zip(own, answers, strict=True)
        ]

    async def get(self, tenant: str, ids: Sequence[str]) -> list[Memory | None]:
        """Read the memories of these ids, None for an id that has none."""
        shard = self.shard(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            for memory_id in ids:
                pipeline.hmget(shard.memory(tenant, memory_id), documents.READ)
            return [documents.memory_of(values) for values in await pipeline.execute()]

    async def get_whole(self, tenant: str, ids: Sequence[str]) -> list[memory.StoredMemory | None]:
        """Read the memories of these ids with their vectors, None for an id that has none."""
        shard = self.shard(tenant)
        async with self._client.pipeline(transaction=False) as pipeline:
            for memory_id in ids:
                pipeline.hmget(shard.memory(tenant, memory_id), documents.whole(self.generations))
            return [
                documents.stored_of(values, self.generations) for values in await pipeline.execute()
            ]

    async def touch(self, tenant: str, ids: Sequence[str], *, now: int, interval: int) -> int:
        """Note that memories were found at `now`, each at most once per `interval`.

        Both are in microseconds. A memory that is gone stays gone.

        Returns:
            How many were noted.
        """
        shard = self.shard(tenant)
        keys = [shard.memory(tenant, memory_id) for memory_id in ids]
        beside = shard.ledger(tenant), shard.rosters(tenant)
        answer = await _touch(self._client, *beside, keys, now=now, interval=interval)
        return cast("int", answer)

    async def _rivals(self, tenant: str, changes: Sequence[memory.Change]) -> dict[str, Memory]:
        """Read the memories whose conflicts changes settle; most changes settle none."""
        if not settles_conflicts(changes) or not (wanted := conflicts.concerned(changes)):
            return {}
        return {each.id: each for each in await self.get(tenant, wanted) if each is not None}

    def _commission(self, tenant: str, actor: str, now: int) -> CommitContext:
        return CommitContext(self.shard(tenant), tenant, actor, now, self._limits)


def is_made(commit: Commit | Exception) -> bool:
    """Return true if changes are made; an error of the store is raised."""
    if isinstance(commit, Exception):
        raise commit
    return commit.committed


def settles_conflicts(changes: Sequence[memory.Change]) -> bool:
    """Return true if changes may change other memories too, whose conflicts they settle."""
    return any(each.before is not None and each.before.conflicts_with for each in changes)


def _within(commit: Commit, count: int) -> Commit:
    """Return the outcome of the first changes; a rival that changed needs a new look."""
    if commit.committed or commit.at < count:
        return commit
    return Commit(CommitOutcome.STALE)
