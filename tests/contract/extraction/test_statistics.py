"""Statistics of a tenant, as a caller sees them."""

from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import (
    STATISTICS_PERIOD_HOUR,
    STATISTICS_PERIOD_MINUTE,
    STATISTICS_PERIOD_UNSPECIFIED,
    ModelUsage,
    PeriodStatistics,
)
from tests.support.extraction_service import Extraction, extracting
from tests.support.openai_server import Refuse, Say, ScriptedModel, facts
from tests.support.sessions import message

SECONDS = {
    STATISTICS_PERIOD_UNSPECIFIED: 3600,
    STATISTICS_PERIOD_MINUTE: 60,
    STATISTICS_PERIOD_HOUR: 3600,
}


async def statistics(
    extraction: Extraction, tenant: str = "default", **fields: Any
) -> pb.GetStatisticsResponse:
    """The figures of a tenant."""
    request = pb.GetStatisticsRequest(**fields)
    metadata = [("x-agent-memory-tenant", tenant)]
    return await extraction.stub.GetStatistics(request, metadata=metadata)


def summed(answer: pb.GetStatisticsResponse, field: str) -> int:
    """A figure of all periods together: one may end while a test runs."""
    return sum(getattr(period, field) for period in answer.periods)


def used(periods: list[PeriodStatistics]) -> ModelUsage:
    """What the one model took in all periods together."""
    total = ModelUsage(model="m", cost_dollars=0)
    for each in (model for period in periods for model in period.models):
        assert each.model == total.model
        for field in ("calls", "input_tokens", "output_tokens", "refused_calls", "cost_dollars"):
            setattr(total, field, getattr(total, field) + getattr(each, field))
    return total


async def test_what_jobs_did_and_what_waits_is_counted(extraction: Extraction) -> None:
    """Each end once, by minutes and by hours, of the tenant's own jobs alone."""
    waiting = await extraction.submit(message(1), session_id="waits", uid="u0")
    await extraction.submit(message(1), session_id="other", uid="u9", tenant="other")
    first = await extraction.submit(message(1, "I am vegetarian."), session_id="done", uid="u1")
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=first.job_id))
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=first.job_id))
    await extraction.stub.RetryJob(pb.RetryJobRequest(job_id=first.job_id))
    job = await extraction.ended(first.job_id)
    lag = job.end_time.ToMilliseconds() - job.create_time.ToMilliseconds()
    for period, seconds in SECONDS.items():
        found = await statistics(extraction, period=period)
        assert (summed(found, "succeeded_jobs"), summed(found, "cancelled_jobs")) == (1, 1)
        assert (found.backlog.pending_jobs, found.backlog.running_jobs) == (1, 0)
        assert found.backlog.oldest_due.ToMilliseconds() == 0
        assert found.period_length.seconds == seconds
        assert not found.HasField("token_budget")
        (timed,) = [each for each in found.periods if each.succeeded_jobs]
        assert abs(timed.max_lag.ToMilliseconds() - lag) <= 1
        assert timed.mean_lag == timed.max_lag
        starts = [each.start_time.seconds for each in found.periods]
        assert starts == sorted(set(starts))
        assert all(start % seconds == 0 for start in starts)
        assert found.start_time.seconds <= starts[0]
        assert starts[-1] <= found.answer_time.seconds
    elsewhere = await statistics(extraction, "other")
    assert (list(elsewhere.periods), elsewhere.backlog.pending_jobs) == ([], 1)
    await extraction.stub.CancelJob(pb.CancelJobRequest(job_id=waiting.job_id))


@pytest.mark.parametrize("budget", [0, 3500])
async def test_what_a_model_took_is_counted_with_its_price(
    redis: Redis, redis_url: str, budget: int
) -> None:
    """With a budget and without; a call that the budget did not allow is told apart."""
    assert redis
    async with ScriptedModel() as model:
        model.queue(Refuse(400))
        model.rule = lambda _: Say(facts().text, usage=(1000, 200))
        async with extracting(
            redis_url,
            extractor="openai",
            openai_base_url=model.base_url,
            model="m",
            model_prices={"m": (2.0, 10.0)},
            token_budget=budget,
        ) as extraction:
            for number in range(1, 6):
                answer = await extraction.submit(message(number))
                await extraction.ended(answer.job_id)
            found = await statistics(extraction)
    took = used(list(found.periods))
    assert (took.input_tokens, took.output_tokens) == (1000 * took.calls, 200 * took.calls)
    assert took.cost_dollars == pytest.approx(0.004 * took.calls)
    assert (took.refused_calls > 0) is bool(budget)
    assert found.HasField("token_budget") is bool(budget)
    assert (took.calls < 5) is bool(budget)
    if budget:
        spent = found.token_budget
        assert (spent.limit_tokens, spent.used_tokens) == (budget, 1200 * took.calls)
        assert spent.start_time.seconds <= found.answer_time.seconds < spent.end_time.seconds
