"""Whose words the remembered answers of calls repeat, so that they can be erased with the rest."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, Final

from redis.asyncio import Redis

from agent_memory_services.runtime.keys import encode

_ERASED_AT_A_TIME: Final = 100

_concerned: ContextVar[set[str] | None] = ContextVar("concerned", default=None)


def begin() -> set[str]:
    """Collect, for the present call, whom its answer concerns."""
    concerned: set[str] = set()
    _concerned.set(concerned)
    return concerned


def concerns(*owners: str) -> None:
    """Say that the answer of the present call repeats what belongs to these, the empty aside.

    An owner is a user, or whatever else can be erased: an incarnation of a session.
    """
    if (concerned := _concerned.get()) is not None:
        concerned.update(filter(None, owners))


async def note(store: Redis, tenant: str, owners: Iterable[str], key: str, life_ms: int) -> None:
    """Note that the answer at a key concerns owners; forgotten when the answer is."""
    for owner in owners:
        index = _index(tenant, owner)
        async with store.pipeline(transaction=False) as pipeline:
            pipeline.sadd(index, key)
            pipeline.pexpire(index, life_ms)
            await pipeline.execute()


async def erase_answers(store: Redis, tenant: str, owners: Iterable[str]) -> int:
    """Forget every answer that concerns one of the owners; how many there were."""
    erased = 0
    for owner in owners:
        index = _index(tenant, owner)
        while found := await _members(store, index):
            for key in found:
                erased += int(await store.unlink(key))
            # Only now: what is interrupted is found again.
            await store.srem(index, *found)
    return erased


async def _members(store: Redis, index: str) -> list[bytes]:
    found: Any = await store.srandmember(index, _ERASED_AT_A_TIME)
    return list(found)


def _index(tenant: str, owner: str) -> str:
    return f"am:id:of:{encode(tenant)}:{encode(owner)}"
