"""Processes that fork after they used a client, as preforking servers and worker pools do."""

import asyncio
import sys

import pytest

from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from tests.contract.client import forking_application
from tests.contract.client.services.running import Services
from tests.support.waiting import eventually


async def application(kind: str, services: Services) -> asyncio.subprocess.Process:
    """Start the application that forks."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, forking_application.__file__, kind, services.url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("kind", ["asynchronous", "synchronous", "closed"])
async def test_parents_and_children_go_on(services: Services, kind: str) -> None:
    """Each process has connections of its own, without asking for it."""
    forking = await application(kind, services)
    _, errors = await forking.communicate()
    assert forking.returncode == 0, errors.decode()


async def test_calls_that_wait_do_not_mind_a_fork(services: Services) -> None:
    """The parent's are answered, and the child makes its own; of each client and kind of call."""
    recorder, watch = services.recorder, services.long_term_memory.watch
    recorder.stalled.add("CountMemories")
    before, after = (
        long_term.WatchMemoriesResponse(change=ltm.MemoryChange(memory_id=name)) for name in "mn"
    )
    watch.parts.append([before, recorder.released, after])
    forking = await application("waiting", services)
    assert forking.stdin is not None
    assert forking.stdout is not None
    await eventually(lambda: len(recorder.calls("CountMemories")) == 2, within=60)
    forking.stdin.write(b"arrived\n")
    await forking.stdin.drain()
    await forking.stdout.readline()
    recorder.released.set()
    _, errors = await forking.communicate()
    assert forking.returncode == 0, errors.decode()
