"""Sessions and views of a user, as erasure finds them."""

import hashlib
import re
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.extraction.v1.extraction_pb2 import Job, SummaryView
from agent_memory_services.extraction.domain.records import Session, Thread, partition_prefix
from agent_memory_services.extraction.domain.views import home_of
from agent_memory_services.extraction.store.queue import Limits, Store, step, taken_back_key
from agent_memory_services.extraction.store.views import KeptView, ViewStore
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.ids import fence_name, new_id
from agent_memory_services.kit.contract.messages import batched, copied
from agent_memory_services.kit.redis.keys import decode, encode
from agent_memory_services.kit.redis.replay_cache import SUMMARY_VIEWS, erase_mentions
from agent_memory_services.kit.redis.scripts import Key, Text

_AT_A_TIME: Final = 100
_CHANGES_AT_A_TIME: Final = 1000
_TAKEN_BACK_MS: Final = 30 * 24 * 60 * 60 * 1000
"""How long messages are known to be taken back: failed jobs may be tried again so much later."""
_BARRED_MS: Final = 24 * 60 * 60 * 1000
"""How long nothing of an erased session is taken in: longer than anything is on its way."""


@step("erase")
def _erase(
    base: Key,
    limits: Limits,
    *,
    session: str,
    thread: str,
    owner: str,
    fence: str,
    nobodys_fence: str,
    barred: int,
    after: Text,
) -> Any:
    """Erase a session, some of its jobs at a time."""


