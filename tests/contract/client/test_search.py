"""Finding memories through the client."""

import asyncio

import pytest

from agent_memory_client import MemoryAPIClient, MemoryRecord, MemoryValidationError
from agent_memory_client.filters import Topics, UserId
from agent_memory_client.models import MemoryRecordResults
from tests.contract.client.services.running import Services


@pytest.fixture(autouse=True)
async def _memories(client: MemoryAPIClient) -> None:
    """Seven memories of one user and one of another."""
    await client.create_long_term_memories(
        [
            *(
                MemoryRecord(text=f"tea number {n}", user_id="alice", topics=["tea", f"t{n}"])
                for n in range(7)
            ),
            MemoryRecord(text="tea and rum", user_id="bob", topics=["rum"], namespace="bar"),
        ]
    )


def texts(found: MemoryRecordResults) -> list[str]:
    """What was found."""
    return [memory.text for memory in found.memories]


async def test_filters_as_dictionaries_and_as_objects(client: MemoryAPIClient) -> None:
    """Both forms, and plain values, mean the same."""
    for criteria in (
        {"filters": {"user_id": {"eq": "bob"}}},
        {"filters": {"user_id": UserId(eq="bob")}},
        {"filters": {"user_id": "bob"}},
        {"user_id": {"eq": "bob"}},
        {"user_id": UserId(in_=["bob", "nobody"])},
        {"user_id": "bob", "filters": {"topics": Topics(any=["rum"])}},
    ):
        found = await client.search_long_term_memory(text="tea", **criteria)
        assert texts(found) == ["tea and rum"], criteria


async def test_a_keyword_and_a_filter_on_one_field_must_both_hold(client: MemoryAPIClient) -> None:
    """Neither takes the place of the other."""
    found = await client.search_long_term_memory(
        text="tea", user_id="alice", filters={"user_id": {"any": ["alice", "bob"]}}, limit=20
    )
    nothing = await client.search_long_term_memory(
        text="tea", user_id="alice", filters={"user_id": "bob"}
    )
    assert len(found.memories) == 7
    assert nothing.memories == []


async def test_unknown_arguments_are_refused(client: MemoryAPIClient) -> None:
    """A filter or option that nobody knows raises with its name."""
    with pytest.raises(MemoryValidationError, match=r"filters\.owner: unknown field"):
        await client.search_long_term_memory(text="tea", filters={"owner": "bob"})
    with pytest.raises(MemoryValidationError, match="user"):
        await client.search_long_term_memory(text="tea", user="bob")  # type: ignore[call-arg]


async def test_an_empty_text_lists_the_newest_first_with_a_true_total(
    client: MemoryAPIClient,
) -> None:
    """The total counts everything that matches, not the page."""
    found = await client.search_long_term_memory(
        text="", filters={"user_id": {"eq": "alice"}}, limit=2
    )
    assert texts(found) == ["tea number 6", "tea number 5"]
    assert (found.total, found.next_offset) == (7, 2)
    assert found.next_cursor is not None


