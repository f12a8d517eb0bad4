"""The store's client against a real store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.redis.client import (
    MissingQueryEngineError,
    connect,
    probe,
    require_query_engine,
)
from agent_memory_services.kit.redis.pool import StorePool
from agent_memory_services.kit.redis.scripts import Key, script
from tests.support.cut_line import CutLine
from tests.support.interruption import Interruption, Moment
from tests.support.listening import listening
from tests.support.raw import raw


@script("agent_memory_services.kit.server.steps", "idempotency_begin")
def _begin(call: Key, *, digest: bytes, attempt: bytes, lease: int) -> Any:
    """A script of this package."""


async def claim(client: Redis, key: str) -> Any:
    """Run it."""
    return await _begin(client, key, digest=b"digest", attempt=b"attempt", lease=1000)


@pytest.fixture
async def client(redis: Redis, redis_url: str) -> AsyncIterator[Redis]:  # noqa: ARG001 - flushes
    """A client as services open it, of an empty store."""
    async with connect(redis_url) as client:
        yield client


async def test_values_are_bytes(client: Redis) -> None:
    """Nothing is decoded on the way."""
    await client.set("k", b"\xff\x00")
    assert await client.get("k") == b"\xff\x00"


async def test_a_store_tells_what_it_can_do(client: Redis) -> None:
    """The embedded one has the query engine."""
    found = await require_query_engine(client)
    assert found.query_engine
    assert not found.cluster
    assert found.server in {"redis", "valkey"}
    assert found.version[0].isdigit()


async def test_a_script_runs_by_its_digest_and_survives_a_flush(client: Redis) -> None:
    """A store that forgot the script is given it again, in the same call."""
    await client.script_flush()
    assert await claim(client, "k") == [b"claimed", b""]
    assert await claim(client, "k") == [b"running", b""]
    stats = await client.info("commandstats")
    assert stats["cmdstat_eval"]["calls"] >= 1
    assert stats["cmdstat_evalsha"]["calls"] >= 2


async def test_a_script_that_fails_is_not_run_twice(client: Redis) -> None:
    """An error of its own is no reason to send the source."""
    await client.set("k", "not a hash")
    before = (await client.info("commandstats")).get("cmdstat_eval", {}).get("calls", 0)
    await claim(client, "other")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await claim(client, "k")
    after = (await client.info("commandstats")).get("cmdstat_eval", {}).get("calls", 0)
    assert after - before <= 1


async def test_the_pool_is_bounded_and_waits(redis: Redis, redis_url: str) -> None:
    """More commands than connections queue up; without a free one the wait ends in time."""
    async with connect(redis_url, timeout=30.0, max_connections=2) as client:
        await asyncio.gather(*(client.set(f"k{n}", n) for n in range(50)))
        assert (await redis.info("clients"))["connected_clients"] <= 3
    async with connect(redis_url, timeout=30.0, max_connections=2) as client:
        cast("StorePool", client.connection_pool).timeout = 0.2
        held = [await client.connection_pool.get_connection() for _ in range(2)]
        with pytest.raises(RedisConnectionError):
            async with asyncio.timeout(120):
                await client.ping()
        await client.connection_pool.release(held[0])
        assert await client.ping()


async def test_a_lost_connection_is_replaced_before_the_next_command(
    client: Redis, redis: Redis
) -> None:
    """A store that restarted costs nothing when it is back."""
    await client.set("k", "1")
    await redis.client_kill_filter(_type="normal", skipme=True)
    assert await client.get("k") == b"1"


async def test_a_silent_store_is_given_up(unused_tcp_server: tuple[str, list[object]]) -> None:
    """The wait ends at the timeout, without a second try."""
    url, connections = unused_tcp_server
    async with connect(url, timeout=0.2) as client:
        with pytest.raises(RedisTimeoutError):
            async with asyncio.timeout(120):
                await client.ping()
        with pytest.raises(RedisTimeoutError):
            async with asyncio.timeout(120):
                await client.get("k")
    assert len(connections) == 2


@pytest.mark.parametrize("moment", Moment)
async def test_no_cancellation_is_lost(client: Redis, moment: Moment) -> None:
    """Whenever it comes, whoever waits for the store ends; the client library would lose some."""
    await client.ping()
    interruption = Interruption(0, moment)
    while True:
        task = asyncio.ensure_future(_awaiting(interruption.around(_used(client))))
        await asyncio.wait([task])
        if not interruption.done:
            assert not task.cancelled()
            return
        assert task.cancelled(), f"await {interruption.at} went on"
        interruption = Interruption(interruption.at + 1, moment)


async def _used(client: Redis) -> None:
    await client.set("k", "1")
    async with client.pipeline(transaction=True) as pipeline:
        await raw(pipeline).get("k").get("k").execute()


async def _awaiting(what: Awaitable[None]) -> None:
    await what


async def test_short_commands_share_one_connection(client: Redis) -> None:
    """Hundreds at once, in pipelines and alone: each gets its own answer, errors included."""
    await client.set("text", "not a hash")

    async def asked(number: int) -> None:
        await client.set(f"k{number}", number)
        assert await client.get(f"k{number}") == str(number).encode()
        with pytest.raises(ResponseError, match="WRONGTYPE"):
            await client.hgetall("text")
        async with client.pipeline(transaction=False) as pipeline:
            raw(pipeline).get(f"k{number}").hgetall("text").zcard("none")
            value, error, none = await pipeline.execute(raise_on_error=False)
        assert (value, none) == (str(number).encode(), 0)
        assert isinstance(error, ResponseError)

    await asyncio.gather(*map(asked, range(100)))
    # One for these, and the one that asks, which is of the pool.
    assert (await client.info("clients"))["connected_clients"] <= 3


async def test_who_gives_up_takes_nobody_elses_answer(client: Redis) -> None:
    """Commands that are cancelled, at any moment, leave the others their answers."""

    async def asked(number: int) -> bytes | None:
        return await cast("Awaitable[bytes | None]", client.get(f"k{number}"))

    for number in range(20):
        await client.set(f"k{number}", number)
    for pause in range(4):
        tasks = [asyncio.create_task(asked(number)) for number in range(20)]
        for _ in range(pause):
            await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        for number, answer in enumerate(answers):
            assert answer == str(number).encode() or isinstance(answer, asyncio.CancelledError)
            assert number % 3 == 0 or isinstance(answer, bytes)


async def test_a_break_tells_everybody_who_waits(redis_url: str) -> None:
    """Commands under way fail, and the next ones are answered over a new connection."""
    async with CutLine.to(redis_url) as line, connect(line.url) as client:
        await client.get("k")
        line.cut_at(1, answered=False)
        tasks = [asyncio.create_task(claim(client, f"k{number}")) for number in range(3)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(answer, RedisConnectionError) for answer in answers)
        assert await client.get("k") is None


async def test_what_is_long_has_a_connection_of_its_own(client: Redis) -> None:
    """It would hold up those behind it."""
    await client.get("k")
    before = (await client.info("clients"))["connected_clients"]
    assert await client.set("long", b"x" * (1 << 20))
    assert cast("bytes", await client.get("long")) == b"x" * (1 << 20)
    assert (await client.info("clients"))["connected_clients"] == before


@pytest.fixture
async def unused_tcp_server() -> AsyncIterator[tuple[str, list[object]]]:
    """A server that accepts connections and never answers."""
    connections: list[object] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.read(-1)

    async with listening(accept) as address:
        yield f"redis://{address}", connections


@pytest.fixture
async def bare_cluster(tmp_path: Path) -> AsyncIterator[str]:
    """A cluster of one node without the query engine."""
    port = free_port("127.0.0.1")
    arguments = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(tmp_path),
        "save": "",
        "cluster-enabled": "yes",
        "cluster-port": str(free_port("127.0.0.1")),
    }
    flags = [part for name, value in arguments.items() for part in (f"--{name}", value)]
    node = Child("node", [binaries.valkey_server(), *flags], log=tmp_path / "node.log")
    await node.start()
    try:
        async with Redis(port=port) as client:
            await node.ready(lambda: _answers(client), within=120)
            await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            await node.ready(lambda: _covers(client), within=120)
        yield f"redis+cluster://127.0.0.1:{port}"
    finally:
        await node.stop()


async def test_a_cluster_takes_the_same_commands(bare_cluster: str) -> None:
    """Scripts included, and it tells what it lacks."""
    async with connect(bare_cluster) as client:
        assert await claim(client, "k") == [b"claimed", b""]
        found = await probe(client)
        assert found.cluster
        assert not found.query_engine
        with pytest.raises(MissingQueryEngineError, match=f"{found.version}.* no query engine"):
            await require_query_engine(client)


async def test_a_store_may_listen_on_a_socket_of_the_file_system(tmp_path: Path) -> None:
    """By short commands and by others, and again after a break."""
    socket = tmp_path / "store"
    flags = ["--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path), "--save", ""]
    store = Child("store", [binaries.valkey_server(), *flags], log=tmp_path / "store.log")
    await store.start()
    try:
        async with connect(f"unix://{socket}?db=1") as client:
            await store.ready(lambda: _answers(client), within=120)
            await client.set("k", "1")
            await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            assert await client.get("k") == b"1"
    finally:
        await store.stop()


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except RedisConnectionError:
        return False


async def _covers(client: Redis) -> bool:
    return b"cluster_state:ok" in await client.execute_command("CLUSTER", "INFO")


def test_a_connection_that_broke_unnoticed_is_a_fault_of_the_store(redis_url: str) -> None:
    """On the loop that services run on, too, a write to a dead connection is no program error."""

    async def write() -> None:
        async with connect(redis_url) as client:
            connection = await client.connection_pool.get_connection()
            connection._writer.transport.abort()
            await asyncio.sleep(0)
            with pytest.raises(RedisConnectionError):
                await connection.send_command("PING")
            await client.connection_pool.release(connection)
            assert await client.ping()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(write())
