"""Workers: the fair choice of the next tenant, attempts at a job, and the waits between them."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import structlog
from opentelemetry.trace import Span
from redis.exceptions import RedisError

from agent_memory.extraction.v1.extraction_pb2 import Job
from agent_memory_services.extraction.domain.failures import (
    Failure,
    LeaseLost,
    Unfinished,
    WorkersLost,
    failure_of,
)
from agent_memory_services.extraction.store.queue import Lease, Leases, Outlook
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.extraction.work.runs import Done, Runs
from agent_memory_services.kit.contract import clock, status
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.observe.tracing.spans import continued, note_failure
from agent_memory_services.kit.redis import background
from agent_memory_services.kit.redis.keys import encode

log = structlog.get_logger()

_BACKOFF: Final = Backoff(first=1.0, longest=300.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Limits of the attempts at a job.

    Attributes:
        backoff: The waits between attempts.
        max_strikes: Failures that may be the job's own fault, before it is given up,
        strike_seconds: but no sooner than this after the first of them: an endpoint that answers
            nonsense for a while looks like a job that cannot be done.
        patience_seconds: How long an outage around the job is waited out.
    """

    backoff: Backoff = _BACKOFF
    max_strikes: int = 5
    strike_seconds: float = 120.0
    patience_seconds: float = 86_400.0

    def delay(
        self,
        failure: Failure,
        *,
        failures: int,
        strikes: int,
        failing_seconds: float,
        striking_seconds: float,
    ) -> float | None:
        """Return the seconds until the next attempt; None to give up.

        What a provider asked for is a lower bound.

        Args:
            failure: What went wrong now.
            failures: How often the job had failed before.
            strikes: How many of these may have been its own fault.
            failing_seconds: How long ago the first failure was.
            striking_seconds: How long ago the first strike was.
        """
        if failure.hopeless:
            return None
        blamed = strikes + failure.strike >= self.max_strikes
        if blamed and striking_seconds >= self.strike_seconds:
            return None
        if failing_seconds > self.patience_seconds:
            return None
        return self.backoff.wait(failures, at_least=failure.retry_after)


class _End(NamedTuple):
    """End of an attempt: its outcome in a word, and whether another job may be due by it."""

    outcome: str
    frees: bool = True


class Attempts:
    """Attempts at jobs; none of them raises, whatever happens to the job."""

    def __init__(
        self,
        leases: Leases,
        runs: Runs,
        policy: RetryPolicy,
        meters: Meters,
        *,
        heartbeat_seconds: float,
        run_seconds: float,
    ) -> None:
        """Renew leases every `heartbeat_seconds`, and end attempts after `run_seconds`."""
        self._leases = leases
        self._runs = runs
        self._policy = policy
        self._meters = meters
        self._heartbeat = heartbeat_seconds
        self._run_seconds = run_seconds

    async def make(self, lease: Lease) -> bool:
        """Attempt a job; being cancelled hands it back.

        Returns:
            True if another job of the partition may be due by it.
        """
        timer = clock.Timer()
        end = _End("lost")
        try:
            end = await self._end(lease)
        except asyncio.CancelledError:
            end = _End("handed_back")
            with suppress(LeaseLost, RedisError):
                await self._leases.hand_back(lease)
            raise
        except LeaseLost:
            log.info("job.lost", job_id=lease.job_id)
        except RedisError as fault:
            # The lease expires, and another worker takes the job over.
            log.warning("job.adrift", job_id=lease.job_id, error=type(fault).__name__)
        finally:
            self._meters.attempt(lease.record.lane, end.outcome, timer.elapsed)
        return end.frees

    async def _end(self, lease: Lease) -> _End:
        record = lease.record
        with continued(f"extraction {record.lane}", record.traces) as span:
            span.set_attribute("agent_memory.job.attempt", record.job.attempt)
            span.set_attribute("agent_memory.job.messages", len(lease.messages))
            return await self._attempted(lease, span)

    async def _attempted(self, lease: Lease, span: Span) -> _End:
        try:
            async with asyncio.timeout(self._run_seconds):
                done = await self._held(lease, self._runs.perform(lease))
        except LeaseLost:
            raise
        except Unfinished:
            # Other jobs run before it continues.
            await self._leases.hand_back(lease)
            return _End("handed_back")
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in the job's record
            note_failure(span, error)
            return _End(await self._failed(lease, failure_of(error)))
        frees = await self._leases.complete(lease, done.memory_ids, done.skipped, done.receipts)
        self._meters.completed(lease.record.lane, _age(lease.record.job))
        span.set_attribute("agent_memory.job.memories", len(done.memory_ids))
        log.info("job.succeeded", job_id=lease.job_id, memories=len(done.memory_ids))
        return _End("succeeded", frees)

    async def _held(self, lease: Lease, work: Coroutine[Any, Any, Done]) -> Done:
        """Do the work while the lease is held; losing it ends the work."""

        async def renew() -> None:
            await self._leases.renew(lease)

        beat = background.Periodic(
            renew, self._heartbeat, delay=self._heartbeat, report=_note_missed_beat
        )
        async with beat.running():
            return await work

    async def _failed(self, lease: Lease, failure: Failure) -> str:
        record = lease.record
        delay = self._policy.delay(
            failure,
            failures=record.failures,
            strikes=record.strikes,
            failing_seconds=record.failing_seconds,
            striking_seconds=record.striking_seconds,
        )
        log.warning(
            "job.failed",
            job_id=lease.job_id,
            cause=failure.cause,
            attempt=record.job.attempt,
            retry_in_seconds=delay,
        )
        if delay is None:
            await self._leases.give_up(lease, failure.status, strike=failure.strike)
            return "failed"
        await self._leases.retry_later(
            lease, failure.status, delay_seconds=delay, strike=failure.strike
        )
        return "retried"


