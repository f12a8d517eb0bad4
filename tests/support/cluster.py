"""A cluster of three real servers with the query engine, for tests of what is sharded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.ports import free_port

_NODES = 3
_SLOTS = 16384


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[str]:
    """The URL of a cluster that lives until the block is left."""
    async with AsyncExitStack() as stack:
        nodes = []
        for number in range(_NODES):
            port = free_port()
            home = folder / str(number)
            home.mkdir(parents=True)
            child = Child(f"node {number}", _command(home, port), log=home / "log")
            await stack.enter_async_context(child)
            client = await stack.enter_async_context(Redis(port=port, protocol=2))
            await child.ready(partial(_answers, client), within=120)
            nodes.append((port, client))
        await _join(nodes)
        yield f"redis+cluster://127.0.0.1:{nodes[0][0]}"


def _command(home: Path, port: int) -> list[str]:
    flags = {
        "bind": "127.0.0.1",
        "port": str(port),
        # The bus takes the port plus 10000 by default, which may not exist.
        "cluster-port": str(free_port()),
        "cluster-enabled": "yes",
        "dir": str(home),
        "save": "",
    }
    parts = [part for name, value in flags.items() for part in (f"--{name}", value)]
    return [str(binaries.valkey_server()), *parts, "--loadmodule", str(binaries.search_module())]


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except RedisConnectionError:
        return False


async def _join(nodes: list[tuple[int, Redis]]) -> None:
    share = -(-_SLOTS // len(nodes))
    for at, (_, client) in enumerate(nodes):
        last = min(_SLOTS, (at + 1) * share) - 1
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", at * share, last)
        await client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
    first = nodes[0][1]
    for port, client in nodes[1:]:
        bus = (await client.config_get("cluster-port"))["cluster-port"]
        await first.execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)
    async with asyncio.timeout(120):
        for _, client in nodes:
            while not await _whole(client):
                await asyncio.sleep(0.05)


async def _whole(client: Redis) -> bool:
    info = await client.execute_command("CLUSTER", "INFO")
    return f"cluster_known_nodes:{_NODES}" in str(info) and "cluster_state:ok" in str(info)
