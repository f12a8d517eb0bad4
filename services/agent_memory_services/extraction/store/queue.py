"""Queue of jobs: its partitions in the store, and the leases of workers on what is due."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import structlog
from google.protobuf import proto
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from google.rpc.status_pb2 import Status
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.extraction_pb2 import ForgetReceipt, Job, SkippedItem
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import ForgetSubject
from agent_memory_services.extraction.domain import records
from agent_memory_services.extraction.domain.failures import LeaseLost
from agent_memory_services.kit.contract import ids, status
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.background import Presence
from agent_memory_services.kit.redis.keys import claim_partitions

log = structlog.get_logger()

_PARTITIONS_KEY = "am:ex:partitions"
PROCESSES_KEY: Final = "am:ex:processes"
"""The processes that run on a store."""
_PARTITIONS_SETTING = "AGENT_MEMORY_EXTRACTION_PARTITIONS"
_SILENCE_SECONDS: Final = 10.0
"""Time after which a process that was killed counts as gone."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Retention times of records.

    Attributes:
        job_seconds: A finished job.
        session_seconds: What is known of a session after its last job.
        jobs: Finished jobs of all partitions together, the latest; failed ones are not among them.
        changes: Changes of one partition, for watchers that come back.
    """

    job_seconds: float = 7 * 86_400
    jobs: int = 10_000
    session_seconds: float = 30 * 86_400
    changes: int = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of what a partition keeps, as every script on it takes them.

    Attributes:
        retention: microseconds that a finished job is kept.
        idle: milliseconds that a settled session is kept.
        backlog: changes that are kept for watchers.
    """

    retention: int
    idle: int
    backlog: int


P = ParamSpec("P")
ProtoT = TypeVar("ProtoT", bound=Proto)


def step(name: str, *, folder: str = "queue") -> Callable[[Callable[P, Any]], scripts.Script[P]]:
    """Return the decorator of a script that changes one partition, atomically.

    The script takes the prefix of the partition's keys and its limits, before what is its own.
    """
    package = "agent_memory_services.extraction.store"
    return scripts.script(package, "lua/tally", "lua/queue/prelude", f"lua/{folder}/{name}")


