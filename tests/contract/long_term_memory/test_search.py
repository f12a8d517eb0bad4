"""SearchMemories and StreamSearchMemories."""

import asyncio
from typing import Any

import grpc
import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TypeFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Validity
from agent_memory.common.v1.search_pb2 import MemoryHit, RecencyOptions, SearchMode, SearchQuery
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.servers import Served, serving
from tests.support.settings import configured

NONE = ltm.DEDUPLICATION_POLICY_NONE
SEMANTIC = SearchMode.SEARCH_MODE_SEMANTIC
KEYWORD = SearchMode.SEARCH_MODE_KEYWORD
HYBRID = SearchMode.SEARCH_MODE_HYBRID
FACTS = (
    "Alice is vegetarian",
    "Alice prefers meetings in the morning",
    "Bob climbs mountains at the weekend",
    "The quarterly report is due on Friday",
)


async def streamed(tenant: Tenant, limit: int = 0, **fields: object) -> list[MemoryHit]:
    """All hits of a stream."""
    query = SearchQuery(untracked=True, **fields)  # type: ignore[arg-type]
    stream = tenant.stub.StreamSearchMemories(
        rpc.StreamSearchMemoriesRequest(query=query, limit=limit, explain=True),
        metadata=(("x-agent-memory-tenant", tenant.name),),
        timeout=120,
    )
    return [hit async for response in stream for hit in response.hits]


@pytest.mark.parametrize("mode", [0, SEMANTIC, KEYWORD, HYBRID])
async def test_the_fact_comes_first(tenant: Tenant, mode: int) -> None:
    """Each mode finds the fact, with a score within 0 to 1 and a true total."""
    await tenant.create(*FACTS)
    found = await tenant.search("When does Alice like to have meetings?", mode=mode)
    assert found.hits[0].memory.text == FACTS[1]
    assert found.total_size == 4
    assert all(0 <= hit.score <= 1 for hit in found.hits)
    assert found.hits[0].HasField("distance") == (mode != KEYWORD)


@pytest.mark.parametrize("mode", [SEMANTIC, KEYWORD, HYBRID])
@pytest.mark.parametrize("asked", ["{question} {page}", "{page} {question}"])
async def test_a_page_that_was_pasted_hides_no_question(
    tenant: Tenant, mode: SearchMode.ValueType, asked: str
) -> None:
    """The question before or behind it is answered, and a quote in the page binds nothing."""
    await tenant.create(*FACTS)
    page = 'He said "lorem ipsum" and dolor sit amet. ' * 5000
    text = asked.format(question="What does Bob climb at the weekend?", page=page)
    found = await tenant.search(text, mode=mode)
    assert found.hits[0].memory.text == FACTS[2]


async def test_messages_are_found_by_a_question_and_listed_on_request(tenant: Tenant) -> None:
    """Without a text they are left out, unless the filter names types, at any depth."""
    said = "Shall we climb on Saturday?"
    await tenant.create(FACTS[2], Memory(text=said, type=MemoryType.MEMORY_TYPE_MESSAGE))
    asked = await tenant.search("Who climbs?")
    assert {hit.memory.text for hit in asked.hits} == {FACTS[2], said}
    every = [MemoryType.MEMORY_TYPE_SEMANTIC, MemoryType.MEMORY_TYPE_MESSAGE]
    for condition, listed in (
        (MemoryFilter(), {FACTS[2]}),
        (MemoryFilter(type=TypeFilter(any=every)), {FACTS[2], said}),
        (MemoryFilter(any_of=[MemoryFilter(type=TypeFilter(any=every[1:]))]), {said}),
    ):
        found = await tenant.search("", filter=condition)
        assert {hit.memory.text for hit in found.hits} == listed
        assert found.total_size == len(listed)


async def test_scores_explain_themselves(tenant: Tenant) -> None:
    """On request, the parts of each score are named and add up to it."""
    await tenant.create(*FACTS)
    request = rpc.SearchMemoriesRequest(
        query=SearchQuery(text="Alice", untracked=True), explain=True
    )
    for hit in (await tenant.call("SearchMemories", request)).hits:
        assert sum(signal.contribution for signal in hit.signals) == pytest.approx(hit.score)
        assert len({signal.name for signal in hit.signals}) == len(hit.signals)
    request.explain = False
    answer = await tenant.call("SearchMemories", request)
    assert not any(hit.signals for hit in answer.hits)


