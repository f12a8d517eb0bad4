"""The embedded store keeps its promises: owned, private, complete, durable."""

import asyncio
import fcntl
import signal
import socket
import stat
import sys
import textwrap
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from agent_memory_services.embedded.errors import ChildFailedError, PortTakenError, StateInUseError
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect

CREATE_INDEX = (
    "FT.CREATE idx ON HASH PREFIX 1 d: SCHEMA tag TAG v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 "
    "DISTANCE_METRIC COSINE"
)


async def test_client_finds_an_empty_store(redis: Redis) -> None:
    """The shared fixture gives a flushed store without indexes."""
    assert await redis.dbsize() == 0
    assert await redis.execute_command("FT._LIST") == []


async def test_data_and_index_survive_sigkill(tmp_path: Path) -> None:
    """Everything acknowledged, and the index over it, is back after a crash and a restart."""
    async with EmbeddedStore(tmp_path) as store:
        async with connect(store.url) as client:
            await client.execute_command(*CREATE_INDEX.split())
            for number in range(200):
                await client.hset(f"d:{number}", mapping={"tag": "a", "v": b"\0\0\x80?" * 2})
        await store.child.kill()
        address = store.url
        await store.stop()
        await store.start()
        assert store.url == address
        async with connect(store.url) as client:
            assert await client.dbsize() == 200
            assert await _count(client, "@tag:{a}") == 200


async def test_prefix_filter_sees_every_term(redis: Redis) -> None:
    """A prefix of one character matches more terms than the engine's default would expand."""
    await redis.execute_command(*CREATE_INDEX.split())
    for number in range(500):
        await redis.hset(f"d:{number}", mapping={"tag": f"t{number}"})
    assert await _count(redis, "@tag:{t*}") == 500


async def test_folder_of_a_live_server_is_refused(tmp_path: Path) -> None:
    """A second store on the same folder is an error that names the folder."""
    async with EmbeddedStore(tmp_path):
        with pytest.raises(StateInUseError, match=str(tmp_path)):
            await EmbeddedStore(tmp_path).start()


async def test_taken_port_is_refused(tmp_path: Path) -> None:
    """A port somebody listens on is an error that names it, and the folder stays free."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            await EmbeddedStore(tmp_path, port=port).start()
    async with EmbeddedStore(tmp_path, port=port) as store:
        assert store.url.endswith(f":{port}")


async def test_broken_data_is_reported_with_the_log(tmp_path: Path) -> None:
    """A server that cannot read its data ends, and the error shows what it said."""
    data = tmp_path / "appendonlydir"
    data.mkdir()
    (data / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(ChildFailedError, match="manifest"):
        await EmbeddedStore(tmp_path).start()


async def test_folder_is_private(tmp_path: Path) -> None:
    """Nobody else on the machine can read the data."""
    async with EmbeddedStore(tmp_path / "new" / "state") as store:
        assert stat.S_IMODE(store.state_dir.stat().st_mode) == 0o700


async def test_server_ends_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL of the owner takes the server along and frees the folder."""
    script = textwrap.dedent(f"""
        import asyncio, pathlib
        from agent_memory_services.embedded.store import EmbeddedStore

        async def main():
            async with EmbeddedStore(pathlib.Path({str(tmp_path)!r})) as store:
                print(store.url, flush=True)
                await asyncio.Event().wait()

        asyncio.run(main())
    """)
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    address = (await owner.stdout.readline()).decode().strip()
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    with (tmp_path / "lock").open() as lock:
        async with asyncio.timeout(120):
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
    async with connect(address) as client:
        with pytest.raises(RedisConnectionError):
            await client.ping()
    async with EmbeddedStore(tmp_path):
        pass


async def _count(client: Redis, query: str) -> int:
    found = await client.execute_command("FT.SEARCH", "idx", query, "NOCONTENT")
    return int(found[0])