class Store:
    """The partitions of one Redis.

    Attributes:
        client: the Redis.
        partitions: how many there are.
        most_finished: finished jobs that each of them keeps, however short a time ago they ended.
    """

    def __init__(self, client: Redis, partitions: int, retention: Retention) -> None:
        """Use `partitions` partitions; `open` checks that the store agrees."""
        self.client = client
        self.partitions = partitions
        self.most_finished = -(-retention.jobs // partitions)
        self._limits = Limits(
            retention=int(retention.job_seconds * 1_000_000),
            idle=int(retention.session_seconds * 1_000),
            backlog=retention.changes,
        )

    async def open(self) -> None:
        """Claim the number of partitions.

        Raises:
            PartitionsMismatchError: another number is in use.
        """
        await claim_partitions(
            self.client,
            _PARTITIONS_KEY,
            self.partitions,
            setting=_PARTITIONS_SETTING,
        )

    def in_use(self) -> AbstractAsyncContextManager[None]:
        """Tell others, while the block runs, that a process uses the store."""
        return Presence(self.client, PROCESSES_KEY, _SILENCE_SECONDS).told()

    async def take(
        self,
        own: scripts.Script[Concatenate[scripts.Key, Limits, P]],
        partition: int,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """Take a step on a partition and return its answer."""
        base = records.partition_prefix(partition)
        return await own(self.client, base, self._limits, *args, **kwargs)

    async def take_each(
        self,
        own: scripts.Script[Concatenate[scripts.Key, Limits, P]],
        partitions: Sequence[int],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[Any]:
        """Take a step on each of some partitions and return the answers, or the faults.

        One server is asked in one round trip. The nodes of a cluster are asked in turn: one that is
        away is in nobody's way.

        Raises:
            RedisError: the one server is away.
        """
        calls = [
            own.call(records.partition_prefix(partition), self._limits, *args, **kwargs)
            for partition in partitions
        ]
        if not isinstance(self.client, RedisCluster):
            return await scripts.run_each(self.client, calls)
        answers: list[Any] = []
        for call in calls:
            try:
                answers.append(await call.run(self.client))
            except RedisError as fault:
                answers.append(fault)
        return answers


@step("poll")
def _poll(
    base: scripts.Key,
    limits: Limits,
    *,
    max_strikes: int,
    strike_span: int,
    too_often: bytes,
    most_finished: int,
) -> Any:
    """Take lost jobs back, forget old ones, and read whose jobs are due."""


@step("claim")
def _claim(base: scripts.Key, limits: Limits, *, tenant: str, token: str, lease: int) -> Any:
    """Lease the tenant's job that has been due the longest."""


@step("park")
def _park(base: scripts.Key, limits: Limits, job_id: str, *, tenant: str, reason: bytes) -> Any:
    """Give up a job whose record cannot be read."""


@step("renew")
def _renew(base: scripts.Key, limits: Limits, job_id: str, token: str, *, lease: int) -> Any:
    """Prolong a lease."""


@step("keep")
def _keep(
    base: scripts.Key,
    limits: Limits,
    job_id: str,
    token: str,
    *,
    window: str,
    found: bytes,
    who: str,
    dropped: Mapping[str, int],
) -> Any:
    """Keep what was found in a window."""


@step("complete")
def _complete(base: scripts.Key, limits: Limits, job_id: str, token: str, *, outcome: bytes) -> Any:
    """End a job whose results are stored."""


@step("fail")
def _fail(
    base: scripts.Key,
    limits: Limits,
    job_id: str,
    token: str,
    *,
    give_up: bool,
    delay: int,
    blamed: bool,
    reason: bytes,
) -> Any:
    """End an attempt that failed."""


@step("hand_back")
def _hand_back(base: scripts.Key, limits: Limits, job_id: str, token: str) -> Any:
    """End a lease as if the job had never been claimed."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Figures of one partition of the queue.

    Attributes:
        due: Keys of tenants with due jobs, those that wait the longest first.
        next_seconds: Until another job is due or a lease ends; None where nothing waits.
        waiting: Jobs that wait, due or not.
        oldest_seconds: How long the oldest due job has been due.
    """

    due: Sequence[str]
    next_seconds: float | None
    waiting: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Lease:
    """Job leased to a worker, with everything that a run needs.

    Attributes:
        partition: Where the job is kept.
        token: Proves the lease to the store.
        record: The job.
        payload: What it works on.
        results: What earlier attempts found, by the name of the window.
        wanted: What messages ask to forget, as earlier attempts found it, likewise.
        receipts: What earlier attempts forgot, or were about to, likewise.
        more: Another job of the tenant is due in the partition.
    """

    partition: int
    token: str
    record: records.JobRecord
    payload: records.Payload
    results: Mapping[str, Sequence[Memory]]
    wanted: Mapping[str, Sequence[ForgetSubject]] = field(default_factory=dict)
    receipts: Mapping[str, Sequence[ForgetReceipt]] = field(default_factory=dict)
    more: bool = False

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self.record.job.id

    def without(self, message_ids: Collection[str]) -> "Lease":
        """Return the lease without some of the messages, and without what was found before."""
        if not message_ids:
            return self
        payload = replace(
            self.payload,
            messages=[each for each in self.messages if each.id not in message_ids],
            before=[each for each in self.before if each.id not in message_ids],
        )
        # Windows are cut anew, and their names stand for other messages now.
        return replace(self, payload=payload, results={}, wanted={}, receipts={})

    @property
    def messages(self) -> Sequence[Message]:
        """Its messages, in order of sequence."""
        return self.payload.messages

    @property
    def before(self) -> Sequence[Message]:
        """The messages before them, likewise."""
        return self.payload.before

    @property
    def memories(self) -> Sequence[Memory]:
        """Memories to store as they are."""
        return self.payload.memories


class Leases:
    """Leases of the jobs of all partitions."""

    def __init__(
        self, store: Store, *, lease_seconds: float, max_strikes: int, strike_seconds: float
    ) -> None:
        """Lease jobs for `lease_seconds`.

        A lost lease is a strike. With `max_strikes` of them a job is given up, but no sooner than
        `strike_seconds` after the first of them.
        """
        self._store = store
        self._lease = int(lease_seconds * 1_000_000)
        self._max_strikes = max_strikes
        self._strike_seconds = int(strike_seconds * 1_000_000)

    async def poll(self, partitions: Sequence[int], *, lost: Status) -> list[Outlook | RedisError]:
        """Take back expired leases of partitions, tidy them up, and see what is due in each.

        Args:
            partitions: The partitions.
            lost: The error of a job that is given up because its workers keep vanishing.

        Returns:
            What is due in each, or why that cannot be told.
        """
        answers = await self._store.take_each(
            _poll,
            partitions,
            max_strikes=self._max_strikes,
            strike_span=self._strike_seconds,
            too_often=lost.SerializeToString(),
            most_finished=self._store.most_finished,
        )
        return [_outlook(answer) for answer in answers]

    async def claim(self, partition: int, tenant_key: str) -> Lease | None:
        """Lease the tenant's longest due job of a partition, if one is free.

        A job whose record cannot be read is named in the log and parked as failed.
        """
        while True:
            token = ids.new_id()
            found = await self._store.take(
                _claim, partition, tenant=tenant_key, token=token, lease=self._lease
            )
            if not found:
                return None
            job_id = found[0].decode()
            lease = _leased(partition, token, found) if len(found) > 1 else None
            if lease is not None and not lease.record.damaged:
                return lease
            damaged = lease.record.damaged if lease else ("record",)
            log.error("job.unreadable", job_id=job_id, fields=damaged)
            reason = status.status_of(records.unreadable(damaged)).SerializeToString()
            await self._store.take(_park, partition, job_id, tenant=tenant_key, reason=reason)

    async def taken_back(self, lease: Lease) -> frozenset[str]:
        """Return the ids of those of a job's messages that nothing is learned from any more."""
        job = lease.record.job
        thread = records.Thread(lease.record.tenant, job.session.namespace, job.session.session_id)
        key = taken_back_key(lease.partition, records.Session(thread, job.session_uid))
        ids = list(dict.fromkeys(each.id for each in (*lease.before, *lease.messages)))
        if not ids:
            return frozenset()
        found: Any = await self._store.client.smismember(key, ids)
        return frozenset(each for each, taken in zip(ids, found, strict=True) if taken)

    async def renew(self, lease: Lease) -> None:
        """Hold a job for another term.

        Raises:
            LeaseLost: another worker has it.
        """
        await self._hold(_renew, lease, lease=self._lease)

    async def keep(
        self,
        lease: Lease,
        window: str,
        found: Sequence[Memory],
        *,
        by: str = "",
        dropped: Mapping[str, int] | None = None,
        wanted: Sequence[ForgetSubject] = (),
        receipts: Sequence[ForgetReceipt] = (),
    ) -> None:
        """Keep what was found in a window, so that a later attempt stores the same.

        Args:
            lease: The job.
            window: The window's name.
            found: What was found in it.
            by: Name of the extractor; empty where none was needed.
            dropped: How many items of a model's answer were left out, by a short word for why.
            wanted: What the window's messages ask to forget; it is kept before the rest.
            receipts: A receipt for each of these.

        Raises:
            LeaseLost: another worker has the job.
        """
        if wanted:
            await self.keep_receipts(lease, window, receipts)
            await self._keep(lease, f"{window}{_WANTED}", _pack(wanted))
        await self._hold(
            _keep, lease, window=window, found=_pack(found), who=by, dropped=dropped or {}
        )

    async def keep_receipts(
        self, lease: Lease, window: str, receipts: Sequence[ForgetReceipt]
    ) -> None:
        """Keep what is about to be forgotten, so that a later attempt still tells of it.

        Raises:
            LeaseLost: another worker has the job.
        """
        await self._keep(lease, f"{window}{_FORGOTTEN}", _pack(receipts))

    async def _keep(self, lease: Lease, name: str, packed: bytes) -> None:
        await self._hold(_keep, lease, window=name, found=packed, who="", dropped={})

    async def complete(
        self,
        lease: Lease,
        memory_ids: Sequence[str],
        skipped: Sequence[SkippedItem] = (),
        receipts: Sequence[ForgetReceipt] = (),
    ) -> bool:
        """End a job whose results are stored; its messages count as extracted from now on.

        Args:
            lease: The job.
            memory_ids: The memories that hold its results.
            skipped: What it left out, with the reasons.
            receipts: What became of requests to forget.

        Returns:
            True if others waited behind it, which may be due now.

        Raises:
            LeaseLost: another worker has the job.
        """
        outcome = Job(memory_ids=memory_ids, skipped=skipped, forget_receipts=receipts)
        return await self._hold(_complete, lease, outcome=outcome.SerializeToString()) > 1

    async def retry_later(
        self, lease: Lease, error: Status, *, delay_seconds: float, strike: bool
    ) -> None:
        """End an attempt that failed and let the job wait.

        Raises:
            LeaseLost: another worker has the job.
        """
        delay = int(delay_seconds * 1_000_000)
        reason = error.SerializeToString()
        await self._hold(_fail, lease, give_up=False, delay=delay, blamed=strike, reason=reason)

    async def give_up(self, lease: Lease, error: Status, *, strike: bool) -> None:
        """End a job that failed for good; its messages are kept.

        Raises:
            LeaseLost: another worker has the job.
        """
        reason = error.SerializeToString()
        await self._hold(_fail, lease, give_up=True, delay=0, blamed=strike, reason=reason)

    async def hand_back(self, lease: Lease) -> None:
        """Return a job untried, for another worker to take at once.

        Raises:
            LeaseLost: another worker has it already.
        """
        await self._hold(_hand_back, lease)

    async def _hold(
        self,
        own: scripts.Script[Concatenate[scripts.Key, Limits, str, str, P]],
        held: Lease,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> int:
        job_id, token = held.job_id, held.token
        done: int = await self._store.take(own, held.partition, job_id, token, *args, **kwargs)
        if not done:
            raise LeaseLost
        return done


def taken_back_key(partition: int, session: records.Session) -> str:
    """Return the key of the messages of an incarnation that were taken back."""
    return f"{records.partition_prefix(partition)}taken_back:{session.key}"


def _outlook(answer: Any) -> Outlook | RedisError:
    if isinstance(answer, RedisError):
        return answer
    due, wake, waiting, age = answer
    return Outlook(
        due=[tenant.decode() for tenant in due],
        next_seconds=wake / 1e6 if wake >= 0 else None,
        waiting=waiting,
        oldest_seconds=age / 1e6,
    )


def _leased(partition: int, token: str, found: Sequence[Any]) -> Lease:
    job_id, fields, messages, before, memories, results, more = found
    kept = {
        name.decode(errors="replace"): packed
        for name, packed in scripts.mapping_of(results).items()
    }
    return Lease(
        partition=partition,
        token=token,
        record=records.JobRecord.parse(job_id.decode(), scripts.mapping_of(fields)),
        payload=records.read_payload(
            scripts.mapping_of(messages), before, scripts.mapping_of(memories)
        ),
        results=_of_windows(kept, "", Memory),
        wanted=_of_windows(kept, _WANTED, ForgetSubject),
        receipts=_of_windows(kept, _FORGOTTEN, ForgetReceipt),
        more=bool(more),
    )


_WANTED: Final = ":wanted"
_FORGOTTEN: Final = ":forgotten"
"""Behind the name of a window: what its messages ask to forget, and what of that was done."""


def _of_windows(
    kept: Mapping[str, bytes], suffix: str, kind: type[ProtoT]
) -> dict[str, Sequence[ProtoT]]:
    """Return what is kept of windows under a suffix, but for what cannot be read."""
    found: dict[str, Sequence[ProtoT]] = {}
    for name, packed in kept.items():
        window, colon, rest = name.partition(":")
        if f"{colon}{rest}" == suffix and (items := _unpack(packed, kind)) is not None:
            found[window] = items
    return found


def _pack(items: Iterable[Proto]) -> bytes:
    packed = BytesIO()
    for item in items:
        proto.serialize_length_prefixed(item, packed)
    return packed.getvalue()


def _unpack(packed: bytes, kind: type[ProtoT]) -> list[ProtoT] | None:
    """Return what is kept of a window; None where it cannot be read and is looked for again."""
    stream, items = BytesIO(packed), []
    try:
        while (item := proto.parse_length_prefixed(kind, stream)) is not None:
            items.append(item)
    except (DecodeError, ValueError):
        return None
    return items