@pytest.mark.parametrize("mode", [SEMANTIC, KEYWORD, HYBRID])
@pytest.mark.parametrize("size", [3, 100])
async def test_pages_show_each_hit_once(
    tenant: Tenant, mode: SearchMode.ValueType, size: int
) -> None:
    """Through every page while others write, and with scores that never leave the scale."""
    await tenant.create(*(f"{FACTS[at % 4]} ({at})" for at in range(30)), deduplication=NONE)
    expected = {memory.id for memory in (await tenant.list(page_size=1000)).memories}
    request = rpc.SearchMemoriesRequest(
        query=SearchQuery(text="Alice or the report or mountains", mode=mode), page_size=size
    )
    shown: list[str] = []
    while True:
        page = await tenant.call("SearchMemories", request)
        assert page.total_size == 30
        assert len(page.hits) <= size
        shown += [hit.memory.id for hit in page.hits]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
        await tenant.create(f"Alice reports from mountain number {len(shown)}")
    assert len(shown) == len(set(shown))
    assert set(shown) == expected


async def test_no_text_lists_the_newest(tenant: Tenant) -> None:
    """Without a question the filter alone decides, newest first, page by page."""
    await tenant.create(*FACTS)
    first = await tenant.search("", page_size=3)
    assert [hit.memory.text for hit in first.hits] == [*FACTS[:0:-1]]
    request = rpc.SearchMemoriesRequest(
        query=SearchQuery(untracked=True), page_size=3, page_token=first.next_page_token
    )
    rest = await tenant.call("SearchMemories", request)
    assert [hit.memory.text for hit in rest.hits] == [FACTS[0]]
    assert (rest.total_size, rest.next_page_token) == (4, "")


async def test_what_is_found_is_noted(tenant: Tenant) -> None:
    """A hit counts once per interval, in the background; untracked searches leave no trace."""
    [result] = await tenant.create("Alice is vegetarian")
    await tenant.search("vegetarian")
    request = rpc.SearchMemoriesRequest(query=SearchQuery(text="vegetarian"))
    for _ in range(3):
        await tenant.call("SearchMemories", request)
    async with asyncio.timeout(120):
        while not (found := await tenant.get(result.memory_id)).access_count:
            await asyncio.sleep(0.01)
    assert found.access_count == 1
    assert found.HasField("last_access_time")
    assert found.etag == result.memory.etag
    page = await tenant.list(filter={"last_access_time": {"exists": True}})
    assert page.total_size == 1


async def test_a_quoted_phrase_must_occur(tenant: Tenant) -> None:
    """In keyword and hybrid searches, what stands in quotes stands in every hit."""
    await tenant.create("meetings in the morning", "in the morning, no meetings")
    for mode in (KEYWORD, HYBRID):
        found = await tenant.search('"meetings in the morning"', mode=mode)
        assert [hit.memory.text for hit in found.hits] == ["meetings in the morning"]


async def test_truth_has_its_time(tenant: Tenant) -> None:
    """What ended is found as of its time and on request, and not now."""
    await tenant.create(
        Memory(text="lives in Paris", validity=Validity(invalid_from=to_timestamp(5))),
        Memory(text="lives in Rome", validity=Validity(valid_from=to_timestamp(5))),
    )
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "Rome"),
        ({"as_of": to_timestamp(4)}, "Paris"),
    ]
    for fields, town in cases:
        found = await tenant.search("lives", **fields)
        assert [hit.memory.text for hit in found.hits] == [f"lives in {town}"]
    assert len((await tenant.search("lives", include_superseded=True)).hits) == 2


async def test_tenants_do_not_meet(tenant: Tenant, neighbour: Tenant) -> None:
    """A search sees its own tenant alone, in every mode and without a text."""
    await neighbour.create(*FACTS)
    for mode in (SEMANTIC, KEYWORD, HYBRID):
        for text in ("Alice", ""):
            found = await tenant.search(text, mode=mode)
            assert (list(found.hits), found.total_size) == ([], 0)


async def test_a_stream_holds_everything(tenant: Tenant) -> None:
    """A stream brings every hit once, best first, explained, up to its limit."""
    await tenant.create(*(f"likes tea number {at}" for at in range(250)), deduplication=NONE)
    hits = await streamed(tenant, text="tea")
    assert len({hit.memory.id for hit in hits}) == len(hits) == 250
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.signals for hit in hits)
    assert len(await streamed(tenant, text="tea", limit=7)) == 7
    newest = await streamed(tenant, text="", limit=150)
    assert [hit.memory.text for hit in newest[:2]] == [
        f"likes tea number {at}" for at in (249, 248)
    ]
    assert len({hit.memory.id for hit in newest}) == 150


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (None, "query"),
        (SearchQuery(text="x", max_distance=0.5), "query.max_distance"),
        (SearchQuery(text="x", mode=SEMANTIC, max_distance=3), "query.max_distance"),
        (SearchQuery(max_distance=0.5, mode=SEMANTIC), "query.max_distance"),
        (SearchQuery(text="x", min_score=1.5), "query.min_score"),
        (SearchQuery(text=" ", min_score=0.5), "query.min_score"),
        (SearchQuery(text="x", time_zone="Nowhere/City"), "query.time_zone"),
        (SearchQuery(time_zone="Nowhere/City"), "query.time_zone"),
        (SearchQuery(text="x" * 262145), "query.text"),
        (SearchQuery(text="x", mode=9), "query.mode"),  # type: ignore[arg-type] # no such mode
        (SearchQuery(recency=RecencyOptions(recency_weight=2)), "query.recency.recency_weight"),
        (
            SearchQuery(filter=MemoryFilter(user_id=TagFilter(prefix=""))),
            "query.filter.user_id.prefix",
        ),
    ],
)
async def test_a_bad_query_names_its_field(
    tenant: Tenant, query: SearchQuery | None, field: str
) -> None:
    """Searching and streaming refuse a query at the place where it is wrong."""
    with refused() as refusal:
        await tenant.call("SearchMemories", rpc.SearchMemoriesRequest(query=query))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(refusal.fields) == [field]
    if query is not None:
        with refused() as refusal:
            stream = tenant.stub.StreamSearchMemories(
                rpc.StreamSearchMemoriesRequest(query=query), timeout=120
            )
            _ = [response async for response in stream]
        assert list(refusal.fields) == [field]


