"""Attempts at a job, and the back-off between them."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from opentelemetry.trace import Span
from redis.exceptions import RedisError

from agent_memory.extraction.v1.extraction_pb2 import Job
from agent_memory_services.extraction.domain.failures import (
    Failure,
    LeaseLost,
    Unfinished,
    failure_of,
)
from agent_memory_services.extraction.store.leases import Lease, Leases
from agent_memory_services.extraction.work.meters import Meters
from agent_memory_services.extraction.work.runs import Done, Runs
from agent_memory_services.kit.contract import clock
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.observe.tracing.spans import continued, note_failure
from agent_memory_services.kit.redis.background import Periodic

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


log = structlog.get_logger()


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

    async def make(self, lease: Lease) -> None:
        """Attempt a job; being cancelled hands it back."""
        timer = clock.Timer()
        outcome = "lost"
        try:
            outcome = await self._outcome(lease)
        except asyncio.CancelledError:
            outcome = "handed_back"
            with suppress(LeaseLost, RedisError):
                await self._leases.hand_back(lease)
            raise
        except LeaseLost:
            log.info("job.lost", job_id=lease.job_id)
        except RedisError as fault:
            # The lease expires, and another worker takes the job over.
            log.warning("job.adrift", job_id=lease.job_id, error=type(fault).__name__)
        finally:
            self._meters.attempt(lease.record.lane, outcome, timer.elapsed)

    async def _outcome(self, lease: Lease) -> str:
        record = lease.record
        with continued(f"extraction {record.lane}", record.traces) as span:
            span.set_attribute("agent_memory.job.attempt", record.job.attempt)
            span.set_attribute("agent_memory.job.messages", len(lease.messages))
            return await self._attempted(lease, span)

    async def _attempted(self, lease: Lease, span: Span) -> str:
        try:
            async with asyncio.timeout(self._run_seconds):
                done = await self._held(lease, self._runs.perform(lease))
        except LeaseLost:
            raise
        except Unfinished:
            # Other jobs run before it continues.
            await self._leases.hand_back(lease)
            return "handed_back"
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in the job's record
            note_failure(span, error)
            return await self._failed(lease, failure_of(error))
        await self._leases.complete(lease, done.memory_ids, done.skipped)
        self._meters.completed(lease.record.lane, _age(lease.record.job))
        span.set_attribute("agent_memory.job.memories", len(done.memory_ids))
        log.info("job.succeeded", job_id=lease.job_id, memories=len(done.memory_ids))
        return "succeeded"

    async def _held(self, lease: Lease, work: Coroutine[Any, Any, Done]) -> Done:
        """Do the work while the lease is held; losing it ends the work."""

        async def renew() -> None:
            await self._leases.renew(lease)

        beat = Periodic(renew, self._heartbeat, delay=self._heartbeat, report=_note_missed_beat)
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
