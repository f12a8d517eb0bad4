"""Remembering verified tokens."""

import asyncio
import itertools

import pytest

from agent_memory_services.kit.auth.credential_cache import Remembered, Verified
from agent_memory_services.kit.auth.credentials import Refused, Why
from agent_memory_services.kit.auth.identity import Identity, Role


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
    remembered = Remembered(clock=clock)
    assert remembered.recall("t") is None
    await remembered.once("t", _known)
    clock.now = 199.9
    assert remembered.recall("t") == _identity("t")
    clock.now = 200.0
    assert remembered.recall("t") is None


async def test_the_least_recently_used_is_forgotten_first() -> None:
    """The memory is bounded whatever callers send."""
    remembered = Remembered(max_entries=2, clock=Clock())
    for token in ("a", "b"):
        await remembered.once(token, _known)
    remembered.recall("a")
    await remembered.once("c", _known)
    assert [remembered.recall(token) is not None for token in "abc"] == [True, False, True]


async def test_calls_that_come_together_share_one_verification() -> None:
    """A hundred calls at the end of a key's five seconds are one look-up."""
    count = itertools.count()
    go = asyncio.Event()

    async def slow(token: str) -> Verified:
        next(count)
        await go.wait()
        return await _known(token)

    remembered = Remembered(clock=Clock())
    calls = [asyncio.create_task(remembered.once("t", slow)) for _ in range(100)]
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
    remembered = Remembered(clock=Clock())

    async def refuse(_: str) -> Verified:
        raise Refused(Why.UNKNOWN_KEY)

    for _ in range(2):
        with pytest.raises(Refused):
            await remembered.once("t", refuse)
    assert await remembered.once("t", _known) == _identity("t")


async def test_what_was_verified_before_a_change_is_forgotten() -> None:
    """Also when its verification ended after the change."""
    remembered = Remembered(clock=Clock())
    await remembered.once("old", _known)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(token: str) -> Verified:
        begun.set()
        await go.wait()
        return await _known(token)

    running = asyncio.create_task(remembered.once("running", slow))
    await begun.wait()
    remembered.forget()
    go.set()
    await running
    assert remembered.recall("old") is None
    assert remembered.recall("running") is None
