"""Statistics of a tenant: what its jobs and models did, and what waits."""

from collections.abc import Mapping

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.extraction.v1 import extraction_pb2 as ex
from agent_memory.extraction.v1.service_pb2 import GetStatisticsResponse
from agent_memory_services.extraction.store.budgets import BudgetWindow, TenantBudgets
from agent_memory_services.extraction.store.queue import Store
from agent_memory_services.extraction.store.statistics import (
    JobFigures,
    ModelFigures,
    Survey,
    Unit,
    UsageBook,
    survey,
)
from agent_memory_services.shared.model_api.meters import Price

_UNITS: Mapping[ex.StatisticsPeriod.ValueType, Unit] = {
    ex.STATISTICS_PERIOD_MINUTE: Unit.MINUTE,
}


class Statistics:
    """Figures of tenants, as callers are told them."""

    def __init__(
        self,
        store: Store,
        budgets: TenantBudgets,
        *,
        prices: Mapping[str, Price],
    ) -> None:
        """Tell costs by the prices of models."""
        self._store = store
        self._usage = UsageBook(store.client)
        self._budgets = budgets
        self._prices = prices

    async def of(self, tenant: str, period: ex.StatisticsPeriod.ValueType) -> GetStatisticsResponse:
        """Return the figures of a tenant, by periods of a length."""
        unit = _UNITS.get(period, Unit.HOUR)
        found = await survey(self._store, tenant, unit)
        usage = await self._usage.read(tenant, unit)
        return GetStatisticsResponse(
            periods=[
                self._period(number, found, usage.get(number, {}))
                for number in sorted(found.jobs.keys() | usage.keys())
            ],
            period_length=Duration(seconds=found.period_seconds),
            start_time=Timestamp(seconds=found.oldest * found.period_seconds),
            answer_time=Timestamp(seconds=found.seconds),
            backlog=_backlog(found),
            token_budget=_budget(await self._budgets.window(tenant, found.seconds)),
        )

    def _period(
        self, number: int, found: Survey, models: Mapping[str, ModelFigures]
    ) -> ex.PeriodStatistics:
        jobs = found.jobs.get(number, JobFigures())
        return ex.PeriodStatistics(
            start_time=Timestamp(seconds=number * found.period_seconds),
            succeeded_jobs=jobs.succeeded,
            failed_jobs=jobs.failed,
            cancelled_jobs=jobs.cancelled,
            retried_attempts=jobs.retried,
            mean_lag=_milliseconds(jobs.lag // jobs.timed) if jobs.timed else None,
            max_lag=_milliseconds(jobs.longest) if jobs.timed else None,
            models=[self._model(name, figures) for name, figures in sorted(models.items())],
        )

    def _model(self, name: str, figures: ModelFigures) -> ex.ModelUsage:
        price = self._prices.get(name)
        return ex.ModelUsage(
            model=name,
            calls=figures.calls,
            input_tokens=figures.read,
            output_tokens=figures.written,
            refused_calls=figures.refused,
            cost_dollars=price.of(figures.usage) if price else None,
        )


def _backlog(found: Survey) -> ex.Backlog:
    oldest = Duration()
    oldest.FromMicroseconds(found.oldest_due_micros)
    return ex.Backlog(
        pending_jobs=found.pending,
        running_jobs=found.running,
        failed_jobs=found.failed,
        oldest_due=oldest,
    )


def _budget(window: BudgetWindow | None) -> ex.TokenBudget | None:
    if window is None:
        return None
    return ex.TokenBudget(
        limit_tokens=window.tokens,
        used_tokens=window.used,
        start_time=Timestamp(seconds=window.start),
        end_time=Timestamp(seconds=window.end),
    )


def _milliseconds(count: int) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(count)
    return duration
