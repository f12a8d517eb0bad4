"""CreateMemories where a model decides what rules and vectors cannot."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from agent_memory.common.v1.memory_pb2 import Provenance
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.demo.scripted_model import Reply
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, shown, year
from tests.support.openai_server import (
    Close,
    Garbage,
    Hang,
    Refuse,
    Request,
    Say,
    ScriptedModel,
)
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stores import emptied

CREATED, MERGED, SUPERSEDED = (
    ltm.CREATE_OUTCOME_CREATED,
    ltm.CREATE_OUTCOME_MERGED,
    ltm.CREATE_OUTCOME_SUPERSEDED,
)
CAROL, DAVE = "User shares an office with Carol", "User shares an office with Dave"
"""Facts of which no rule tells that only one is true at a time."""
MARRIED, HUSBAND = "User is married to Tom", "User and Tom are a married couple"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[ScriptedModel]:
    """The model that the service asks."""
    async with ScriptedModel() as model:
        yield model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(redis_url: str, model: ScriptedModel) -> AsyncIterator[Served]:
    """The service with a judge, over a store that begins empty."""
    settings = configured(
        Settings,
        redis_url=redis_url,
        metrics_listen="",
        access_log=False,
        consolidation_openai_base_url=model.base_url,
        consolidation_timeout_seconds=5,
    )
    async with emptied(redis_url), serving(lifespan, settings) as served:
        yield served


def verdict(said: str) -> Say:
    """The same verdict about the first fact that was shown."""
    return Say(json.dumps({"verdicts": [{"n": 1, "verdict": said}]}))


@pytest.fixture
def asked(model: ScriptedModel) -> list[Request]:
    """The calls that come in from now on."""
    model.requests.clear()
    model._replies.clear()
    model.rule = lambda _: verdict("other")
    return model.requests


async def test_a_judge_tells_that_two_say_the_same(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """Words that only a model connects make one memory, with one call and an original's text."""
    await one(tenant, MARRIED)
    model.queue(verdict("same"))
    result = await one(tenant, HUSBAND)
    assert result.outcome == MERGED
    assert await shown(tenant) <= {MARRIED, HUSBAND}
    assert len(await shown(tenant)) == 1
    assert len(asked) == 1


