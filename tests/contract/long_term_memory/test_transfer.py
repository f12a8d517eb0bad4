"""Taking memories out of a tenant and into another, over a real connection."""

import asyncio
from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import (
    Claim,
    EventTime,
    Memory,
    MemoryType,
    Provenance,
    TimePrecision,
    Validity,
)
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.redis.client import connect
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant

TYPES = (
    MemoryType.MEMORY_TYPE_SEMANTIC,
    MemoryType.MEMORY_TYPE_EPISODIC,
    MemoryType.MEMORY_TYPE_MESSAGE,
)


async def export(tenant: Tenant, **asked: Any) -> list[rpc.ExportMemoriesResponse]:
    """All parts of an export."""
    call = tenant.stub.ExportMemories(
        rpc.ExportMemoriesRequest(**asked),
        metadata=(("x-agent-memory-tenant", tenant.name),),
        timeout=120,
    )
    return [part async for part in call]


def memories_of(parts: Iterable[rpc.ExportMemoriesResponse]) -> list[Memory]:
    """The memories of an export."""
    return [memory for part in parts for memory in part.memories]


async def import_(tenant: Tenant, rows: Iterable[Memory]) -> rpc.ImportMemoriesResponse:
    """Send rows and answer what became of them."""
    call = tenant.stub.ImportMemories(
        (rpc.ImportMemoriesRequest(memory=row) for row in rows),
        metadata=(("x-agent-memory-tenant", tenant.name),),
        timeout=60,
    )
    answer: rpc.ImportMemoriesResponse = await call
    return answer


def without_etag(memories: Iterable[Memory]) -> list[Memory]:
    """Copies without what depends on the store they are in."""
    copies = []
    for memory in memories:
        copy = Memory()
        copy.CopyFrom(memory)
        copy.ClearField("etag")
        copies.append(copy)
    return copies


def at(second: int) -> Timestamp:
    """A moment of the year 2001."""
    return Timestamp(seconds=1_000_000_000 + second)