def _note_missed_beat(fault: Exception) -> None:
    # There is time for another beat before the lease ends.
    log.warning("lease.not_renewed", error=type(fault).__name__)


def _age(job: Job) -> float:
    """Return the seconds since a job was created, by our clock and the store's."""
    return max(0.0, (clock.now_micros() - clock.to_micros(job.create_time)) / 1e6)


_REMEMBERED: Final = 10_000


class TenantRotation:
    """Fair shares of a worker's slots among tenants.

    The tenant with the fewest running jobs is next; among equals, the one served longest ago.
    """

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        # In order of serving, so that the one forgotten first was served longest ago.
        self._served: dict[str, int] = {}
        self._clock = 0

    def next(self, waiting: Iterable[str]) -> str:
        """Choose among tenants that have something due; there is at least one."""
        return min(waiting, key=lambda tenant: (self._running[tenant], self._served.get(tenant, 0)))

    def begin(self, tenant: str) -> None:
        """Record that one of the tenant's jobs begins."""
        self._clock += 1
        self._served.pop(tenant, None)
        self._served[tenant] = self._clock
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]
        self._running[tenant] += 1

    def end(self, tenant: str) -> None:
        """Record that one of the tenant's jobs ended."""
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]


_LOOK_SECONDS: Final = 0.5
_IDLE_LOOK_SECONDS: Final = 5.0
"""The longest until jobs are noticed that came in elsewhere, and where nothing did for long."""
_SHORTEST_REST: Final = 0.01
_STORE_AWAY_SECONDS: Final = 1.0


