"""Snapshots of all nodes of a store that are of one moment.

A node's snapshot is the state at its fork. No node takes a write from before the first fork until
after the last one, so all of them together are the state of any moment between these.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ResponseError

from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis import client as redis

_POLL_SECONDS: Final = 0.2


class SnapshotError(UnusableStoreError):
    """A snapshot that cannot be taken; the text says why."""


async def snapshot(url: str, *, pause_seconds: float) -> Sequence[str]:
    """Write a snapshot on every primary; answers where each of them is.

    Args:
        url: The store.
        pause_seconds: How long writes wait at the most; the forks have to be done by then.

    Raises:
        SnapshotError: a node cannot write one now, or could not finish it.
        RedisError: a node is away.
    """
    async with redis.connect(url) as client:
        nodes = await _nodes_of(client)
        if len(nodes) == 1:
            await nodes[0].ask("BGSAVE")
        else:
            await _fork_together(nodes, pause_seconds)
        return list(await asyncio.gather(*(node.written() for node in nodes)))


class _Node:
    """One primary of a store."""

    def __init__(self, client: Redis, target: Any) -> None:
        self._client: Any = client
        self._options: Mapping[str, Any] = {} if target is None else {"target_nodes": target}
        self.name: str = "the store" if target is None else target.name

    async def ask(self, *command: Any) -> Any:
        """Send a command to this node alone."""
        return await self._client.execute_command(*command, **self._options)

    async def written(self) -> str:
        """Wait until the snapshot is written, and say where.

        Raises:
            SnapshotError: it could not be written.
        """
        while True:
            found = await self.ask("INFO", "persistence")
            # A cluster's client answers by node where it is asked for one.
            state = found if "rdb_bgsave_in_progress" in found else next(iter(found.values()))
            if not int(state["rdb_bgsave_in_progress"]):
                break
            await asyncio.sleep(_POLL_SECONDS)
        if state["rdb_last_bgsave_status"] != "ok":
            raise SnapshotError(f"{self.name} could not write its snapshot; see its log")
        return f"{self.name}: {await self._file()}"

    async def _file(self) -> str:
        # Where somebody else runs the server, its settings may be hidden.
        with suppress(ResponseError):
            folder, name = [await self._setting(setting) for setting in ("dir", "dbfilename")]
            return f"{folder}/{name}"
        return "written"

    async def _setting(self, name: str) -> str:
        found = await self.ask("CONFIG GET", name)
        values = found.values() if isinstance(found, dict) else found[1::2]
        value = next(iter(values))
        return value.decode() if isinstance(value, bytes) else str(value)


async def _nodes_of(client: Redis) -> Sequence[_Node]:
    if not isinstance(client, RedisCluster):
        return [_Node(client, None)]
    await client.initialize()
    return [_Node(client, node) for node in client.get_primaries()]


async def _fork_together(nodes: Sequence[_Node], pause_seconds: float) -> None:
    milliseconds = int(pause_seconds * 1000)
    begun = asyncio.get_running_loop().time()
    try:
        await asyncio.gather(*(node.ask("CLIENT PAUSE", milliseconds, "WRITE") for node in nodes))
        await asyncio.gather(*(node.ask("BGSAVE") for node in nodes))
        took = asyncio.get_running_loop().time() - begun
    finally:
        await asyncio.gather(*(node.ask("CLIENT UNPAUSE") for node in nodes))
    if took >= pause_seconds:
        raise SnapshotError(
            f"the nodes took {took:.1f} s, longer than writes waited: these snapshots are not of "
            "one moment; allow more with --pause"
        )
