"""What summary views hold of a user, and its end."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory_services.extraction.queue.identity import partition_prefix
from agent_memory_services.extraction.views.identity import home_of
from agent_memory_services.extraction.views.store import KeptView, ViewStore
from agent_memory_services.runtime.clock import now_micros, to_timestamp
from agent_memory_services.runtime.ids import new_id
from agent_memory_services.runtime.keys import encode

_AT_A_TIME: Final = 100


async def erase_user(
    store: ViewStore, tenant: str, user_id: str, *, barred_seconds: float
) -> dict[str, int]:
    """Erase what views hold of a user; when it was interrupted, it may be repeated.

    Every summary goes that one of the user's memories went into, though it speaks of others too:
    the next run writes it anew. A view that asks for this user alone goes with its jobs, and one
    that names the user among others names the others only.

    For `barred_seconds` no summary is kept that the user's memories went into: whoever read them
    before they were erased may still be writing.

    Returns:
        How many `summary_views` and `summary_partitions` went.
    """
    await _bar(store, tenant, user_id, barred_seconds)
    views = await _strip_views(store, tenant, user_id)
    partitions = 0
    about = f"{_prefix(store, tenant)}about:{encode(tenant)}:{encode(user_id)}"
    while found := await _members(store, about):
        places = [tuple(place.decode().split(":", 1)) for place in found]
        await store.drop(tenant, places)  # type: ignore[arg-type] # each splits in two
        # What a summary no longer says of itself would be found for ever.
        await store.store.client.srem(about, *found)
        partitions += len(found)
    return {"summary_views": views, "summary_partitions": partitions}


async def _bar(store: ViewStore, tenant: str, user_id: str, seconds: float) -> None:
    """The user goes by a digest, as it must not be found in the store."""
    key = f"{_prefix(store, tenant)}unsummed:{encode(tenant)}"
    digest = hashlib.sha1(encode(user_id).encode(), usedforsecurity=False).hexdigest()
    now = now_micros()
    async with store.store.client.pipeline(transaction=False) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now)
        pipeline.zadd(key, {digest: now + int(seconds * 1e6)})
        pipeline.pexpire(key, int(seconds * 1e3) + 1)
        await pipeline.execute()


async def _members(store: ViewStore, key: str) -> list[bytes]:
    found: Any = await store.store.client.srandmember(key, _AT_A_TIME)
    return list(found)


async def _strip_views(store: ViewStore, tenant: str, user_id: str) -> int:
    gone, after = 0, ""
    while ids := await store.ids(tenant, after, _AT_A_TIME):
        for kept in await store.load(tenant, ids):
            gone += await _strip(store, kept, user_id)
        after = ids[-1]
    return gone


async def _strip(store: ViewStore, kept: KeptView, user_id: str) -> bool:
    """Let a view name the user no more; whether nothing was left of it."""
    left = without_user(kept.view.filter, user_id)
    if left is None:
        return await store.delete(kept, forget_jobs=True)
    if left != kept.view.filter:
        after = SummaryView()
        after.CopyFrom(kept.view)
        after.filter.CopyFrom(left)
        after.update_time.CopyFrom(to_timestamp(now_micros()))
        after.etag = new_id()
        await store.update(kept, after)
    return False


def without_user(given: MemoryFilter, user_id: str) -> MemoryFilter | None:
    """A filter that means the same without naming a user; None where only the user is meant."""
    stripped = MemoryFilter()
    stripped.CopyFrom(given)
    if given.HasField("user_id"):
        condition = _others(given.user_id, user_id)
        if condition is None:
            return None
        stripped.user_id.CopyFrom(condition)
        if not condition.ByteSize():
            stripped.ClearField("user_id")
    for field in ("any_of", "none_of"):
        parts = [without_user(part, user_id) for part in getattr(given, field)]
        stripped.ClearField(field)
        getattr(stripped, field).extend(part for part in parts if part is not None)
    return None if given.any_of and not stripped.any_of else stripped


def _others(given: TagFilter, user_id: str) -> TagFilter | None:
    """A condition on the owner without one of them; None where it asks for that one."""
    if (given.HasField("eq") and given.eq == user_id) or user_id in given.all:
        return None
    others = TagFilter()
    others.CopyFrom(given)
    if given.HasField("ne") and given.ne == user_id:
        others.ClearField("ne")
    for field in ("any", "none"):
        kept: Sequence[str] = [value for value in getattr(given, field) if value != user_id]
        others.ClearField(field)
        getattr(others, field).extend(kept)
    return None if given.any and not others.any else others


def _prefix(store: ViewStore, tenant: str) -> str:
    return partition_prefix(home_of(tenant, store.store.partitions))