def rich(number: int) -> Memory:
    """A memory that uses what a memory has."""
    memory = Memory(
        id=f"m/{number}",
        text=f"Fact number {number} is about tea, and {'ö' * number}.",
        type=TYPES[number % 3],
        namespace="n",
        user_id="alice",
        session_id=f"s{number % 2}",
        topics=["tea", f"t{number}"],
        entities=["Assam"],
        event_time=EventTime(start=at(number), precision=TimePrecision.TIME_PRECISION_WEEK),
        pinned=number % 2 == 0,
        standing=number % 5 == 0,
        context="what was said before",
        provenance=Provenance(
            session_uid="u",
            message_ids=["x", "y"],
            strategy=ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE,
        ),
        validity=Validity(valid_from=at(0)),
        slot=f"user/{number}",
        claims=[Claim(holder="user", relation="drink", value=f"tea {number}")],
        create_time=at(number // 3),
        sequence=number,
    )
    memory.metadata["n"] = number
    return memory


async def test_what_is_exported_and_imported_elsewhere_is_the_same(
    tenant: Tenant, neighbour: Tenant
) -> None:
    """Equal records in the other tenant, and search finds them there."""
    await tenant.create(*map(rich, range(40)))
    parts = await export(tenant)
    exported = memories_of(parts)
    assert len(exported) == 40
    times = [(memory.create_time.seconds, memory.id) for memory in exported]
    assert [time for time, _ in times] == sorted(time for time, _ in times)
    answer = await import_(neighbour, exported)
    assert (answer.created_count, answer.duplicate_count, answer.rejected_count) == (40, 0, 0)
    there = memories_of(await export(neighbour))
    assert without_etag(there) == without_etag(exported)
    found = await neighbour.search("Fact number 7 about tea", page_size=50)
    assert found.total_size == 40
    again = await import_(neighbour, exported)
    assert (again.created_count, again.duplicate_count) == (0, 40)


async def test_an_export_goes_on_after_any_token(tenant: Tenant) -> None:
    """What was read and what follows the token are the whole, with no memory twice."""
    await import_(tenant, (_heavy(number) for number in range(90)))
    parts = await export(tenant)
    assert len(parts) > 2
    whole = [memory.id for memory in memories_of(parts)]
    assert len(set(whole)) == 90
    for reached, part in enumerate(parts):
        rest = memories_of(await export(tenant, resume_token=part.resume_token))
        read = [memory.id for memory in memories_of(parts[: reached + 1])]
        assert read + [memory.id for memory in rest] == whole
    with refused() as refusal:
        await export(tenant, include_hidden=True, resume_token=parts[0].resume_token)
    assert refusal.reason == "INVALID_TOKEN"


async def test_an_export_knows_filters_and_hidden_memories(
    tenant: Tenant, neighbour: Tenant
) -> None:
    """What no list shows is exported when it is asked for, and comes back as hidden as it was."""
    gone = Memory(text="was merged", merged_into="other", archive_time=at(1), user_id="bob")
    gone.access_count = 3
    gone.last_access_time.CopyFrom(at(2))
    await import_(tenant, [gone, Memory(text="stays", user_id="bob"), Memory(text="alice's")])
    of_bob = MemoryFilter(user_id=TagFilter(eq="bob"))
    assert [m.text for m in memories_of(await export(tenant, filter=of_bob))] == ["stays"]
    everything = memories_of(await export(tenant, filter=of_bob, include_hidden=True))
    assert {memory.text for memory in everything} == {"was merged", "stays"}
    await import_(neighbour, everything)
    assert (await neighbour.list()).total_size == 1
    back = memories_of(await export(neighbour, include_hidden=True))
    assert without_etag(back) == without_etag(everything)


async def test_each_bad_row_is_named_and_the_others_are_stored(tenant: Tenant) -> None:
    """By its position, its id and the reason; the stream goes on."""
    await tenant.create(Memory(id="taken", text="something else"))
    rows = [
        Memory(id="good", text="likes tea"),
        Memory(id="empty", text="  "),
        Memory(id="tags", text="likes tea too", topics=["x" * 300]),
        Memory(id="taken", text="another text"),
        Memory(id="late", text="in no calendar", create_time=Timestamp(seconds=1 << 60)),
        Memory(id="twice", text="said twice"),
        Memory(id="twice", text="said twice"),
        Memory(text="without an id"),
        Memory(text="without an id"),
    ]
    answer = await import_(tenant, rows)
    assert answer.created_count == 3
    assert answer.duplicate_count == 2
    assert answer.rejected_count == 4
    assert [(error.row, error.memory_id) for error in answer.errors] == [
        (1, "empty"),
        (2, "tags"),
        (3, "taken"),
        (4, "late"),
    ]
    assert "memory.topics[0]" in answer.errors[1].error.message


async def test_a_cut_import_is_finished_by_sending_it_again(tenant: Tenant) -> None:
    """Nothing is stored twice, whatever arrived before the connection broke."""
    rows = [Memory(text=f"Row {number} of a long list") for number in range(250)]

    call = tenant.stub.ImportMemories(
        metadata=(("x-agent-memory-tenant", tenant.name),), timeout=120
    )
    for row in rows[:130]:
        await call.write(rpc.ImportMemoriesRequest(memory=row))
    call.cancel()
    answer = await import_(tenant, rows)
    assert answer.created_count + answer.duplicate_count == 250
    assert (await tenant.list()).total_size == 250


async def test_an_export_waits_for_its_reader(tenant: Tenant, redis_url: str) -> None:
    """What nobody takes is not read from the store either."""
    await import_(tenant, (_heavy(number) for number in range(600)))
    async with connect(redis_url) as client:
        call = tenant.stub.ExportMemories(
            rpc.ExportMemoriesRequest(), metadata=(("x-agent-memory-tenant", tenant.name),)
        )
        before = await _pages_read(client)
        parts = aiter(call)
        part = await anext(parts)
        await asyncio.sleep(0.5)
        assert await _pages_read(client) - before <= 3
        rest = [part async for part in parts]
        assert await _pages_read(client) - before >= 6
        assert len(memories_of([part, *rest])) == 600


def _heavy(number: int) -> Memory:
    """A memory that is large, but quickly embedded."""
    memory = Memory(text=f"Fact {number % 5}", id=f"heavy {number}", create_time=at(number // 20))
    memory.metadata["ballast"] = "x" * 40_000
    return memory


async def _pages_read(client: Redis) -> int:
    stats = await client.info("commandstats")
    return int(stats.get("cmdstat_FT.AGGREGATE", {"calls": 0})["calls"])
