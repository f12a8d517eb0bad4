"""The pool of connections to the store: how many there are, and who gets them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as StoreConnectionError

from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.redis.pool import StorePool
from tests.support.interruption import Interruption, Moment
from tests.support.raw import raw

_PATIENCE_SECONDS = 30.0
_SEVERAL = 8
_NAME = "pooled"

T = TypeVar("T")

Opened = Callable[..., StorePool]


@pytest.fixture
async def opened(redis_url: str) -> AsyncIterator[Opened]:
    """Opens pools whose connections have a name in the store, and closes them."""
    pools = []

    def open_(**options: Any) -> StorePool:
        given = {"timeout": _PATIENCE_SECONDS, "client_name": _NAME, **options}
        pools.append(StorePool.from_url(redis_url, **given))
        return pools[-1]

    yield open_
    for pool in pools:
        await pool.aclose()


async def _connections(redis: Redis) -> int:
    """How many connections of the pool the store has."""
    listed: list[dict[str, str]] = await redis.client_list()
    return sum(each["name"] == _NAME for each in listed)


async def _until(redis: Redis, number: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await _connections(redis) != number:
            await asyncio.sleep(0.01)


async def test_what_a_burst_opened_is_closed_when_it_is_idle(redis: Redis, opened: Opened) -> None:
    """A connection that is used stays, and the pool grows again for the next burst."""
    pool = opened(max_connections=_SEVERAL, idle_seconds=0.05)
    for _ in range(2):
        used, *rest = [await pool.get_connection() for _ in range(_SEVERAL)]
        assert await _connections(redis) == _SEVERAL
        for connection in rest:
            await pool.release(connection)
        await _until(redis, 1)
        await pool.release(used)
        await _until(redis, 0)


async def test_the_connection_that_was_used_last_is_used_first(opened: Opened) -> None:
    """So the others become idle."""
    pool = opened(max_connections=_SEVERAL)
    held = [await pool.get_connection() for _ in range(_SEVERAL)]
    for connection in held:
        await pool.release(connection)
    for _ in range(3):
        again = await pool.get_connection()
        assert again is held[-1]
        await pool.release(again)


async def test_whoever_waits_longest_is_next(opened: Opened) -> None:
    """Somebody who comes later does not go before."""
    pool = opened(max_connections=1)
    held, order = await pool.get_connection(), []

    async def take(number: int) -> None:
        connection = await pool.get_connection()
        order.append(number)
        await pool.release(connection)

    async with asyncio.TaskGroup() as group:
        for number in range(_SEVERAL):
            group.create_task(take(number))
        await asyncio.sleep(0)
        await pool.release(held)
        await take(_SEVERAL)
    assert order == list(range(_SEVERAL + 1))


async def test_nobody_waits_for_longer_than_was_said(opened: Opened) -> None:
    """Who gave up is not handed a connection, which goes to the next."""
    pool = opened(max_connections=1, timeout=0.05)
    held = await pool.get_connection()
    with pytest.raises(StoreConnectionError):
        await pool.get_connection()
    await pool.release(held)
    assert await pool.get_connection() is held
    await pool.release(held)


async def test_what_is_opened_around_the_end_of_a_pool_is_closed(
    redis: Redis, opened: Opened
) -> None:
    """Whether it was being opened, waited for or opened again when the pool was disconnected."""
    pool = opened(max_connections=2)
    used = await pool.get_connection()
    being_opened = asyncio.ensure_future(pool.get_connection())
    waited_for = asyncio.ensure_future(pool.get_connection())
    await asyncio.sleep(0)
    await pool.disconnect()
    await used.connect()
    assert used.is_connected
    await pool.release(used)
    for asked in (waited_for, being_opened):
        connection = await asked
        assert connection.is_connected
        await pool.release(connection)
        assert not connection.is_connected
    await _until(redis, 0)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("connected", [True, False], ids=["open", "not yet open"])
async def test_a_cancellation_loses_no_connection_and_keeps_nobody_waiting(
    redis_url: str, *, moment: Moment, connected: bool
) -> None:
    """At every await of a command: those behind it are answered, and every connection is there."""
    at, done = 0, True
    while done:
        async with connect(redis_url, timeout=_PATIENCE_SECONDS, max_connections=1) as client:
            pool = client.connection_pool
            held = await pool.get_connection()
            interruption = Interruption(at, moment)
            victim = asyncio.ensure_future(_awaited(interruption.around(_used(client))))
            followers = [asyncio.ensure_future(_awaited(client.get("k"))) for _ in range(2)]
            await asyncio.sleep(0)
            if not connected:
                await held.disconnect(nowait=True)
            await pool.release(held)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                with suppress(asyncio.CancelledError):
                    await victim
                assert await asyncio.gather(*followers) == [None, None]
                assert await client.get("k") is None
        at, done = at + 1, interruption.done
    assert at > 2


async def _used(client: Redis) -> None:
    await client.ping()
    async with client.pipeline(transaction=False) as pipeline:
        await raw(pipeline).ping().execute()


async def _awaited(what: Awaitable[T]) -> T:
    return await what
