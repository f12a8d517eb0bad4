"""ListMemories and CountMemories."""

from typing import Any

import grpc
import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Validity
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import to_timestamp
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant


async def all_pages(tenant: Tenant, size: int, **fields: object) -> list[Memory]:
    """Every memory of a listing."""
    found: list[Memory] = []
    token = ""
    while True:
        page = await tenant.list(page_size=size, page_token=token, **fields)
        found += page.memories
        token = page.next_page_token
        if not token:
            return found


def nested(levels: int) -> MemoryFilter:
    """Groups in groups."""
    inner = MemoryFilter(pinned=True)
    for _ in range(levels):
        inner = MemoryFilter(none_of=[inner])
    return inner


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_pages_hold_each_memory_once(tenant: Tenant, size: int) -> None:
    """Newest first, through every page, with a true total on each."""
    times = [to_timestamp(at // 3) for at in range(20)]
    await tenant.create(*(Memory(text=f"{at}", create_time=t) for at, t in enumerate(times)))
    found = await all_pages(tenant, size)
    assert len({memory.id for memory in found}) == 20
    ages = [memory.create_time.ToNanoseconds() for memory in found]
    assert ages == sorted(ages, reverse=True)
    assert (await tenant.list(page_size=size)).total_size == 20


async def test_page_sizes_are_coerced(tenant: Tenant) -> None:
    """Zero means the default, too much means the most, negative is refused."""
    await tenant.create(*(f"{at}" for at in range(30)))
    assert len((await tenant.list()).memories) == 20
    assert len((await tenant.list(page_size=5000)).memories) == 30
    with refused() as refusal:
        await tenant.list(page_size=-1)
    assert list(refusal.fields) == ["page_size"]


async def test_what_is_over_is_left_out(tenant: Tenant) -> None:
    """Ended, expired and future memories are listed and counted on request only."""
    over = [
        Memory(text="ended", validity=Validity(invalid_from=to_timestamp(1))),
        Memory(text="expired", expire_time=to_timestamp(1)),
        Memory(text="future", validity=Validity(valid_from=to_timestamp(2**52))),
    ]
    await tenant.create(Memory(text="now", expire_time=to_timestamp(2**52)), *over)
    for include_hidden, texts in ((False, {"now"}), (True, {"now", "ended", "expired", "future"})):
        page = await tenant.list(include_hidden=include_hidden)
        assert {memory.text for memory in page.memories} == texts
        count = rpc.CountMemoriesRequest(include_hidden=include_hidden)
        assert (await tenant.call("CountMemories", count)).count == len(texts)


async def test_filters_are_exact(tenant: Tenant) -> None:
    """Operators mean what they say: all bounds, all values, prefixes, groups."""
    await tenant.create(
        Memory(id="a", text="a", user_id="alice", topics=["x", "y"], create_time=to_timestamp(5)),
        Memory(id="b", text="b", user_id="Alice", topics=["x"], create_time=to_timestamp(6)),
        Memory(id="c", text="c", user_id="alice,bob", create_time=to_timestamp(7), pinned=True),
        Memory(id="d", text="d", type=MemoryType.MEMORY_TYPE_EPISODIC, create_time=to_timestamp(8)),
    )
    cases: list[tuple[Any, str]] = [
        ({"user_id": {"eq": "alice"}}, "a"),
        ({"user_id": {"eq": ""}}, "d"),
        ({"user_id": {"ne": "alice"}}, "bcd"),
        ({"user_id": {"prefix": "a"}}, "ac"),
        ({"user_id": {"any": ["Alice", ""]}}, "bd"),
        ({"topics": {"all": ["x", "y"]}}, "a"),
        ({"topics": {"none": ["y"]}}, "bcd"),
        ({"create_time": {"gte": to_timestamp(6), "lt": to_timestamp(8)}}, "bc"),
        ({"create_time": {"eq": to_timestamp(7)}}, "c"),
        ({"event_time": {"exists": True}}, ""),
        ({"type": {"any": [2]}}, "d"),
        ({"strategy": {"none": [1, 2, 3, 4, 5]}}, "abcd"),
        ({"pinned": True}, "c"),
        ({"any_of": [{"pinned": True}, {"topics": {"eq": "y"}}]}, "ac"),
        ({"none_of": [{"pinned": True}, {"topics": {"eq": "y"}}]}, "bd"),
        ({"any_of": [{"user_id": {"prefix": "al"}, "none_of": [{"pinned": True}]}]}, "a"),
    ]
    for conditions, expected in cases:
        page = await tenant.list(filter=conditions)
        assert "".join(sorted(memory.id for memory in page.memories)) == expected, conditions
        count = rpc.CountMemoriesRequest(filter=conditions)
        assert (await tenant.call("CountMemories", count)).count == len(expected)


async def test_tenants_do_not_meet(tenant: Tenant, neighbour: Tenant) -> None:
    """No filter, and no token, reaches into another tenant."""
    await neighbour.create("x", "y")
    await tenant.create("x", "y")
    assert (await tenant.list(filter={"none_of": [{"pinned": True}]})).total_size == 2
    token = (await neighbour.list(page_size=1)).next_page_token
    with refused() as refusal:
        await tenant.list(page_size=1, page_token=token)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN")


async def test_tokens_belong_to_their_query(tenant: Tenant) -> None:
    """A token of another filter, kind or making is refused; the page size may change."""
    await tenant.create("x", "y", "z")
    token = (await tenant.list(page_size=1)).next_page_token
    assert len((await tenant.list(page_size=2, page_token=token)).memories) == 2
    other = {"filter": {"pinned": False}, "include_hidden": True}
    for name, value in other.items():
        with refused() as refusal:
            await tenant.list(page_token=token, **{name: value})
        assert refusal.reason == "INVALID_TOKEN"
    searched = (await tenant.search("x", page_size=1)).next_page_token
    for bad in ("nonsense", token[:-1], token + "A", searched):
        with refused() as refusal:
            await tenant.list(page_token=bad)
        assert refusal.reason == "INVALID_TOKEN"


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"user_id": {"prefix": ""}}, "filter.user_id.prefix"),
        ({"any_of": [{}, {"user_id": {"prefix": ""}}]}, "filter.any_of[1].user_id.prefix"),
        ({"type": {"any": [0]}}, "filter.type.any[0]"),
        (nested(9), "filter" + ".none_of[0]" * 8 + ".none_of"),
    ],
)
async def test_a_bad_filter_names_its_field(tenant: Tenant, conditions: Any, field: str) -> None:
    """Listing and counting refuse a filter at the place where it is wrong."""
    for method, kind in (
        ("ListMemories", rpc.ListMemoriesRequest),
        ("CountMemories", rpc.CountMemoriesRequest),
    ):
        with refused() as refusal:
            await tenant.call(method, kind(filter=conditions))
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        )
        assert list(refusal.fields) == [field]
