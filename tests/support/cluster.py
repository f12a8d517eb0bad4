"""A real cluster of three nodes without replicas, owned by the test that starts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.ports import free_port

_HOST = "127.0.0.1"
_NODES = 3
_SLOTS = 16_384
_READY_SECONDS = 15.0


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[str]:
    """Start a cluster that keeps its files in `folder`; its URL."""
    async with AsyncExitStack() as stack:
        ports = [
            await stack.enter_async_context(_node(folder / str(number))) for number in range(_NODES)
        ]
        clients = [
            await stack.enter_async_context(Redis(host=_HOST, port=port)) for port, _ in ports
        ]
        async with asyncio.timeout(_READY_SECONDS):
            for client in clients:
                await _answers(client)
            await _form(clients, ports)
        yield f"redis+cluster://{_HOST}:{ports[0][0]}"


@asynccontextmanager
async def _node(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """A node, and where it listens for clients and for its peers."""
    folder.mkdir(parents=True)  # noqa: ASYNC240 - a moment, before anything runs
    port, bus = free_port(_HOST), free_port(_HOST)
    settings = {
        "bind": _HOST,
        "port": port,
        "cluster-port": bus,
        "cluster-enabled": "yes",
        "dir": folder,
        "save": "",
    }
    flags = [str(part) for name, value in settings.items() for part in (f"--{name}", value)]
    with (folder / "node.log").open("wb") as output:
        node = await asyncio.create_subprocess_exec(
            binaries.valkey_server(), *flags, stdout=output, stderr=output
        )
        try:
            yield port, bus
        finally:
            node.kill()
            await node.wait()


async def _answers(client: Redis) -> None:
    while True:
        try:
            await client.ping()
        except RedisConnectionError:
            await asyncio.sleep(0.02)
        else:
            return


async def _form(clients: list[Redis], ports: list[tuple[int, int]]) -> None:
    """Share the slots, introduce the nodes, and wait until all of them agree."""
    share = -(-_SLOTS // len(clients))
    for number, client in enumerate(clients):
        first, last = number * share, min((number + 1) * share, _SLOTS) - 1
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        await client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for port, bus in ports[1:]:
        await clients[0].execute_command("CLUSTER", "MEET", _HOST, port, bus)
    for client in clients:
        while b"cluster_state:ok" not in await client.execute_command("CLUSTER", "INFO"):
            await asyncio.sleep(0.05)
