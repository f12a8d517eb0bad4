"""Views that name a user who is erased: everything that is kept of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import SummaryGroupField, SummaryView
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory_services.kit.redis.client import connect
from tests.integration.extraction.views.conftest import World
from tests.support.residue import residue

ZOE = "zoe.glass@example.org"


def owner(**condition: Any) -> MemoryFilter:
    """A filter by the owner."""
    return MemoryFilter(user_id=TagFilter(**condition))


VIEWS: dict[str, dict[str, Any]] = {
    "eq": {"filter": owner(eq=ZOE)},
    "ne": {"filter": owner(ne=ZOE)},
    "any": {"filter": owner(any=[ZOE, "bob"])},
    "all": {"filter": owner(all=[ZOE])},
    "none": {"filter": owner(none=[ZOE, "bob"])},
    "prefix": {"filter": owner(prefix=ZOE)},
    "longer prefix": {"filter": owner(prefix=f"{ZOE}/")},
    "prefix in a group": {"filter": MemoryFilter(any_of=[owner(prefix=ZOE), owner(eq="bob")])},
    "prefix left out": {"filter": MemoryFilter(none_of=[owner(prefix=ZOE)])},
    "deep": {"filter": MemoryFilter(none_of=[MemoryFilter(any_of=[owner(eq=ZOE)])])},
    "entity": {"filter": MemoryFilter(entities=TagFilter(any=[ZOE]))},
    "session": {"filter": MemoryFilter(session_id=TagFilter(prefix=f"{ZOE}-"))},
    "namespace": {"filter": MemoryFilter(namespace=TagFilter(eq=f"users/{ZOE}"))},
    "memory": {"filter": MemoryFilter(id=TagFilter(none=[f"of-{ZOE}"]))},
    "id": {"id": f"about {ZOE}"},
    "name": {"name": f"What {ZOE} likes"},
    "prompt": {"prompt": f"Tell what {ZOE} likes."},
}


async def erase(world: World) -> None:
    """Erase the user from both services."""
    await world.call(world.extraction, "EraseUser", pb.EraseUserRequest(user_id=ZOE))
    await world.call(world.memories, "EraseUser", ltm.EraseUserRequest(user_id=ZOE))


@pytest_asyncio.fixture(loop_scope="module")
async def store(redis_url: str) -> AsyncIterator[Redis]:
    """The store, as it is."""
    async with connect(redis_url) as client:
        yield client


async def test_no_view_names_an_erased_user(world: World, store: Redis) -> None:
    """Wherever it named the user: neither it, its jobs, its summaries nor remembered answers do."""
    await world.remember("Likes tea", user_id=ZOE)
    await world.remember("Likes rain", user_id="bob")
    group_by = [SummaryGroupField.SUMMARY_GROUP_FIELD_USER_ID]
    for place, fields in VIEWS.items():
        request = pb.CreateSummaryViewRequest(
            summary_view=SummaryView(group_by=group_by, **fields), request_id=f"make {place}"
        )
        answer = await world.call(world.extraction, "CreateSummaryView", request)
        run = pb.RunSummaryViewRequest(view_id=answer.summary_view.id, request_id=f"run {place}")
        await world.call(world.extraction, "RunSummaryView", run)
        await world.run(answer.summary_view)
    assert len(await residue(store, ZOE)) > len(VIEWS)
    await erase(world)
    assert await residue(store, ZOE) == []


@pytest.mark.parametrize("deleted", [False, True], ids=["changed", "deleted"])
async def test_what_a_view_was_before_names_nobody_either(
    world: World, store: Redis, deleted: bool
) -> None:
    """Jobs of a view that named the user then, and does not now or is gone, go with the user."""
    view = await world.view("namespace", filter=owner(eq=ZOE))
    await world.run(view)
    if deleted:
        request = pb.DeleteSummaryViewRequest(view_id=view.id)
        await world.call(world.extraction, "DeleteSummaryView", request)
    else:
        await world.update(SummaryView(id=view.id, filter=owner(eq="bob")), "filter")
    await erase(world)
    assert await residue(store, ZOE) == []


async def test_the_group_of_an_emptied_session_names_nobody(world: World, store: Redis) -> None:
    """A session is named by its user: its group goes, though its memories went before."""
    (memory_id,) = await world.remember("Likes tea", user_id=ZOE, session_id=f"{ZOE}-1")
    view = await world.view("session_id")
    await world.run(view)
    await world.forget(memory_id)
    await world.run(view)
    assert len(await world.partitions(view)) == 1
    await erase(world)
    assert await residue(store, ZOE) == []


async def test_a_request_id_that_names_somebody_is_in_no_key(world: World, store: Redis) -> None:
    """What a caller calls a call is nowhere in the store, though its answer is remembered."""
    for stub, method, request in (
        (world.extraction, "DeleteSummaryView", pb.DeleteSummaryViewRequest(view_id="x")),
        (world.memories, "DeleteMemories", ltm.DeleteMemoriesRequest(memory_ids=["x"])),
    ):
        request.request_id = f"{ZOE}-1"
        await world.call(stub, method, request)
    assert await residue(store, ZOE) == []


async def test_a_view_of_many_stays_for_the_others(world: World) -> None:
    """A prefix that many ids share names none of them; what names several loses one."""
    shared = await world.view("user_id", filter=owner(prefix="zoe."))
    several = await world.view("user_id", filter=owner(any=[ZOE, "bob"]))
    await erase(world)
    request = pb.ListSummaryViewsRequest()
    left = await world.call(world.extraction, "ListSummaryViews", request)
    assert {view.id: view.filter for view in left.summary_views} == {
        shared.id: owner(prefix="zoe."),
        several.id: owner(any=["bob"]),
    }
