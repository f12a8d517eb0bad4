"""Owners of the words in remembered answers of calls, so that these can be erased with the rest."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.redis.keys import encode

SUMMARY_VIEWS: Final = "\0summary views"
"""Owner of the answers that repeat a view: whom it names is known by what it says alone."""
_ERASED_AT_A_TIME: Final = 100
_LONGEST_CALL_MS: Final = 60 * 60 * 1000
# Two processes' clocks may differ; a call that began this late may do without a remembered answer.
_SKEW_MICROS: Final = 5_000_000


class Concerned(set[str]):
    """Owners of the words in an answer.

    Attributes:
        life_ms: the longest that these words may be kept; None is as long as any answer.
    """

    life_ms: int | None = None


_concerned: ContextVar[Concerned | None] = ContextVar("concerned", default=None)


def begin() -> Concerned:
    """Collect, for the present call, whom its answer concerns."""
    concerned = Concerned()
    _concerned.set(concerned)
    return concerned


def conversation_of(user: str, session_uid: str) -> str:
    """Return the name under which answers about a user's conversation are found.

    Whoever names the incarnation of somebody else's session reaches none of theirs, and a user who
    was erased is not found in it.
    """
    return f"\0{ids.derived_id('conversation', user, session_uid)}"


def mark_conversation(user: str, session_uid: str) -> None:
    """Say that the answer of the present call repeats what a user said in a conversation.

    Of a conversation without an owner the incarnation is the subject.
    """
    mark_subjects(user or session_uid)
    if user and session_uid:
        mark_subjects(conversation_of(user, session_uid))


def mark_life(milliseconds: int) -> None:
    """Say that the answer of the present call repeats what is kept for so long only."""
    if (concerned := _concerned.get()) is not None:
        known = concerned.life_ms
        concerned.life_ms = milliseconds if known is None else min(known, milliseconds)


def mark_subjects(*owners: str) -> None:
    """Say that the answer of the present call repeats what belongs to these, the empty aside.

    An owner is a user or, where a session has none, its incarnation.
    """
    if (concerned := _concerned.get()) is not None:
        concerned.update(filter(None, owners))


async def index_answer(
    store: Redis, tenant: str, owners: Iterable[str], key: str, life_ms: int
) -> None:
    """Index the answer at a key under its owners, for as long as the answer lasts."""
    async with store.pipeline(transaction=False) as pipeline:
        for owner in owners:
            index = _index(tenant, owner)
            pipeline.sadd(index, key)
            # As long as the longest of the answers in it: the first condition is for a new index.
            pipeline.pexpire(index, life_ms, nx=True)
            pipeline.pexpire(index, life_ms, gt=True)
        await pipeline.execute()


async def withdraw_if_erased(
    store: Redis, tenant: str, owners: Iterable[str], key: str, since: int
) -> None:
    """Forget the answer at a key where one of its owners was erased after a moment.

    Whoever remembers an answer calls this afterwards: an erasure that did not see the answer was
    noted before. The moment is in microseconds.
    """
    owners = list(owners)
    if not owners:
        return
    moments: Any = await store.zmscore(_erasures(tenant), list(map(_digest, owners)))
    if all(moment is None or moment <= since - _SKEW_MICROS for moment in moments):
        return
    await store.unlink(key)
    for owner in owners:
        await store.srem(_index(tenant, owner), key)


async def erase_answers(store: Redis, tenant: str, owners: Iterable[str]) -> int:
    """Forget every answer that concerns one of the owners; how many there were.

    A call that is under way remembers no answer that concerns them.
    """
    owners = list(owners)
    await _note_erasure(store, tenant, owners)
    erased = 0
    for owner in owners:
        index = _index(tenant, owner)
        while found := await _members(store, index):
            for key in found:
                erased += int(await store.unlink(key))
            # Only now: what is interrupted is found again.
            await store.srem(index, *found)
    return erased


async def erase_mentions(store: Redis, tenant: str, owner: str, words: str) -> int:
    """Forget every answer of an owner in which some words stand; how many there were."""
    index, erased = _index(tenant, owner), 0
    async for key in store.sscan_iter(index):
        # One that is no longer remembered is not kept in the index either.
        answer: Any = await store.hget(key, "answer")
        if answer is None or words.encode() in answer:
            erased += int(await store.unlink(key))
            await store.srem(index, key)
    return erased


async def _note_erasure(store: Redis, tenant: str, owners: Iterable[str]) -> None:
    key, now = _erasures(tenant), clock.now_micros()
    async with store.pipeline(transaction=False) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now - _LONGEST_CALL_MS * 1000)
        pipeline.zadd(key, {_digest(owner): now for owner in owners})
        pipeline.pexpire(key, _LONGEST_CALL_MS)
        await pipeline.execute()


async def _members(store: Redis, index: str) -> list[bytes]:
    found: Any = await store.srandmember(index, _ERASED_AT_A_TIME)
    return list(found)


def _index(tenant: str, owner: str) -> str:
    return f"am:id:of:{encode(tenant)}:{encode(owner)}"


def _erasures(tenant: str) -> str:
    return f"am:id:erased:{encode(tenant)}"


def _digest(owner: str) -> str:
    """An owner who was erased must not be found in the store."""
    return ids.derived_id("owner", owner)
