"""Ending scripts that keep the store from serving."""

from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ResponseError

from agent_memory_services.kit.redis.client import LongScripts


async def test_one_client_asks_no_more_often_than_once_a_second() -> None:
    """A script that has written cannot be ended, and asking costs the store time too."""
    now, asked = [0.0], []

    async def kill() -> None:
        asked.append(now[0])
        raise ResponseError("UNKILLABLE it has written")

    scripts = LongScripts(clock=lambda: now[0])
    for now[0] in (0.0, 0.5, 0.99, 1.0, 1.5, 2.5):
        await scripts.end(kill)
    assert asked == [0.0, 1.0, 2.5]


async def test_a_store_that_does_not_answer_adds_no_fault_of_its_own() -> None:
    """The caller learns what its own command was answered."""

    async def kill() -> None:
        raise StoreConnectionError("gone")

    await LongScripts().end(kill)
