"""A primary, its replica, and an address that leads to one of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import RedisError, ResponseError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from tests.support.listening import connected_to, listening, pass_on

GROUP = "memory"


class Pair:
    """Two servers, of which one is the primary and the other copies it.

    Attributes:
        url: an address that leads to the primary, for connections that are opened from now on;
            those that are open stay where they are.
        primary: the server that was the primary at first.
        replica: the other.
    """

    def __init__(self, primary: EmbeddedStore, replica: EmbeddedStore) -> None:
        self.primary, self.replica = primary, replica
        self.url = ""
        self._leads_to = primary

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator[Self]:
        """Both servers, the copy complete."""
        async with AsyncExitStack() as stack:
            primary, replica = [
                await stack.enter_async_context(EmbeddedStore(_made(folder / name)))
                for name in ("first", "second")
            ]
            pair = cls(primary, replica)
            async with connect(replica.url) as client:
                await client.execute_command("REPLICAOF", *host_and_port(primary))
                await _until(lambda: _says(client, "master_link_status", "up"))
            address = await stack.enter_async_context(listening(pair._connected))
            pair.url = f"redis://{address}"
            yield pair

    async def promote(self) -> None:
        """Make the replica the primary once it has everything, and the primary its replica."""
        async with connect(self.primary.url) as client:
            await client.execute_command("FAILOVER", "TO", *host_and_port(self.replica))
            await _until(lambda: _says(client, "role", "slave"))

    def move_address(self) -> None:
        """Let the address lead to the other server."""
        self._leads_to = self.replica

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = host_and_port(self._leads_to)
        async with connected_to(host, int(port)) as (there, back):
            answers = asyncio.create_task(pass_on(there, writer))
            try:
                await pass_on(reader, back)
            except ConnectionError:
                pass
            finally:
                answers.cancel()
                writer.transport.abort()


@asynccontextmanager
async def sentinel(pair: Pair, folder: Path) -> AsyncIterator[str]:
    """A sentinel that watches both servers; the URL that asks it for the primary."""
    port = free_port("127.0.0.1")
    host, watched = host_and_port(pair.primary)
    settings = _made(folder / "sentinel") / "sentinel.conf"
    settings.write_text(
        f"port {port}\nbind 127.0.0.1\nprotected-mode no\ndir {settings.parent}\n"
        f"sentinel monitor {GROUP} {host} {watched} 1\n"
        f"sentinel down-after-milliseconds {GROUP} 60000\n"
    )
    child = Child(
        "sentinel",
        [binaries.valkey_server(), str(settings), "--sentinel"],
        log=settings.parent / "sentinel.log",
    )
    await child.start()
    try:
        async with Redis(host="127.0.0.1", port=port, decode_responses=True) as client:
            await _until(lambda: _knows_a_replica(client))
        yield f"redis+sentinel://127.0.0.1:{port}/{GROUP}"
    finally:
        await child.stop()


async def fail_over(sentinel_url: str, pair: Pair) -> None:
    """Have a sentinel promote the replica, and make the primary a replica as it does."""
    host, _, port = urlsplit(sentinel_url).netloc.rpartition(":")
    async with Redis(host=host, port=int(port), decode_responses=True) as client:
        await _until(lambda: _has_begun(client))
    async with connect(pair.primary.url) as former:
        await _until(lambda: _says(former, "role", "slave"))


async def _has_begun(client: Redis) -> bool:
    try:
        await client.sentinel_failover(GROUP)
    except ResponseError:
        # It has not looked at the replica yet.
        return False
    return True


def host_and_port(store: EmbeddedStore) -> tuple[str, str]:
    """Where a server listens."""
    host, _, port = store.url.removeprefix("redis://").rpartition(":")
    return host, port


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await is_so():
            await asyncio.sleep(0.02)


async def _says(client: Redis, field: str, value: str) -> bool:
    try:
        return bool((await client.info("replication")).get(field) == value)
    except StoreConnectionError:
        # A sentinel closes the connections of the server whose role it changes.
        return False


async def _knows_a_replica(client: Redis) -> bool:
    try:
        return bool(await client.sentinel_slaves(GROUP))
    except RedisError:
        return False


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
