"""Calls that arrive while the process has no time for them."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from tests.support.busy_server import SERVICE

# Beyond three thousand the library drops every call if left to itself, and some beyond a thousand.
WAITING = 3500


@asynccontextmanager
async def busy_server(calls: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A server at which so many calls may wait, and its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.busy_server", str(calls)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, f"127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


# Of bytes, as they are.
Opening = Callable[..., Any]


async def fates(waiting: int, *, allowed: int) -> Counter[str]:
    """What becomes of so many calls that arrive while the server is busy."""
    async with (
        busy_server(allowed) as (process, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        block: Opening = channel.unary_unary(f"/{SERVICE}/Busy")
        busy = block(b"", wait_for_ready=True)
        assert await process.stdout.readline() == b"busy\n"
        count: Opening = channel.stream_unary(f"/{SERVICE}/Count")
        calls = [count(timeout=60) for _ in range(waiting)]
        # What has been written is on its way; it is answered when the server is told to go on.
        await asyncio.gather(*(call.write(b"x") for call in calls), return_exceptions=True)
        process.stdin.write(b"go on\n")
        await busy
        await asyncio.gather(*(call.done_writing() for call in calls), return_exceptions=True)
        return Counter([await _fate(call) for call in calls])


async def _fate(call: Any) -> str:
    """How a call ended: dropped too where gRPC's client lost the status while it wrote."""
    if await call.details() == "Internal error from Core":
        return "CANCELLED"
    return str((await call.code()).name)


async def test_thousands_of_calls_wait_for_a_busy_process() -> None:
    """None is dropped: each is looked at, to be answered or told when to come back."""
    assert await fates(WAITING, allowed=10_000) == {"OK": WAITING}


async def test_the_number_of_waiting_calls_has_an_end() -> None:
    """Those beyond it are dropped, so that a crowd cannot fill the memory."""
    found = await fates(200, allowed=20)
    assert found["OK"] < 200
    assert found["OK"] + found["CANCELLED"] == 200
