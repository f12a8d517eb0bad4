"""Forgetting by policy and by schedule, as a caller sees it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.servers import serving
from tests.support.settings import configured

DAY = 86_400


def days_ago(days: float) -> Timestamp:
    """A moment before now."""
    return to_timestamp(now_micros() - round(days * DAY * 1e6))


def policy(**days: Any) -> ltm.ForgetPolicy:
    """A policy whose ages are given in days."""
    ages = ("max_age", "max_inactive")
    fields: dict[str, Any] = {
        name: Duration(seconds=value * DAY) if name in ages else value
        for name, value in days.items()
    }
    return ltm.ForgetPolicy(**fields)


async def forget(tenant: Tenant, **fields: Any) -> rpc.ForgetMemoriesResponse:
    """Forget, or say what would go."""
    answer: rpc.ForgetMemoriesResponse = await tenant.call(
        "ForgetMemories", rpc.ForgetMemoriesRequest(**fields)
    )
    return answer


def named(answer: rpc.ForgetMemoriesResponse) -> dict[str, str]:
    """The reasons by id."""
    prefix = "FORGET_REASON_"
    return {
        each.memory_id: ltm.ForgetReason.Name(each.reason).removeprefix(prefix)
        for each in answer.memories
    }


async def shown(tenant: Tenant) -> set[str]:
    """Ids of what readers see."""
    return {memory.id for memory in (await tenant.list(page_size=100)).memories}


async def fill(tenant: Tenant) -> None:
    """Memories of every fate."""
    await tenant.create(
        Memory(id="new", text="a new one"),
        Memory(id="old", text="an old one", create_time=days_ago(40)),
        Memory(id="pinned", text="a pinned one", create_time=days_ago(400), pinned=True),
        Memory(id="standing", text="a standing one", create_time=days_ago(400), standing=True),
        Memory(id="ended", text="the exam is tomorrow", expire_time=days_ago(1)),
        deduplication=ltm.DEDUPLICATION_POLICY_NONE,
    )


async def test_a_dry_run_names_what_would_go_and_why(tenant: Tenant) -> None:
    """By default nothing goes."""
    await fill(tenant)
    answer = await forget(tenant, policy=policy(max_age=30))
    assert named(answer) == {"old": "AGE", "ended": "EXPIRED"}
    assert (answer.forgotten_count, answer.considered_count, answer.executed) == (2, 4, False)
    assert await shown(tenant) == {"new", "old", "pinned", "standing"}
    everything = await forget(tenant, policy=policy(keep_per_owner=0))
    assert named(everything) == {"old": "BUDGET", "new": "BUDGET", "ended": "EXPIRED"}
    filtered = await forget(tenant, policy=policy(max_age=30), filter={"id": {"eq": "old"}})
    assert named(filtered) == {"old": "AGE"}
    kept = await forget(tenant, policy=policy(max_age=30), keep_ids=["old"])
    assert named(kept) == {"ended": "EXPIRED"}


async def test_what_is_forgotten_can_be_brought_back(tenant: Tenant) -> None:
    """It is hidden first, its history tells why, and taking that back shows it again."""
    await fill(tenant)
    answer = await forget(tenant, policy=policy(max_age=30), execute=True)
    assert answer.executed
    assert await shown(tenant) == {"new", "pinned", "standing"}
    assert not (await tenant.search("an old one", filter={"id": {"eq": "old"}})).hits
    assert (await tenant.get("old")).HasField("archive_time")
    revisions = (
        await tenant.call("ListMemoryRevisions", rpc.ListMemoryRevisionsRequest(memory_id="old"))
    ).revisions
    assert revisions[0].cause == ltm.REVISION_CAUSE_FORGET
    assert revisions[0].reason == "too old"
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id="old"))
    assert "old" in await shown(tenant)
    assert (await tenant.search("an old one", filter={"id": {"eq": "old"}})).hits


async def test_what_is_forgotten_for_good_is_gone(tenant: Tenant) -> None:
    """With nothing but its history left for a while; a second time there is nothing to forget."""
    await fill(tenant)
    for_good = policy(max_age=30, permanently=True)
    assert (await forget(tenant, policy=for_good, execute=True)).forgotten_count == 2
    assert (await forget(tenant, policy=for_good, execute=True)).forgotten_count == 0
    with refused() as refusal:
        await tenant.get("old")
    assert refusal.reason == "MEMORY_NOT_FOUND"
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id="old"))
    assert "old" in await shown(tenant)


async def test_being_found_keeps_a_memory(tenant: Tenant) -> None:
    """Inactivity counts from the last search that found it; age beyond the hard one does not."""
    old = [
        Memory(id="found", text="a found one", create_time=days_ago(40)),
        Memory(id="lost", text="a lost one", create_time=days_ago(40)),
        Memory(id="ancient", text="an ancient one", create_time=days_ago(400)),
    ]
    old[0].last_access_time.CopyFrom(days_ago(1))
    old[2].last_access_time.CopyFrom(days_ago(1))
    await tenant.stub.ImportMemories(
        iter([rpc.ImportMemoriesRequest(memory=each) for each in old]),
        metadata=(("x-agent-memory-tenant", tenant.name),),
    )
    both = policy(max_age=30, max_inactive=10)
    assert named(await forget(tenant, policy=both)) == {"lost": "INACTIVE", "ancient": "AGE"}
    assert named(await forget(tenant, policy=policy(max_inactive=10))) == {"lost": "INACTIVE"}


async def test_a_memory_that_changes_meanwhile_is_judged_again(tenant: Tenant) -> None:
    """Pinned in time, it stays; nobody's change is lost."""
    ids = [f"m{number}" for number in range(30)]
    await tenant.create(
        *(Memory(id=each, text=f"Fact {each}", create_time=days_ago(40)) for each in ids),
        deduplication=ltm.DEDUPLICATION_POLICY_NONE,
    )

    async def pin(memory_id: str) -> None:
        await tenant.update(Memory(id=memory_id, pinned=True), "pinned")

    _, answer = await asyncio.gather(
        asyncio.gather(*map(pin, ids[::2])), forget(tenant, policy=policy(max_age=30), execute=True)
    )
    gone = set(named(answer))
    assert gone >= set(ids[1::2])
    for memory_id in ids:
        memory = await tenant.get(memory_id)
        assert memory.HasField("archive_time") == (memory_id in gone)
        assert memory.pinned == (memory_id in ids[::2])