class Worker:
    """Worker on the jobs of all partitions, fair among tenants."""

    def __init__(
        self,
        leases: Leases,
        attempts: Attempts,
        meters: Meters,
        *,
        partitions: int,
        concurrency: int,
    ) -> None:
        """Attempt up to `concurrency` jobs at a time."""
        self._leases = leases
        self._attempts = attempts
        self._meters = meters
        self._places = asyncio.Semaphore(concurrency)
        self._rotation = TenantRotation()
        self._outlooks: dict[int, Outlook] = {}
        # Tenants with due jobs, by partition.
        self._due: dict[int, set[str]] = {partition: set() for partition in range(partitions)}
        # Those who were named since the partition was looked at.
        self._named: dict[int, set[str]] = {partition: set() for partition in self._due}
        self._look_at = dict.fromkeys(self._due, 0.0)
        self._rest = background.Rest(_LOOK_SECONDS, _IDLE_LOOK_SECONDS)
        self._running: set[asyncio.Task[None]] = set()
        self._steps = background.Wakeable(
            self._step, _LOOK_SECONDS, report=_report_store_away, retry=_STORE_AWAY_SECONDS
        )

    def wake(self, partition: int, seconds: float = 0.0, tenant: str = "") -> None:
        """Something in a partition may be due in so many seconds.

        Where it is due now, the key of its tenant may be given, and nobody has to look whose it is.
        """
        if tenant:
            self._due[partition].add(tenant)
            self._named[partition].add(tenant)
            self._rest.found()
            self._steps.wake()
            return
        moment = asyncio.get_running_loop().time() + seconds
        if moment < self._look_at[partition]:
            self._look_at[partition] = moment
            self._steps.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the block runs, then hand back what is not done."""
        try:
            async with self._steps.running():
                yield
        finally:
            await background.end(*self._running)

    async def _step(self) -> float:
        """Begin the next job once there is a place for it; answers the seconds until another."""
        await self._places.acquire()
        lease = None
        try:
            await self._look()
            lease = await self._next()
        finally:
            if lease is None:
                self._places.release()
        if lease is None:
            left = min(self._look_at.values()) - asyncio.get_running_loop().time()
            return max(_SHORTEST_REST, left)
        task = asyncio.create_task(self._attempt(lease))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return 0.0

    async def _attempt(self, lease: Lease) -> None:
        tenant = encode(lease.record.tenant)
        self._rotation.begin(tenant)
        frees = True
        try:
            frees = await self._attempts.make(lease)
        finally:
            self._rotation.end(tenant)
            self._places.release()
            if frees:
                self.wake(lease.partition)

    async def _next(self) -> Lease | None:
        """Lease a job that is due; None where there is none."""
        while tenants := set[str]().union(*self._due.values()):
            if lease := await self._claim(self._rotation.next(tenants)):
                return lease
        return None

    async def _look(self) -> None:
        """Look at the partitions whose time has come."""
        loop = asyncio.get_running_loop()
        partitions = [each for each, moment in self._look_at.items() if moment <= loop.time()]
        if not partitions:
            return
        next_look = loop.time() + self._rest.seconds
        # They may be woken, and tenants named, while they are looked at.
        self._look_at |= dict.fromkeys(partitions, next_look)
        for partition in partitions:
            self._named[partition].clear()
        faults = []
        try:
            outlooks = await self._leases.poll(partitions, lost=status.status_of(WorkersLost()))
        except RedisError:
            # As soon as the store is back.
            self._look_at |= dict.fromkeys(partitions, 0.0)
            raise
        for partition, outlook in zip(partitions, outlooks, strict=True):
            if isinstance(outlook, RedisError):
                faults.append(outlook)
                continue
            self._outlooks[partition] = outlook
            self._due[partition] = self._named[partition].union(outlook.due)
            if outlook.waiting:
                self._rest.found()
            if outlook.next_seconds is not None:
                soon = loop.time() + outlook.next_seconds
                self._look_at[partition] = min(self._look_at[partition], soon)
        self._meters.queue(self._outlooks.values())
        if faults:
            raise faults[0]

    async def _claim(self, tenant: str) -> Lease | None:
        """Lease one of the tenant's due jobs, from whichever partition has one."""
        places = [partition for partition, tenants in self._due.items() if tenant in tenants]
        # Always the same order would leave some sessions of a tenant to the last.
        random.shuffle(places)
        for partition in places:
            # Another one may become due while this one is claimed.
            self._due[partition].discard(tenant)
            try:
                lease = await self._leases.claim(partition, tenant)
            except BaseException:
                self._due[partition].add(tenant)
                raise
            if lease is None:
                continue
            if lease.more:
                self._due[partition].add(tenant)
            return lease
        return None


def _report_store_away(fault: Exception) -> None:
    log.warning("worker.store_away", error=type(fault).__name__)