async def test_a_judge_tells_that_one_ends_the_other(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """Without a slot the model's word ends the older fact, by when both were said."""
    older = await one(tenant, said(CAROL, 2023))
    model.queue(verdict("contradicts"))
    newer = await one(tenant, said(DAVE, 2024))
    assert (newer.outcome, list(newer.related_memory_ids)) == (SUPERSEDED, [older.memory_id])
    assert (await tenant.get(older.memory_id)).validity.invalid_from == year(2024)
    assert len(asked) == 1


async def test_nobody_is_asked_about_what_was_compared_before(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """Whoever finds a fact may say what it ends; the word counts, and the judge is not asked."""
    model.rule = lambda _: verdict("same")
    older = await one(tenant, said(CAROL, 2023))
    asked.clear()
    told = Provenance(ended_memory_ids=[older.memory_id], compared_memory_ids=[older.memory_id])
    newer = await one(tenant, said(DAVE, 2024, provenance=told))
    assert (newer.outcome, list(newer.related_memory_ids)) == (SUPERSEDED, [older.memory_id])
    compared = Provenance(compared_memory_ids=[older.memory_id, newer.memory_id])
    third = await one(tenant, said("User shares an office with Erin", 2025, provenance=compared))
    assert third.outcome == CREATED
    assert not asked


async def test_a_newer_fact_that_arrives_first_stays(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """A contradicting fact of the year before ends itself, not what came after it."""
    await one(tenant, said(DAVE, 2024))
    model.queue(verdict("contradicts"))
    late = await one(tenant, said(CAROL, 2023))
    assert late.outcome == CREATED
    assert late.memory.validity.invalid_from == year(2024)
    assert await shown(tenant) == {DAVE}
    assert len(asked) == 1


async def test_rules_that_know_ask_nobody(tenant: Tenant, asked: list[Request]) -> None:
    """A paraphrase, and another value of a slot, cost no call; nor does what is alone."""
    await one(tenant, "User likes coffee", "User enjoys coffee")
    await one(tenant, said("I work at Acme", 2023), said("I joined Globex", 2024))
    assert await shown(tenant) == {"User likes coffee", "I joined Globex"}
    assert not asked


async def test_five_similar_facts_are_one_call(tenant: Tenant, asked: list[Request]) -> None:
    """One question holds them all, under numbers."""
    teas = ("green", "black", "white", "herbal", "iced")
    await tenant.create(
        *(f"User likes {tea} tea" for tea in teas), deduplication=ltm.DEDUPLICATION_POLICY_EXACT
    )
    assert not asked
    assert (await one(tenant, "User likes strong tea")).outcome == CREATED
    [request] = asked
    assert [known["n"] for known in json.loads(request.last_text)["known"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "reply",
    [
        Refuse(503),
        Refuse(429, retry_after=30),
        Refuse(401),
        Garbage(),
        Close(),
        Hang(),
        Say("They are the same, I would say."),
        Say('{"verdicts": [{"n": 9, "verdict": "same"}, {"n": 1, "verdict": "merge"}]}'),
        Say('{"verdicts": [{"n": 1, "verdict": "sa', finish_reason="length"),
    ],
    ids=lambda reply: type(reply).__name__,
)
async def test_a_judge_that_fails_changes_nothing(
    tenant: Tenant, model: ScriptedModel, asked: list[Request], reply: Reply
) -> None:
    """Whatever the model does instead of judging, both facts stay, and it is asked once."""
    await one(tenant, MARRIED)
    model.queue(reply)
    assert (await one(tenant, HUSBAND)).outcome == CREATED
    assert await shown(tenant) == {MARRIED, HUSBAND}
    assert len(asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        '<think>Is it {"verdicts": [{"n": 1, "verdict": "other"}]}? No.</think>%s',
        "```json\n%s\n```",
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        '{"verdicts": [{"n": "1", "verdict": "Same"}]}',
        '{"verdicts": [{"n": 1.0, "verdict": "same", "why": NaN}]}',
        '[{"n": 1, "verdict": "same"}]',
        '{"n": 1, "verdict": "same"}',
        '{"verdicts": ["same"]}',
        '{"result": {"verdicts": [{"verdict": "same"}]}}',
    ],
)
async def test_a_loose_judgement_counts(
    tenant: Tenant, model: ScriptedModel, asked: list[Request], said: str, answer: str
) -> None:
    """A judge of another maker is read as every other answer of a model."""
    await one(tenant, MARRIED)
    model.queue(Say(said % answer))
    await one(tenant, HUSBAND)
    assert len(await shown(tenant)) == 1
    assert len(asked) == 1


@pytest.mark.parametrize("status", [400, 404, 500, 501])
async def test_a_judge_without_schemas_is_asked_in_words(
    tenant: Tenant, model: ScriptedModel, asked: list[Request], status: int
) -> None:
    """A form that the endpoint refuses costs no judgement."""
    model.rule = lambda request: Refuse(status) if request.schema else verdict("same")
    await one(tenant, MARRIED)
    await one(tenant, HUSBAND)
    assert len(await shown(tenant)) == 1
    assert asked


async def test_a_fact_whose_judgement_was_unfit_is_judged_again(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """An answer of which nothing fits settles nothing: the next sweep asks again, and believes."""
    await one(tenant, MARRIED)
    model.queue(Say('{"verdicts": [{"n": 7, "verdict": "same"}]}'), verdict("same"))
    assert (await one(tenant, HUSBAND)).outcome == CREATED
    await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
    assert len(await shown(tenant)) == 1
    assert len(asked) == 2


async def test_a_model_that_never_makes_sense_is_not_asked_for_ever(
    tenant: Tenant, model: ScriptedModel, asked: list[Request]
) -> None:
    """After a few unfit answers a fact is left as it is, until it changes."""
    await one(tenant, MARRIED)
    model.rule = lambda _: Say('{"verdicts": []}')
    await one(tenant, HUSBAND)
    for _ in range(6):
        await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
    assert len(asked) == 3
    assert await shown(tenant) == {MARRIED, HUSBAND}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("User's brother is Bob", "User's brother is Rob"),
        ("User bought 3 cats", "User bought 4 cats"),
    ],
)
async def test_a_judge_cannot_merge_what_differs(
    tenant: Tenant, model: ScriptedModel, asked: list[Request], first: str, second: str
) -> None:
    """Numbers, negations and names that differ keep facts apart, whatever a model says."""
    await one(tenant, first)
    model.queue(verdict("same"))
    assert (await one(tenant, second)).outcome == CREATED
    assert await shown(tenant) == {first, second}
    assert len(asked) == 1


async def test_idle_compaction_asks_nobody(tenant: Tenant, asked: list[Request]) -> None:
    """What was judged once is not judged again until it changes."""
    await one(tenant, MARRIED, HUSBAND)
    assert len(asked) == 1
    for _ in range(3):
        done: Any = await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
        assert done.considered_count == 0
    assert len(asked) == 1