@pytest.mark.parametrize(
    "broken", [{"keep_per_owner": -1}, {"types": [0]}, {"types": [9]}, {"hard_age_multiplier": -1}]
)
async def test_a_malformed_policy_is_refused(tenant: Tenant, broken: dict[str, Any]) -> None:
    """With the path of the field."""
    with refused() as refusal:
        await forget(tenant, policy=ltm.ForgetPolicy(**broken))
    assert refusal.reason == "INVALID_FIELD"
    assert next(iter(refusal.fields)).startswith("policy.")


@pytest_asyncio.fixture(loop_scope="module")
async def scheduled(tmp_path: Path) -> AsyncIterator[LongTermMemoryServiceStub]:
    """A service with a store of its own that forgets by schedule."""
    async with EmbeddedStore(tmp_path / "store", fsync="no") as store:
        settings = configured(
            Settings,
            redis_url=store.url,
            metrics_listen="",
            access_log=False,
            forgetting_interval_seconds=0.1,
            forgetting_plans={"planned": {"max_age_days": 30}},
            archive_retention_days=2 / DAY,
        )
        async with serving(lifespan, settings) as served:
            yield LongTermMemoryServiceStub(served.channel)


async def test_a_schedule_forgets_what_its_plan_says(scheduled: LongTermMemoryServiceStub) -> None:
    """What ended by nature of everybody, what is old of the tenant with a plan; for good later."""
    planned, other = Tenant(scheduled, "planned"), Tenant(scheduled, "other")
    await fill(planned)
    await fill(other)
    async with asyncio.timeout(120):
        for tenant, left in (
            (planned, {"new", "pinned", "standing"}),
            (other, {"new", "old", "pinned", "standing"}),
        ):
            while {
                memory.id
                for memory in (await tenant.list(page_size=100, include_hidden=True)).memories
            } != left:
                await asyncio.sleep(0.05)
    history = rpc.ListMemoryRevisionsRequest(memory_id="ended")
    revisions = (await other.call("ListMemoryRevisions", history)).revisions
    assert [each.cause for each in revisions] == [
        ltm.REVISION_CAUSE_FORGET,
        ltm.REVISION_CAUSE_FORGET,
        ltm.REVISION_CAUSE_CREATE,
    ]
    assert {each.actor for each in revisions[:2]} == {"long-term-memory"}
