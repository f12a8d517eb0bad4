"""The whole stack starts, survives, restarts and ends as one."""

import asyncio
import fcntl
import http.client
import signal
import sys
from pathlib import Path

import pytest

from agent_memory_services.embedded.errors import ChildFailedError
from agent_memory_services.embedded.stack import SERVICES, Stack, StackOptions
from agent_memory_services.kit.contract.transport import Address
from agent_memory_services.kit.redis.client import connect

READERS = ("EXTRACTION", "LONG_TERM_MEMORY")


async def _healthy(address: Address) -> bool:
    def ask() -> int:
        connection = http.client.HTTPConnection(*address, timeout=60)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        finally:
            connection.close()

    return await asyncio.to_thread(ask) == 200


@pytest.mark.long
async def test_a_stack_survives_a_crash_and_a_restart(tmp_path: Path) -> None:
    """A killed service comes back behind its gateway; a later stack finds the data of the first."""
    options = StackOptions(state_dir=tmp_path)
    async with Stack(options) as first:
        assert await _healthy(first.address)
        await _crash_and_come_back(first)
        await first.processes["working_memory"].child.ready(
            lambda: _healthy(first.address), within=60
        )
        async with connect(str(first.redis_url)) as client:
            await client.set("key", "value")
    async with Stack(options) as second, connect(str(second.redis_url)) as client:
        assert await client.get("key") == b"value"


@pytest.mark.long
@pytest.mark.usefixtures("redis")
async def test_a_stack_of_services_uses_a_given_store_and_survives_a_crash(
    tmp_path: Path, redis_url: str
) -> None:
    """No store is started; a killed service is named and comes back; at the end all have ended."""
    # Nothing is said here, so that no process needs to load the parser.
    unread = {f"AGENT_MEMORY_{name}_PARSER_MODEL": str(tmp_path) for name in READERS}
    options = StackOptions(
        state_dir=tmp_path, redis_url=redis_url, gateway=False, environment=unread
    )
    async with Stack(options) as stack:
        assert stack.redis_url == redis_url
        assert list(stack.processes) == list(SERVICES)
        await _crash_and_come_back(stack)
        children = [process.child for process in stack.processes.values()]
    assert not any(child.running for child in children)
    assert not (tmp_path / "store").exists()
    assert (tmp_path / "envoy.json").exists()
    assert not (tmp_path / "gateway.log").exists()


async def _crash_and_come_back(stack: Stack) -> None:
    """SIGKILL of one service ends the watch by its name; started again it serves as before."""
    watch = asyncio.create_task(stack.watch())
    process = stack.processes["working_memory"]
    await process.child.kill()
    with pytest.raises(ChildFailedError, match="working_memory ended with exit code -9"):
        await watch
    await process.start()


@pytest.mark.long
@pytest.mark.parametrize(
    ("ending", "exit_code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)]
)
async def test_up_takes_everything_along(
    tmp_path: Path, ending: signal.Signals, exit_code: int
) -> None:
    """However `up` ends, its processes end too; by Ctrl-C that is a success."""
    up = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent_memory_services", "up"),
        *("--port", "0", "--state-dir", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert up.stdout is not None
    printed = await asyncio.wait_for(up.stdout.readuntil(b"Ctrl-C stops everything"), 300)
    assert b"Agent Memory is ready" in printed
    up.send_signal(ending)
    assert await asyncio.wait_for(up.wait(), 30) == exit_code
    # Every process holds the folder as long as it lives.
    with (tmp_path / "lock").open() as lock:
        async with asyncio.timeout(120):
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
