"""The worker that summarizes sessions, and its metrics."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry.trace import Span
from prometheus_client import Counter
from redis.exceptions import RedisError

from agent_memory_services.kit.contract.backoff import retry_after_of
from agent_memory_services.kit.observe.tracing.spans import continued, note_failure
from agent_memory_services.kit.redis.background import Rest, Wakeable, end
from agent_memory_services.working_memory.store.summaries import Claim, SummaryQueue
from agent_memory_services.working_memory.summaries.writer import (
    Result,
    SummaryOutcome,
    SummaryWriter,
)

SUMMARIES: Final = Counter(
    "agent_memory_session_summaries", "Attempts to summarize a session, by outcome.", ["outcome"]
)
RECORDED: Final = SUMMARIES.labels("recorded")
OVERTAKEN: Final = SUMMARIES.labels("overtaken")
FAILED: Final = SUMMARIES.labels("failed")


log = structlog.get_logger()

_IDLE_LOOK_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits of the work that is done at a time.

    Attributes:
        poll: seconds between two looks for what other processes left.
        attempt: the longest that one summary may take, in seconds.
        concurrency: summaries under way at the same time.
    """

    poll: float
    attempt: float
    concurrency: int


class SummaryWorker:
    """Worker that takes sessions from the queue and summarizes what has to leave their view.

    A message leaves the view only in the step that records the summary of it. What fails, an
    empty answer included, changes nothing and is tried again later.
    """

    def __init__(self, queue: SummaryQueue, writer: SummaryWriter, effort: Effort) -> None:
        """Let `writer` make the attempts."""
        self._queue = queue
        self._writer = writer
        self._effort = effort
        # The next look begins again, whatever went wrong with this one.
        self._looking = Wakeable(self._look, effort.poll, report=_log_fault, foreseen=(Exception,))
        self._rest = Rest(effort.poll, _IDLE_LOOK_SECONDS)
        self._slots = asyncio.Semaphore(effort.concurrency)
        self._attempts: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at once: a session of this process waits."""
        self._looking.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Summarize until the block is left; then hand back what is under way."""
        try:
            async with self._looking.running():
                yield
        finally:
            await end(*self._attempts)

    async def _look(self) -> float:
        """Take what waits; answers the seconds until the next look."""
        for partition in await self._queue.due():
            self._rest.found()
            await self._take_all(partition)
        return self._rest.seconds

    async def _take_all(self, partition: int) -> None:
        while True:
            await self._slots.acquire()
            try:
                claim = await self._queue.claim(partition)
            except BaseException:
                self._slots.release()
                raise
            if claim is None:
                self._slots.release()
                return
            attempt = asyncio.create_task(self._work_on(claim))
            self._attempts.add(attempt)
            attempt.add_done_callback(self._concluded)

    def _concluded(self, attempt: asyncio.Task[None]) -> None:
        self._attempts.discard(attempt)
        self._slots.release()
        self.wake()

    async def _work_on(self, claim: Claim) -> None:
        try:
            with continued("session summary", [claim.trace]) as span:
                await self._attempt(claim, span)
        except RedisError as error:
            _log_fault(error)
        except asyncio.CancelledError:
            with suppress(RedisError):
                await self._queue.hand_back(claim)
            raise

    async def _attempt(self, claim: Claim, span: Span) -> None:
        """Attempt once; whatever goes wrong with it, the session waits for the next attempt."""
        try:
            async with asyncio.timeout(self._effort.attempt):
                outcome = await self._writer.write(claim.key)
        except RedisError:
            raise
        except Exception as error:  # noqa: BLE001 - nothing changed, and the session waits on
            FAILED.inc()
            note_failure(span, error)
            log.warning("summary.failed", partition=claim.partition, error=type(error).__name__)
            await self._queue.postpone(claim, at_least=retry_after_of(error))
        else:
            await self._conclude(claim, outcome)

    async def _conclude(self, claim: Claim, outcome: SummaryOutcome) -> None:
        match outcome.result:
            case Result.RECORDED:
                RECORDED.inc()
                log.info("summary.recorded", partition=claim.partition)
            case Result.OVERTAKEN:
                # As a failure: who writes all the time must not make the model work all the time.
                OVERTAKEN.inc()
                await self._queue.postpone(claim)
            case Result.NEEDLESS:
                await self._queue.dequeue(claim, outcome.version)


def _log_fault(error: Exception) -> None:
    """Log an unavailable store in one line; an unexpected error with its traceback."""
    unforeseen = None if isinstance(error, RedisError) else error
    log.warning("summary.interrupted", error=type(error).__name__, exc_info=unforeseen)
