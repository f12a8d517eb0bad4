"""Figures of tenants by minutes and hours: what models took, what jobs did, and what waits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.extraction.store.queue import Limits, Store, step
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.shared.model_api.failures import Usage

log = structlog.get_logger()


@script("agent_memory_services.extraction.store", "lua/tally", "lua/usage/record")
def _record(usage: Key, *, model: str, calls: int, read: int, written: int, refused: int) -> Any:
    """Count a call of a model, or one that was not allowed."""


@script("agent_memory_services.extraction.store", "lua/tally", "lua/usage/read")
def _read(usage: Key, *, unit: str) -> Any:
    """Read what models took."""


@step("survey")
def _survey(base: Key, limits: Limits, *, tenant: str, unit: str) -> Any:
    """Read what a partition counts of a tenant, and what waits there."""


class Unit(StrEnum):
    """Periods that figures are kept by, as the scripts name them."""

    MINUTE = "m"
    HOUR = "h"


class ModelFigures(NamedTuple):
    """Figures of one model in one period: calls and tokens, and calls that were not allowed."""

    calls: int
    read: int
    written: int
    refused: int

    @property
    def usage(self) -> Usage:
        """The tokens."""
        return Usage(self.read, self.written)


class JobFigures(NamedTuple):
    """Figures of the jobs of one period.

    Attributes:
        succeeded: Jobs that are done.
        failed: Jobs that were given up.
        cancelled: Jobs that a caller ended.
        retried: Attempts that failed and are made again.
        timed: Jobs of which the lag is known: those that looked for facts and are done.
        lag: All their lags together, in milliseconds.
        longest: The longest of these.
    """

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    retried: int = 0
    timed: int = 0
    lag: int = 0
    longest: int = 0

    def with_those(self, other: "JobFigures") -> "JobFigures":
        """Return the figures of both."""
        *sums, _ = map(sum, zip(self, other, strict=True))
        return JobFigures._make([*sums, max(self.longest, other.longest)])


@dataclass(frozen=True, slots=True)
class Survey:
    """Figures of the queue of a tenant.

    Attributes:
        seconds: The present second since the epoch, on the store's clock.
        period_seconds: Length of a period.
        oldest: Number of the oldest period that is kept, since the epoch.
        jobs: What jobs did, by the number of the period.
        pending: Jobs that wait.
        running: Jobs that a worker has.
        failed: Jobs that were given up.
        oldest_due_micros: How long one has been due.
    """

    seconds: int
    period_seconds: int
    oldest: int
    jobs: dict[int, JobFigures]
    pending: int
    running: int
    failed: int
    oldest_due_micros: int


async def survey(store: Store, tenant: str, unit: Unit) -> Survey:
    """Read what all partitions count of a tenant.

    Raises:
        RedisError: one of them is away.
    """
    partitions = range(store.partitions)
    answers = await store.take_each(_survey, partitions, tenant=encode(tenant), unit=unit)
    for answer in answers:
        if isinstance(answer, RedisError):
            raise answer
    jobs: dict[int, JobFigures] = {}
    for _, _, _, (_, _, found) in answers:
        for _, period, figures in _fields(found):
            jobs[period] = jobs.get(period, JobFigures()).with_those(JobFigures(*figures))
    pending, running, failed = map(sum, zip(*(counts for counts, _, _, _ in answers), strict=True))
    _, _, seconds, (length, oldest, _) = answers[0]
    waits = max(due for _, due, _, _ in answers)
    return Survey(seconds, length, oldest, jobs, pending, running, failed, waits)


class UsageBook:
    """Usage of models by each tenant, in one store for all processes."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def took(self, tenant: str, model: str, usage: Usage) -> None:
        """Count a call."""
        await self._count(tenant, model, ModelFigures(1, usage.read, usage.written, 0))

    async def refused(self, tenant: str, model: str) -> None:
        """Count a call that was not allowed."""
        await self._count(tenant, model, ModelFigures(0, 0, 0, 1))

    async def read(self, tenant: str, unit: Unit) -> dict[int, dict[str, ModelFigures]]:
        """Return the figures by the number of the period and the model."""
        _, _, found = await _read(self._client, _usage_key(tenant), unit=unit)
        by_period: dict[int, dict[str, ModelFigures]] = {}
        for model, period, (*figures, _) in _fields(found):
            by_period.setdefault(period, {})[model] = ModelFigures(*figures)
        return by_period

    async def _count(self, tenant: str, model: str, figures: ModelFigures) -> None:
        try:
            await _record(self._client, _usage_key(tenant), model=model, **figures._asdict())
        except RedisError as fault:
            # What a model answered is worth more than the count of it.
            log.warning("usage.not_counted", error=type(fault).__name__)


def _usage_key(tenant: str) -> str:
    return f"am:ex:usage:{encode(tenant)}"


def _fields(found: Iterable[Any]) -> Iterator[tuple[str, int, Sequence[int]]]:
    """Yield the name, the number of the period and the figures of each field."""
    for name, numbers in found:
        period, *figures = map(int, numbers.split())
        yield name.decode(errors="replace"), period, figures