async def test_pages_by_offset_and_by_cursor_agree(client: MemoryAPIClient) -> None:
    """Both ways visit each memory once, even where an offset lies inside a page."""
    by_offset: list[str] = []
    by_cursor: list[str] = []
    offset: int | None = 0
    cursor: str | None = None
    while offset is not None:
        page = await client.search_long_term_memory("tea", limit=3, offset=offset)
        by_offset += texts(page)
        offset = page.next_offset
    while True:
        page = await client.search_long_term_memory("tea", limit=3, cursor=cursor)
        by_cursor += texts(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    odd = await client.search_long_term_memory("tea", limit=3, offset=1)
    assert by_offset == by_cursor
    assert len(by_offset) == len(set(by_offset)) == 8
    assert texts(odd) == by_offset[1:4]
    assert odd.next_cursor is None


async def test_all_memories_are_iterated_once(client: MemoryAPIClient) -> None:
    """The iterator follows cursors to the end."""
    found = [
        memory.text
        async for memory in client.search_all_long_term_memories(
            "tea", batch_size=2, user_id="alice"
        )
    ]
    assert sorted(found) == [f"tea number {n}" for n in range(7)]


async def test_options_reach_the_server(client: MemoryAPIClient, services: Services) -> None:
    """Mode, weights, recency, time and explanation are sent as the contract names them."""
    found = await client.search_long_term_memory(
        "tea",
        search_mode="hybrid",
        hybrid_alpha=0.6,
        min_score=0.1,
        recency_boost=True,
        recency={"half_life_created_days": 3},
        ranking={"entity_match": False},
        as_of="2024-01-01",
        include_superseded=True,
        time_zone="Europe/Berlin",
        explain=True,
    )
    (call,) = services.recorder.calls("SearchMemories")
    query = call.request.query
    assert (query.mode, query.ranking.dense_weight, query.min_score) == (3, 0.6, 0.1)
    assert (query.recency.enabled, query.recency.half_life_create_days) == (True, 3)
    assert not query.recency.HasField("semantic_weight")
    assert query.ranking.HasField("entity_match")
    assert query.as_of.ToJsonString() == "2024-01-01T00:00:00Z"
    assert (query.include_superseded, query.time_zone) == (True, "Europe/Berlin")
    assert found.memories[0].signals[0].name == "words"
    assert found.memories[0].score == 1.0


async def test_a_distance_means_a_semantic_search(
    client: MemoryAPIClient, services: Services
) -> None:
    """A threshold without a mode chooses the only mode it fits."""
    await client.search_long_term_memory("tea", distance_threshold=0.4)
    (call,) = services.recorder.calls("SearchMemories")
    assert (call.request.query.mode, call.request.query.max_distance) == (1, 0.4)


async def test_defaults_of_the_client_bound_a_search(services: Services) -> None:
    """The default user holds until a condition names another."""
    async with MemoryAPIClient(base_url=services.url, default_user_id="bob") as client:
        assert texts(await client.search_long_term_memory("tea")) == ["tea and rum"]
        assert (await client.search_long_term_memory("tea", user_id="alice")).total == 7
        assert await client.count_long_term_memories() == 1


async def test_listing_and_counting(client: MemoryAPIClient) -> None:
    """Listings have no score, and counts need no records."""
    listed = await client.list_long_term_memories(limit=5, topics={"all": ["tea", "t3"]})
    assert texts(listed) == ["tea number 3"]
    assert listed.memories[0].score is None
    assert await client.count_long_term_memories(namespace={"prefix": "ba"}) == 1


async def test_values_of_fields_are_listed_with_counts(client: MemoryAPIClient) -> None:
    """Pages continue, and metadata hold more than texts, which stay texts."""
    page = await client.list_field_values("user_id", limit=1)
    assert (page.values[0].value, page.values[0].memory_count, page.total) == ("alice", 7, 2)
    rest = await client.list_field_values("user_id", limit=1, cursor=page.next_cursor)
    assert ([each.value for each in rest.values], rest.next_cursor) == (["bob"], None)
    found = await client.list_field_values("metadata_value", metadata_path="agent.id")
    assert ([each.value for each in found.values], found.partial) == (
        [True, 1.5, "n", "2024"],
        True,
    )
    with pytest.raises(MemoryValidationError, match="'colour' is none of namespace"):
        await client.list_field_values("colour")


async def test_many_searches_at_once_share_one_client(client: MemoryAPIClient) -> None:
    """Concurrent searches each get their own answer."""
    results = await asyncio.gather(
        *(
            client.search_long_term_memory(text=f"{n}", filters={"topics": f"t{n}"})
            for n in range(7)
        )
    )
    assert [texts(found) for found in results] == [[f"tea number {n}"] for n in range(7)]


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_below_one_is_refused(client: MemoryAPIClient, limit: int) -> None:
    """The server would take it for its default."""
    with pytest.raises(MemoryValidationError, match="limit"):
        await client.search_long_term_memory("tea", limit=limit)
