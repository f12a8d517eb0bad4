"""What tenants may spend on the model, and what happens beyond it."""

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import JobState
from agent_memory_services.extraction.store.budgets import Budget, TenantBudgets
from agent_memory_services.kit.client.channels import acting_for
from agent_memory_services.shared.model_api.failures import BudgetSpent, Usage
from tests.support.extraction_service import extracting
from tests.support.openai_server import Refuse, Say, ScriptedModel, facts
from tests.support.sessions import message

SUMMARY = ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY


def tenants(redis: Redis, tokens: int, window_seconds: int = 86_400, **own: int) -> TenantBudgets:
    """Budgets on a real store."""
    return TenantBudgets(redis, Budget(tokens, own, window_seconds))


async def spend(budgets: TenantBudgets, tenant: str, expected: int, used: int) -> bool:
    """Make a call; whether it was allowed."""
    with acting_for(tenant):
        try:
            async with budgets.opened("m", Usage(expected, 0)) as bill:
                bill.usage = Usage(used, 0)
        except BudgetSpent:
            return False
    return True


async def test_what_was_used_counts_and_not_what_was_expected(redis: Redis) -> None:
    """A call is allowed by its estimate and paid by its bill, each tenant for itself."""
    budgets = tenants(redis, 100)
    assert await spend(budgets, "a", 60, 10)
    assert await spend(budgets, "a", 90, 95)
    assert not await spend(budgets, "a", 1, 1)
    assert await spend(budgets, "b", 100, 100)


async def test_a_tenant_may_have_a_budget_of_its_own(redis: Redis) -> None:
    """A number for one tenant holds instead of that for all; 0 is no limit."""
    budgets = tenants(redis, 10, rich=1000, free=0)
    assert not await spend(budgets, "poor", 11, 11)
    assert await spend(budgets, "rich", 1000, 1000)
    assert await spend(budgets, "free", 10**9, 10**9)
    assert await redis.keys("am:ex:tokens:free") == []


async def test_a_call_that_failed_is_paid_by_its_estimate(redis: Redis) -> None:
    """Whoever never answered may have read the question all the same."""
    budgets = tenants(redis, 100)
    with acting_for("a"), pytest.raises(RuntimeError):
        async with budgets.opened("m", Usage(70, 0)):
            raise RuntimeError
    assert not await spend(budgets, "a", 40, 40)


async def test_at_once_no_more_is_spent_than_there_is(redis: Redis) -> None:
    """Of many calls at once only as many are made as the budget holds."""
    budgets = tenants(redis, 100)
    allowed = await asyncio.gather(*(spend(budgets, "a", 10, 10) for _ in range(50)))
    assert sum(allowed) == 10


async def test_a_new_window_begins_with_the_whole_budget(redis: Redis) -> None:
    """What was spent before counts no more, and leaves nothing behind."""
    budgets = tenants(redis, 10, window_seconds=1)
    assert await spend(budgets, "a", 10, 10)
    async with asyncio.timeout(120):
        while not await spend(budgets, "a", 10, 10):
            await asyncio.sleep(0.05)
        while await redis.exists("am:ex:tokens:a"):
            await asyncio.sleep(0.05)


async def test_beyond_the_budget_rules_extract(redis: Redis, redis_url: str) -> None:
    """With the budget spent the local extractor works, and every result says who did."""
    assert redis
    async with ScriptedModel() as model:
        model.rule = lambda _: facts({"text": "User is vegetarian, says the model"})
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(redis_url, token_budget=3500, **settings) as extraction:
            ended = []
            for number in (1, 2, 3, 4):
                answer = await extraction.submit(message(number, "I am vegetarian."))
                ended.append(await extraction.ended(answer.job_id))
            preview = pb.ExtractMemoriesRequest(messages=[message(1, "I am vegetarian.")])
            found = await extraction.stub.ExtractMemories(preview)
        by = [list(job.extractors) for job in ended]
        assert all(job.state == JobState.JOB_STATE_SUCCEEDED for job in ended)
        assert (by[0], by[-1]) == (["openai"], ["local"])
        assert found.extractor == "local"
        assert len(model.requests) == by.count(["openai"])
    kept = extraction.memory.kept.values()
    assert {memory.provenance.extractor for memory in kept} == {"openai", "local"}


async def test_a_budget_of_nothing_never_asks_the_model(redis: Redis, redis_url: str) -> None:
    """Thread summaries too are written by rule, and continue what the model wrote before."""
    assert redis
    async with ScriptedModel(lambda _: Say("They met at noon.")) as model:
        settings: dict[str, Any] = {"extractor": "openai", "openai_base_url": model.base_url}
        async with extracting(redis_url, **settings) as extraction:
            answer = await extraction.submit(message(1), strategy=SUMMARY)
            await extraction.ended(answer.job_id)
        async with extracting(
            redis_url, extraction.memory, token_budgets={"default": 1}, **settings
        ) as extraction:
            answer = await extraction.submit(
                message(2, "We will meet in Lisbon on 3 June 2024."), strategy=SUMMARY
            )
            job = await extraction.ended(answer.job_id)
        assert len(model.requests) == 1
    assert list(job.extractors) == ["local"]
    (text,) = extraction.memory.texts
    assert text.startswith("They met at noon.")
    assert "Lisbon" in text


def counted(name: str, **labels: str) -> float:
    """A counter of the usual model."""
    return (
        REGISTRY.get_sample_value(f"agent_memory_model_{name}_total", {"model": "m", **labels}) or 0
    )


async def test_tokens_and_their_price_are_counted(redis: Redis, redis_url: str) -> None:
    """Tokens in and out, calls and cost are metrics; failures are calls, and cost nothing known."""
    assert redis
    names: tuple[tuple[str, dict[str, str]], ...] = (
        ("tokens", {"direction": "in"}),
        ("tokens", {"direction": "out"}),
        ("cost_dollars", {}),
    )
    before = [counted(name, **labels) for name, labels in names]
    calls = counted("calls", outcome="answered"), counted("calls", outcome="failed")
    async with ScriptedModel() as model:
        model.queue(Refuse(429, retry_after=0.01))
        model.rule = lambda _: Say(facts().text, usage=(1000, 200))
        async with extracting(
            redis_url,
            extractor="openai",
            openai_base_url=model.base_url,
            model="m",
            model_prices={"m": (2.0, 10.0)},
        ) as extraction:
            await extraction.ended((await extraction.submit(message(1))).job_id)
    after = [counted(name, **labels) for name, labels in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([1000, 200, 0.004])
    assert counted("calls", outcome="answered") == calls[0] + 1
    assert counted("calls", outcome="failed") == calls[1] + 1
