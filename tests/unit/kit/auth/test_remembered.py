"""Remembering verified tokens."""

import asyncio
import itertools

import pytest

from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import CredentialCache, Identity, Role, Verified


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def _identity(name: str) -> Identity:
    return Identity(name, Role.READER, "acme")


async def _known(token: str, until: float = 200.0) -> Verified:
    return Verified(_identity(token), until)


async def test_a_token_is_known_until_its_end() -> None:
    """To the moment, by the monotonic clock."""
    clock = Clock()
    cache = CredentialCache(clock=clock)
    assert cache.recall("t") is None
    await cache.once("t", _known)
    clock.now = 199.9
    assert cache.recall("t") == _identity("t")
    clock.now = 200.0
    assert cache.recall("t") is None


async def test_the_least_recently_used_is_forgotten_first() -> None:
    """The memory is bounded whatever callers send."""
    cache = CredentialCache(max_entries=2, clock=Clock())
    for token in ("a", "b"):
        await cache.once(token, _known)
    cache.recall("a")
    await cache.once("c", _known)
    assert [cache.recall(token) is not None for token in "abc"] == [True, False, True]


async def test_calls_that_come_together_share_one_verification() -> None:
    """A hundred calls at the end of a key's five seconds are one look-up."""
    count = itertools.count()
    go = asyncio.Event()

    async def slow(token: str) -> Verified:
        next(count)
        await go.wait()
        return await _known(token)

    cache = CredentialCache(clock=Clock())
    calls = [asyncio.create_task(cache.once("t", slow)) for _ in range(100)]
    await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    go.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [_identity("t")] * 99
    assert next(count) == 1


async def test_refusals_are_not_remembered() -> None:
    """A key that is made good again works at once."""
    cache = CredentialCache(clock=Clock())

    async def refuse(_: str) -> Verified:
        raise Refused(CredentialFault.UNKNOWN_KEY)

    for _ in range(2):
        with pytest.raises(Refused):
            await cache.once("t", refuse)
    assert await cache.once("t", _known) == _identity("t")


async def test_what_was_verified_before_a_change_is_forgotten() -> None:
    """Also when its verification ended after the change."""
    cache = CredentialCache(clock=Clock())
    await cache.once("old", _known)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(token: str) -> Verified:
        begun.set()
        await go.wait()
        return await _known(token)

    running = asyncio.create_task(cache.once("running", slow))
    await begun.wait()
    cache.forget()
    go.set()
    await running
    assert cache.recall("old") is None
    assert cache.recall("running") is None