@dataclass(frozen=True, slots=True)
class QueuedSession:
    """A session in the queue, as it is spelled there."""

    partition: int
    key: str

    @property
    def thread_key(self) -> str:
        """Its thread."""
        return self.key.rpartition(":")[0]

    @property
    def uid(self) -> str:
        """Its incarnation."""
        return decode(self.key.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Erased:
    """Result of erasing one session: its counts, and whether it began before it had an owner."""

    jobs: int
    messages: int
    owned_late: bool


class OwnedSessions:
    """Sessions of one owner in every partition; the empty owner stands for none."""

    def __init__(self, store: Store, tenant: str, owner: str) -> None:
        self._store = store
        self._tenant = tenant
        self._owner = owner

    async def first(self, partition: int) -> list[QueuedSession]:
        """Return some of the sessions of a partition; none at its end."""
        found: Any = await self._store.client.zrange(self._key(partition), 0, _AT_A_TIME - 1)
        return [QueuedSession(partition, member.decode()) for member in found]

    async def every(self, partition: int) -> AsyncIterator[QueuedSession]:
        """Yield all sessions of a partition."""
        async for member, _ in self._store.client.zscan_iter(self._key(partition)):
            yield QueuedSession(partition, member.decode())

    async def erase(self, session: QueuedSession) -> Erased:
        """Erase a session, in steps that each take no longer than any other."""
        jobs = messages = 0
        after: bytes = b""
        late = 0
        while True:
            answer = await self._store.take(
                _erase,
                session.partition,
                session=session.key,
                thread=session.thread_key,
                owner=encode(self._owner),
                fence=fence_name(self._tenant, self._owner, session.uid),
                nobodys_fence=fence_name(self._tenant, "", session.uid),
                barred=_BARRED_MS,
                after=after,
            )
            jobs += answer[0]
            messages += answer[1]
            late = late or answer[2]
            after = answer[3]
            if not after:
                return Erased(jobs, messages, bool(late))

    def _key(self, partition: int) -> str:
        return f"{partition_prefix(partition)}owned:{encode(self._tenant)}:{encode(self._owner)}"


async def latest_session(store: Store, partition: int, thread: Thread) -> Session | None:
    """Return the incarnation of a thread that was submitted last."""
    found: Any = await store.client.get(f"{partition_prefix(partition)}latest:{thread.key}")
    return Session(thread, decode(found.decode().rpartition(":")[2])) if found else None


async def owner_of(store: Store, partition: int, session: Session) -> str:
    """Return the owner of a session; empty where none is known."""
    found: Any = await store.client.hget(
        f"{partition_prefix(partition)}session:{session.key}", "user"
    )
    return found.decode() if found else ""


async def take_back(
    store: Store, partition: int, session: Session, message_ids: Iterable[str]
) -> None:
    """Note messages of an incarnation that nothing is learned from, for as long as any may wait."""
    key = taken_back_key(partition, session)
    async with store.client.pipeline(transaction=False) as pipeline:
        for batch in batched(message_ids, _AT_A_TIME):
            pipeline.sadd(key, *batch)
        pipeline.pexpire(key, _TAKEN_BACK_MS)
        await pipeline.execute()


async def bar(store: Store, tenant: str, owner: str, uids: Iterable[str]) -> None:
    """Take in nothing of an owner's incarnations any more, wherever they would arrive.

    What another owner or tenant has under the same name is taken in as before.
    """
    until = clock.now_micros() + _BARRED_MS * 1000
    if not (members := {fence_name(tenant, owner, uid): until for uid in uids}):
        return
    async with store.client.pipeline(transaction=False) as pipeline:
        for partition in range(store.partitions):
            key = f"{partition_prefix(partition)}erased"
            pipeline.zadd(key, members)
            pipeline.pexpire(key, _BARRED_MS)
        await pipeline.execute()


async def erase_changes(store: Store, partition: int, session_keys: Collection[str]) -> int:
    """Delete the events of sessions that watchers have yet to receive, and return their number."""
    key = f"{partition_prefix(partition)}changes"
    wanted = {session.encode() for session in session_keys}
    erased, start = 0, "-"
    while True:
        entries: Any = await store.client.xrange(key, min=start, count=_CHANGES_AT_A_TIME)
        if not entries:
            return erased
        start = f"({entries[-1][0].decode()}"
        erasable = [entry_id for entry_id, fields in entries if fields[b"session"] in wanted]
        if erasable:
            erased += int(await store.client.xdel(key, *erasable))


_SOMEBODY: Final = "somebody"


async def erase_user(
    store: ViewStore, tenant: str, user_id: str, *, barred_seconds: float
) -> dict[str, int]:
    """Erase what views hold of a user; when it was interrupted, it may be repeated.

    Every summary goes that one of the user's memories went into, though it speaks of others too:
    the next run writes it anew. A view that asks for this user alone goes with its jobs, and one
    that names the user among others names the others only. So does a view that names the user
    where nothing could be left out without a change of its meaning: in a prefix of owners, in
    another condition, or in its own id. A name and a prompt say "somebody" instead.

    For `barred_seconds` no summary is kept that the user's memories went into: a run that read them
    before they were erased may still be writing.

    Returns:
        How many `summary_views` and `summary_partitions` went, and `answers` that repeated a view.
    """
    await _bar(store, tenant, user_id, barred_seconds)
    views = await _strip_views(store, tenant, user_id)
    home = home_of(tenant, store.store.partitions)
    # The summaries of views that are gone repeat the views' ids, and what prompts asked for.
    while await store.clear_ended(home):
        pass
    await _forget_jobs(store, tenant, user_id)
    answers = await erase_mentions(store.store.client, tenant, SUMMARY_VIEWS, user_id)
    partitions = 0
    about = f"{_prefix(store, tenant)}about:{encode(tenant)}:{encode(user_id)}"
    while found := await _members(store, about):
        places = [tuple(place.decode().split(":", 1)) for place in found]
        await store.drop(tenant, places)  # type: ignore[arg-type] # each splits in two
        # What a summary no longer says of itself would be found for ever.
        await store.store.client.srem(about, *found)
        partitions += len(found)
    return {"summary_views": views, "summary_partitions": partitions, "answers": answers}


async def _bar(store: ViewStore, tenant: str, user_id: str, seconds: float) -> None:
    """Bar sessions of a user, named by a digest, as the user must not be found in the store."""
    key = f"{_prefix(store, tenant)}unsummed:{encode(tenant)}"
    digest = hashlib.sha1(encode(user_id).encode(), usedforsecurity=False).hexdigest()
    now = clock.now_micros()
    async with store.store.client.pipeline(transaction=False) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now)
        pipeline.zadd(key, {digest: now + int(seconds * 1e6)})
        pipeline.pexpire(key, int(seconds * 1e3) + 1)
        await pipeline.execute()


async def _members(store: ViewStore, key: str) -> list[bytes]:
    found: Any = await store.store.client.srandmember(key, _AT_A_TIME)
    return list(found)


async def _strip_views(store: ViewStore, tenant: str, user_id: str) -> int:
    """Let no view name the user; how many went."""
    gone, after = 0, ""
    while ids := await store.ids(tenant, after, _AT_A_TIME):
        for kept in await store.load(tenant, ids):
            if stripped(kept.view, user_id) != kept.view:
                gone += await _strip(store, kept, user_id)
        after = ids[-1]
    return gone


