"""Snapshots of the nodes of a cluster, while somebody writes to two of them in turn."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from typer.testing import CliRunner

from agent_memory_services.cli import app
from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from tests.support.cluster import cluster


@asynccontextmanager
async def restored(folder: Path, *options: str) -> AsyncIterator[Any]:
    """A client of a server that starts on what a folder holds."""
    port = free_port()
    command = [str(binaries.valkey_server()), "--port", str(port), "--dir", str(folder)]
    module = ["--save", "", "--loadmodule", str(binaries.search_module())]

    async def answers() -> bool:
        try:
            return bool(await client.ping())
        except (RedisConnectionError, RedisError):
            return False

    async with AsyncExitStack() as stack:
        child = Child("restored", [*command, *module, *options], log=folder / "restored.log")
        await stack.enter_async_context(child)
        client = await stack.enter_async_context(Redis(port=port, protocol=2))
        await child.ready(answers, within=30)
        yield client


async def read(folder: Path, key: str) -> int:
    """The number under a key in a node's snapshot."""
    async with restored(folder) as client:
        return int(await client.get(key) or 0)


@pytest.mark.long
async def test_snapshots_of_a_cluster_are_of_one_moment(tmp_path: Path) -> None:
    """Of two counters on two nodes that go up in turn, none is ahead by more than the one step."""
    async with cluster(tmp_path) as url, connect(url) as client:
        assert isinstance(client, RedisCluster)
        first, second = "{a}first", "{b}second"
        assert client.get_node_from_key(first) != client.get_node_from_key(second)

        async def write() -> None:
            while True:
                await client.incr(first)
                await client.incr(second)

        writing = asyncio.create_task(write())
        while int(await client.get(second) or 0) < 100:
            await asyncio.sleep(0.01)
        told = await asyncio.to_thread(CliRunner().invoke, app, ["snapshot", "--store", url])
        after = int(await client.get(second) or 0)
        while int(await client.get(second) or 0) <= after:
            await asyncio.sleep(0.01)
        writing.cancel()
    assert told.exit_code == 0, told.output
    folders = [line.partition(": ")[2].rpartition("/")[0] for line in told.output.splitlines()]
    assert len(folders) == 3
    numbers = [[await read(Path(folder), key) for folder in folders] for key in (first, second)]
    ahead, behind = map(sum, numbers)
    assert behind >= 100
    assert ahead - behind in {0, 1}


@pytest.mark.long
async def test_a_copy_is_restored_as_the_page_says(tmp_path: Path) -> None:
    """Without its append-only file at first; that is made anew, and the next start reads it."""
    for name in ("store", "copy"):
        (tmp_path / name).mkdir()
    async with EmbeddedStore(tmp_path / "store") as store, connect(store.url) as client:
        await client.set("kept", 7)
        told = await asyncio.to_thread(CliRunner().invoke, app, ["snapshot", "--store", store.url])
        assert told.exit_code == 0, told.output
        shutil.copy(told.output.strip().partition(": ")[2], tmp_path / "copy" / "dump.rdb")
    async with restored(tmp_path / "copy", "--appendonly", "yes") as client:
        assert await client.get("kept") is None, "it reads an append-only file that is not there"
    shutil.rmtree(tmp_path / "copy" / "appendonlydir")
    async with restored(tmp_path / "copy", "--appendonly", "no") as client:
        await client.config_set("appendonly", "yes")
        async with asyncio.timeout(60):
            while (await client.info("persistence"))["aof_rewrite_in_progress"]:
                await asyncio.sleep(0.02)
        assert int(await client.get("kept") or 0) == 7
    async with restored(tmp_path / "copy", "--appendonly", "yes") as client:
        assert int(await client.get("kept") or 0) == 7