async def test_tokens_belong_to_their_query(tenant: Tenant) -> None:
    """A token of another question, or of a listing, is refused."""
    await tenant.create("x y", "x z")
    token = (await tenant.search("x", page_size=1)).next_page_token
    listed = (await tenant.list(page_size=1)).next_page_token
    for text, bad in (("y", token), ("x", listed), ("x", token[:-2]), ("", token)):
        with refused() as refusal:
            request = rpc.SearchMemoriesRequest(
                query=SearchQuery(text=text, untracked=True), page_token=bad
            )
            await tenant.call("SearchMemories", request)
        assert refusal.reason == "INVALID_TOKEN"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("seconds", [-62_135_596_800, 253_402_300_799])
async def test_the_first_and_the_last_time_can_be_asked_about(
    tenant: Tenant, seconds: int, zone: str
) -> None:
    """In every zone; words that lead beyond the calendar are no times."""
    await tenant.create(*FACTS)
    for when in ("today", "yesterday", "tomorrow", "last week", "since last month", "last year"):
        await tenant.search(f"Where was Alice {when}?", as_of={"seconds": seconds}, time_zone=zone)


async def test_a_search_sees_what_another_replica_did(served: Served, redis_url: str) -> None:
    """What one process stored, changed, deleted or erased is so for the next search of another."""
    settings = configured(
        Settings, redis_url=redis_url, metrics_listen="", access_log=False, shards=2
    )
    name = new_id()
    here = Tenant(LongTermMemoryServiceStub(served.channel), name)
    mine = MemoryFilter(user_id=TagFilter(eq="ann"))
    async with serving(lifespan, settings) as other:
        there = Tenant(LongTermMemoryServiceStub(other.channel), name)

        async def found() -> set[str]:
            pages = [await each.search("tea", filter=mine) for each in (here, there)]
            [hits, same] = [{hit.memory.text for hit in page.hits} for page in pages]
            assert hits == same
            return hits

        assert await found() == set()
        tea = Memory(text="User drinks green tea", user_id="ann")
        [created] = await here.create(tea)
        assert await found() == {"User drinks green tea"}
        await there.create(Memory(text="User went to Oslo", user_id="ann"))
        assert await found() == {"User drinks green tea", "User went to Oslo"}
        changed = Memory(id=created.memory_id, text="User drinks black tea")
        await there.update(changed, "text")
        assert await found() == {"User drinks black tea", "User went to Oslo"}
        await here.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=[created.memory_id]))
        assert await found() == {"User went to Oslo"}
        await there.call("EraseUser", rpc.EraseUserRequest(user_id="ann"))
        assert await found() == set()


async def test_standing_memories_come_beside_hits(tenant: Tenant) -> None:
    """Whatever the text, the newest first, and none that the filter leaves out."""
    given = [
        Memory(text=f"User wants {what}", user_id=user, standing=standing)
        for what, user, standing in (
            ("short answers", "ann", True),
            ("tea", "ann", False),
            ("metric units", "ann", True),
            ("long answers", "ben", True),
        )
    ]
    for each in given:
        await tenant.create(each)

    async def found(limit: int, **conditions: Any) -> rpc.SearchMemoriesResponse:
        query = SearchQuery(text="tea", untracked=True, filter=MemoryFilter(**conditions))
        request = rpc.SearchMemoriesRequest(query=query, page_size=1, standing_limit=limit)
        answer: rpc.SearchMemoriesResponse = await tenant.call("SearchMemories", request)
        return answer

    ann = TagFilter(eq="ann")
    beside = (await found(50, user_id=ann)).standing.memories
    assert [each.text for each in beside] == ["User wants metric units", "User wants short answers"]
    [newest] = (await found(1)).standing.memories
    assert newest.text == "User wants long answers"
    refused_ = await found(50, user_id=ann, standing=False)
    assert refused_.HasField("standing")
    assert not refused_.standing.memories
    assert not (await found(0, user_id=ann)).HasField("standing")
