"""What a busy or ending process takes on."""

import asyncio

import grpc
import pytest

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory_services.runtime.settings import ProcessSettings
from tests.contract.runtime.refusals import refused
from tests.contract.runtime.shapes import REQUEST, SHAPES, echo, serve
from tests.support.waiting import eventually


class Gate:
    """A behaviour that waits for its gate to open."""

    def __init__(self) -> None:
        self.waiting = 0
        self.open = asyncio.Event()

    async def __call__(self, _: object) -> SessionRef:
        self.waiting += 1
        await self.open.wait()
        return SessionRef()


@pytest.mark.parametrize("shape", SHAPES)
async def test_one_call_too_many_is_told_to_come_back(shape: str):
    """At once, without waiting, and only until a place is free."""
    gate = Gate()
    settings = ProcessSettings(max_concurrent_calls=2, max_open_streams=2, access_log=False)
    async with serve(gate, settings=settings) as shapes, asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(shapes.call(shape, REQUEST))
        await eventually(lambda: gate.waiting == 2)
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
        assert refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refusal.reason == "OVERLOADED"
        assert refusal.retry_after > 0
        assert shapes.handled(shape, "ResourceExhausted") == 1
        gate.open.set()
        await eventually(lambda: shapes.admission.running == 0)
        assert await shapes.call(shape, REQUEST)


async def test_calls_that_take_long_because_they_are_many_become_fewer():
    """One that would join them is told to come back; a call of another kind is let in."""
    running, slow = 0, False

    async def crowded(_: object) -> SessionRef:
        nonlocal running
        running += 1
        await asyncio.sleep(0.005 * running if slow else 0.001)
        running -= 1
        return SessionRef()

    settings = ProcessSettings(access_log=False)
    async with serve(crowded, settings=settings) as shapes:
        for _ in range(200):
            await shapes.call("unary", REQUEST)
        slow, refusals = True, []

        async def insist() -> None:
            while not refusals:
                try:
                    await shapes.call("unary", REQUEST)
                except grpc.aio.AioRpcError as error:
                    refusals.append(error)

        await asyncio.gather(*(insist() for _ in range(40)))
        with refused() as refusal:
            raise refusals[0]
        assert (refusal.reason, refusal.retry_after) == ("OVERLOADED", 0.5)
        assert await shapes.call("server_stream", REQUEST)


async def test_watchers_do_not_lock_out_callers():
    """Streams and single calls have bounds of their own."""
    gate = Gate()
    settings = ProcessSettings(max_concurrent_calls=1, max_open_streams=1, access_log=False)
    async with serve(gate, settings=settings) as shapes, asyncio.TaskGroup() as group:
        group.create_task(shapes.call("server_stream", REQUEST))
        await eventually(lambda: gate.waiting == 1)
        group.create_task(shapes.call("unary", REQUEST))
        await eventually(lambda: gate.waiting == 2)
        gate.open.set()


@pytest.mark.parametrize("shape", ["server_stream", "bidi_stream"])
async def test_open_ended_streams_end_when_the_process_does(shape: str):
    """Their callers are told to continue elsewhere."""
    gate = Gate()
    async with serve(gate, deadline=None) as shapes:
        call = shapes.open(shape, REQUEST, timeout=None)
        await eventually(lambda: gate.waiting == 1)
        shapes.admission.end_open_streams()
        with refused() as refusal:
            async for _ in call:
                pass
    assert refusal.code is grpc.StatusCode.UNAVAILABLE
    assert refusal.reason == "SHUTTING_DOWN"
    assert refusal.retry_after > 0


async def test_calls_with_an_end_of_their_own_may_finish():
    """Ending open streams touches no other call."""
    gate = Gate()
    async with serve(gate) as shapes, asyncio.TaskGroup() as group:
        calls = [group.create_task(shapes.call(shape, REQUEST)) for shape in SHAPES]
        await eventually(lambda: gate.waiting == len(SHAPES))
        shapes.admission.end_open_streams()
        gate.open.set()
    assert all(call.result() for call in calls)


async def test_a_method_nobody_serves_is_refused_without_a_trace_in_the_metrics():
    """A stranger cannot fill our metrics with labels."""
    async with serve(echo) as shapes:
        for path in ("/test.Shapes/Nothing", "/other.Service/unary"):
            with refused() as refusal:
                await shapes.channel.unary_unary(path)(b"", timeout=5)
            assert refusal.code is grpc.StatusCode.UNIMPLEMENTED
            assert refusal.reason == "UNIMPLEMENTED"
        text = str([family.samples for family in shapes.meters.registry.collect()])
    assert "Nothing" not in text
    assert "other.Service" not in text
