"""Defining views: what is accepted, who sees it, and what is left of a user."""

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from redis.asyncio import Redis

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import SummaryGroupField, SummaryView
from agent_memory_services.extraction.domain.views import ViewName
from agent_memory_services.extraction.erasure.targets import erase_user
from agent_memory_services.extraction.store.queue import Retention, Store
from agent_memory_services.extraction.store.views import ViewStore
from agent_memory_services.kit.contract.errors import EtagMismatch
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.redis.keys import encode
from tests.contract.kit.refusals import refused
from tests.integration.extraction.views.conftest import World, Worlds

BY_USER = SummaryGroupField.SUMMARY_GROUP_FIELD_USER_ID


async def get(world: World, view_id: str) -> SummaryView:
    """A view as it is now."""
    request = pb.GetSummaryViewRequest(view_id=view_id)
    return (await world.call(world.extraction, "GetSummaryView", request)).summary_view


async def test_a_view_is_kept_as_it_was_defined(world: World) -> None:
    """What is created is read back and listed in pages; creating it again answers the same."""
    fields = {
        "name": "n",
        "filter": MemoryFilter(topics=TagFilter(eq="food")),
        "time_window": Duration(seconds=3600),
        "prompt": 'Be brief: {"like": "this"}.',
        "model_name": "m",
    }
    made = [await world.view("user_id", id=f"v{number}", **fields) for number in range(5)]
    assert await get(world, "v1") == made[1]
    assert made[1].create_time == made[1].update_time
    assert await world.view("user_id", id="v1", **fields) == made[1]
    with refused() as refusal:
        await world.view("namespace", id="v1", **fields)
    assert refusal.reason == "ID_ALREADY_EXISTS"
    seen: list[SummaryView] = []
    request = pb.ListSummaryViewsRequest(page_size=2)
    while True:
        page = await world.call(world.extraction, "ListSummaryViews", request)
        seen += page.summary_views
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == made


async def test_a_change_needs_the_present_etag(world: World) -> None:
    """A stale etag is refused, fields can be cleared, and a change of nothing writes nothing."""
    view = await world.view("user_id", name="n", prompt="Be brief.")
    changed = await world.update(SummaryView(id=view.id), "prompt")
    assert (changed.prompt, changed.name) == ("", "n")
    with refused() as refusal:
        await world.update(SummaryView(id=view.id, name="x", etag=view.etag))
    assert refusal.reason == "ETAG_MISMATCH"
    assert refusal.metadata == {"current_etag": changed.etag}
    assert await world.update(SummaryView(id=view.id, name="n"), "name") == changed
    with refused() as refusal:
        await world.update(SummaryView(id=view.id), "create_time")
    assert refusal.reason == "INVALID_FIELD_MASK"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"time_window": Duration(seconds=0)}, "summary_view.time_window"),
        ({"prompt": "   "}, "summary_view.prompt"),
        ({"prompt": "Sum up {memories}."}, "summary_view.prompt"),
        ({"prompt": "<|im_start|>system"}, "summary_view.prompt"),
        ({"prompt": "bell\a"}, "summary_view.prompt"),
    ],
)
async def test_what_cannot_work_is_refused(
    world: World, fields: dict[str, Any], field: str
) -> None:
    """The field at fault is named, on creation and on change."""
    with refused() as refusal:
        await world.view("user_id", **fields)
    assert list(refusal.fields) == [field]
    view = await world.view("user_id")
    with refused() as refusal:
        await world.update(SummaryView(id=view.id, **fields))
    assert list(refusal.fields) == [field]


async def test_a_view_is_its_tenants(worlds: Worlds, world: World) -> None:
    """Another tenant neither finds, lists, changes, runs nor deletes it."""
    view = await world.view("user_id")
    async with worlds() as stranger:
        for call in (
            get(stranger, view.id),
            stranger.update(SummaryView(id=view.id, name="x")),
            stranger.start(view),
            stranger.run_group(view, user_id="alice"),
            stranger.partitions(view),
        ):
            with refused() as refusal:
                await call
            assert refusal.reason == "SUMMARY_VIEW_NOT_FOUND"
        deletion = pb.DeleteSummaryViewRequest(view_id=view.id)
        gone = await stranger.call(stranger.extraction, "DeleteSummaryView", deletion)
        assert not gone.deleted
        listing = pb.ListSummaryViewsRequest()
        page = await stranger.call(stranger.extraction, "ListSummaryViews", listing)
        assert list(page.summary_views) == []


async def test_an_erased_user_leaves_no_summary(redis_url: str, world: World) -> None:
    """Summaries that the user's memories went into go, and views name the user no more."""
    await world.remember("User likes tea", user_id="zoe-who-leaves")
    await world.remember("User likes rain", user_id="bob")
    both = TagFilter(any=["zoe-who-leaves", "bob"])
    everybody = await world.view("namespace")
    each = await world.view("user_id", filter=MemoryFilter(user_id=both))
    alone = MemoryFilter(user_id=TagFilter(eq="zoe-who-leaves"))
    own = await world.view("user_id", filter=alone)
    for view in (everybody, each, own):
        await world.run(view)
    async with connect(redis_url) as client:
        store = ViewStore(Store(client, 4, Retention()))
        erased = await erase_user(store, world.tenant, "zoe-who-leaves", barred_seconds=0)
        assert erased["summary_views"] == 1
        for number in range(4):
            while await store.clear_ended(number):
                pass
        assert await residue(client, world.tenant, "zoe-who-leaves") == []
    assert await world.partitions(everybody) == []
    assert list((await get(world, each.id)).filter.user_id.any) == ["bob"]
    await world.run(everybody)
    (partition,) = await world.partitions(everybody)
    assert partition.memory_count == 2


async def test_who_still_writes_of_an_erased_user_writes_in_vain(
    redis_url: str, world: World
) -> None:
    """A summary of memories that were read before the erasure is not kept; others are."""
    await world.remember("User likes tea", user_id="yan-who-leaves")
    await world.remember("User likes rain", user_id="bob")
    each = await world.view("user_id")
    async with connect(redis_url) as client:
        store = ViewStore(Store(client, 4, Retention()))
        await erase_user(store, world.tenant, "yan-who-leaves", barred_seconds=60)
        await world.run(each)
        assert await residue(client, world.tenant, "yan-who-leaves") == []
    (partition,) = await world.partitions(each)
    assert partition.group.user_id == "bob"


async def residue(client: Redis, tenant: str, user_id: str) -> list[bytes]:
    """Keys of extraction that name a user of a tenant, or hold a value that does."""
    found = []
    async for key in client.scan_iter("am:ex:*"):
        content = await client.dump(key)
        if encode(tenant).encode() in key or tenant.encode() in (content or b""):
            names = (user_id.encode(), encode(user_id).encode())
            found += [key for name in names if name in key or name in (content or b"")]
    return found


async def test_what_was_decided_for_one_view_is_not_done_to_the_next(
    redis_url: str, world: World
) -> None:
    """A view that took the place of the one that was read is neither deleted nor run."""
    async with connect(redis_url) as client:
        store = ViewStore(Store(client, 4, Retention()))
        view = await world.view("user_id")
        read = await store.find(ViewName(world.tenant, view.id))
        assert read is not None
        await world.update(SummaryView(id=view.id, name="another"), "name")
        with pytest.raises(EtagMismatch):
            await store.delete(read)
        with pytest.raises(EtagMismatch):
            await store.schedule(read, only_changed=False)
        assert (await get(world, view.id)).name == "another"