async def _strip(store: ViewStore, kept: KeptView, user_id: str) -> bool:
    """Let a view name the user no more; whether nothing was left of it."""
    found: KeptView | None = kept
    while found is not None:
        left = stripped(found.view, user_id)
        try:
            if left is None:
                gone = await store.delete(found, forget_jobs=True)
                home = home_of(found.name.tenant, store.store.partitions)
                await erase_changes(store.store, home, [found.name.key])
                return gone
            left.update_time.CopyFrom(clock.to_timestamp(clock.now_micros()))
            left.etag = new_id()
            # What a prompt named may be in the summaries that it led to.
            await store.update(found, left, anew=left.prompt != found.view.prompt)
        except errors.EtagMismatch:
            found = await store.find(kept.name)
        except errors.SummaryViewNotFound:
            found = None
        else:
            return False
    return False


async def _forget_jobs(store: ViewStore, tenant: str, user_id: str) -> None:
    """Forget jobs of views that named the user when they were scheduled, and may not now."""
    after = ""
    while found := await store.jobs(tenant, after, _AT_A_TIME):
        erasable = [job_id for job_id, job in found if job and _is_about(job, user_id)]
        await store.forget_jobs(tenant, erasable)
        after = found[-1][0]


def _is_about(job: Job, user_id: str) -> bool:
    texts = (job.view_id, job.session.namespace)
    return job.user_id == user_id or any(mentions(text, user_id) for text in texts)


def mentions(text: str, user_id: str) -> bool:
    """Return true if a text holds an id that is no part of a longer word."""
    return user_id in text and _mention(user_id).search(text) is not None


def stripped(view: SummaryView, user_id: str) -> SummaryView | None:
    """Return a view that names a user nowhere; None where that would change its meaning."""
    if mentions(view.id, user_id) or _is_bound(view.filter, user_id, excluding=False):
        return None
    condition = without_user(view.filter, user_id)
    if condition is None:
        return None
    left = copied(view)
    if condition != view.filter:
        left.filter.CopyFrom(condition)
    for field in ("name", "prompt"):
        text: str = getattr(view, field)
        if mentions(text, user_id):
            setattr(left, field, _mention(user_id).sub(_SOMEBODY, text))
    return left


def _mention(user_id: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(user_id)}(?![^\W_])")


def _is_bound(given: MemoryFilter, user_id: str, *, excluding: bool) -> bool:
    """Return true if a filter names the user in a condition that cannot be left out of it."""
    if any(
        mentions(value, user_id)
        for each in given.metadata
        for value in (each.path, *_texts(each.text))
    ):
        return True
    for described, condition in given.ListFields():
        if not isinstance(condition, TagFilter):
            continue
        if described.name != "user_id":
            if any(mentions(value, user_id) for value in _texts(condition)):
                return True
        # Other users with the prefix would be included.
        elif excluding and mentions(condition.prefix, user_id):
            return True
    return any(_is_bound(part, user_id, excluding=excluding) for part in given.any_of) or any(
        _is_bound(part, user_id, excluding=True) for part in given.none_of
    )


def _texts(given: TagFilter) -> list[str]:
    return [given.eq, given.ne, given.prefix, *given.any, *given.all, *given.none]


def without_user(given: MemoryFilter, user_id: str) -> MemoryFilter | None:
    """Return a filter that means the same without naming a user; None where it means the user."""
    stripped = copied(given)
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
    """Return a condition on the owner without one of them; None where it asks for that one.

    A prefix selects all users whose id begins with it, and names the user where it holds
    the whole id: no other condition has the same meaning.
    """
    if (given.HasField("eq") and given.eq == user_id) or user_id in given.all:
        return None
    if mentions(given.prefix, user_id):
        return None
    others = copied(given)
    if given.HasField("ne") and given.ne == user_id:
        others.ClearField("ne")
    for field in ("any", "none"):
        kept: Sequence[str] = [value for value in getattr(given, field) if value != user_id]
        others.ClearField(field)
        getattr(others, field).extend(kept)
    return None if given.any and not others.any else others


def _prefix(store: ViewStore, tenant: str) -> str:
    return partition_prefix(home_of(tenant, store.store.partitions))
