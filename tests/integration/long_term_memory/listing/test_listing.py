"""Listings: newest first, complete, and stable while others write."""

import pytest
from redis.commands.search.aggregation import AggregateRequest
from redis.commands.search.query import Query

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import Listing, ListingCursor
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, QueryRefusedError
from tests.integration.long_term_memory.conftest import Inserting, Writing, deletion, memory

SCOPE = Scope("acme")
HOSTILE = ("1", "10", "9", "1e5", "0x1", "inf", "nan", "a", "A", "b", "B", "é", "É", "'", "\\", "")


@pytest.fixture
def listing(index: MemoryIndex) -> Listing:
    """Listings of the store."""
    return Listing(index)


async def pages(listing: Listing, size: int) -> list[Memory]:
    """Every memory of the scope, page by page."""
    found: list[Memory] = []
    after = None
    while True:
        page = await listing.page(SCOPE, ALWAYS, size=size, after=after)
        found += page.memories
        after = page.more_after
        if after is None:
            return found
        assert len(page.memories) == size


@pytest.mark.parametrize("size", [1, 3, 7, 100])
async def test_ties_are_broken_by_id(listing: Listing, insert: Inserting, size: int) -> None:
    """Memories of one moment come in one order on every page size, whatever their ids hold."""
    moments = (5, 7, 7, 7, 6, -3)
    records = [
        memory(f"{at} {name}", id=f"{name}{at}", create_time=to_timestamp(moments[at]))
        for at in range(len(moments))
        for name in HOSTILE
    ]
    await insert(*records)
    found = await pages(listing, size)
    assert len({record.id for record in found}) == len(found) == len(records)
    times = [record.create_time.ToNanoseconds() for record in found]
    assert times == sorted(times, reverse=True)
    assert [record.id for record in found] == [record.id for record in await pages(listing, 1000)]


async def test_each_memory_once_while_others_are_stored(
    listing: Listing, insert: Inserting, write: Writing
) -> None:
    """Memories stored or deleted between pages shift nothing; totals follow the truth."""
    records = [memory(f"{at}", create_time=to_timestamp(at // 4)) for at in range(20)]
    await insert(*records)
    seen: list[str] = []
    after = None
    for round_ in range(10):
        page = await listing.page(SCOPE, ALWAYS, size=3, after=after)
        seen += [record.id for record in page.memories]
        assert page.total == 20 + round_ - (round_ > 2)
        after = page.more_after
        if after is None:
            break
        await insert(memory(f"new {round_}", create_time=to_timestamp(1000 + round_)))
        if round_ == 2:
            await write(deletion(next(each for each in records if each.id == seen[0])))
    assert sorted(seen) == sorted(record.id for record in records)


async def test_times_are_exact_to_the_microsecond(listing: Listing, insert: Inserting) -> None:
    """Neighbouring microseconds at the ends of the exact range are told apart."""
    moments = [2**53 - 1, 2**53 - 2, 1, 0, -1, 2 - 2**53, 1 - 2**53]
    records = [memory(f"{at}", create_time=to_timestamp(at)) for at in moments]
    await insert(*reversed(records))
    assert await pages(listing, 1) == records


async def test_a_position_survives_its_cursor() -> None:
    """A position is the same after being packed, whatever the id holds."""
    for name in HOSTILE:
        place = ListingCursor(-(2**60), name)
        assert ListingCursor.unpack(place.pack()) == place


async def test_counting_needs_no_memory(listing: Listing, insert: Inserting) -> None:
    """Counts are true for none and for more than a page."""
    assert await listing.count(SCOPE, ALWAYS) == 0
    await insert(*(memory(f"{at}") for at in range(30)))
    assert await listing.count(SCOPE, ALWAYS) == 30


async def test_a_refused_query_does_not_show_itself(index: MemoryIndex) -> None:
    """The engine's complaint is passed on without the words that somebody asked."""
    for ask in (
        index.search("acme", [Query('@text:("secret words').dialect(2)]),
        index.page(
            Scope("acme").select(ALWAYS), AggregateRequest('@text:("secret words').dialect(2)
        ),
    ):
        with pytest.raises(QueryRefusedError) as refused:
            await ask
        assert "Syntax error" in str(refused.value)
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__
