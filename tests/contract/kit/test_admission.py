"""What a busy or ending process takes on."""

import asyncio
import re
import urllib.request
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps import admission, congestion
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, SHAPES, Shapes, echo, serve
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.servers import Served, serving
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


def only(calls: int, **others: Any) -> ProcessSettings:
    """Settings by which so many calls run at a time."""
    return ProcessSettings(max_concurrent_calls=calls, access_log=False, **others)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "unary"])
async def test_one_stream_too_many_is_told_to_come_back(shape: str) -> None:
    """At once, without waiting, and only until a place is free."""
    gate = Gate()
    settings = ProcessSettings(max_open_streams=2, access_log=False)
    async with serve(gate, settings=settings) as shapes, asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(shapes.call(shape, REQUEST))
        await eventually(lambda: gate.waiting == 2)
        with refused() as refusal:
            await shapes.call(shape, REQUEST)
        assert refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refusal.reason == "OVERLOADED"
        assert refusal.retry_after > 0
        assert shapes.handled(shape, "ResourceExhausted") >= 1
        gate.open.set()
        await eventually(lambda: shapes.admission.running == 0)
        assert await shapes.call(shape, REQUEST)


async def test_a_burst_beyond_the_limit_is_answered_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many come at once: each waits for those before it."""
    # A slow machine needs so long for them that they would count as a lasting crowd.
    monkeypatch.setattr(admission, "_CLOSES_AT", 10_000)
    gate, order, most = asyncio.Event(), [], 0

    async def note(request: AppendMessagesRequest) -> SessionRef:
        nonlocal most
        order.append(request.session_id)
        before = len(order)
        await gate.wait()
        await asyncio.sleep(0)
        most = max(most, 1 + len(order) - before)
        return SessionRef()

    sessions = [str(number) for number in range(300)]
    async with serve(note, settings=only(1)) as shapes, asyncio.TaskGroup() as group:
        for number, session in enumerate(sessions, start=1):
            request = AppendMessagesRequest(session_id=session, messages=REQUEST.messages)
            group.create_task(shapes.call("unary", request, timeout=60))
            await eventually(lambda number=number: shapes.admission.running == number)  # type: ignore[misc] # binds the variable of the loop
        gate.set()
    assert (order, most) == (sessions, 1)


async def test_who_waits_for_a_place_hears_of_a_refusal_before_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And takes nothing with them: the place is there for the next."""
    # Early enough for the refusal to arrive, however slow the machine is.
    monkeypatch.setattr(congestion, "_WAITS_AT_MOST", 0.02)
    monkeypatch.setattr(congestion, "_MAY_WAIT", 0.0)
    gate = Gate()
    async with serve(gate, settings=only(1)) as shapes, asyncio.TaskGroup() as group:
        group.create_task(shapes.call("unary", REQUEST, timeout=60))
        await eventually(lambda: gate.waiting == 1)
        with refused() as refusal:
            await shapes.call("unary", REQUEST, timeout=30)
        assert refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refusal.reason == "OVERLOADED"
        assert refusal.retry_after > 0
        gate.open.set()
        assert await shapes.call("unary", REQUEST, timeout=60)
    assert gate.waiting == 2


async def test_a_caller_who_leaves_the_line_keeps_nobody_waiting() -> None:
    """Those behind move up."""
    gate = Gate()
    async with serve(gate, settings=only(1)) as shapes, asyncio.TaskGroup() as group:
        group.create_task(shapes.call("unary", REQUEST, timeout=60))
        await eventually(lambda: gate.waiting == 1)
        leaving = shapes.open("unary", REQUEST, timeout=60)
        await eventually(lambda: shapes.admission.running == 2)
        behind = group.create_task(shapes.call("unary", REQUEST, timeout=60))
        await eventually(lambda: shapes.admission.running == 3)
        leaving.cancel()
        await eventually(lambda: shapes.admission.running == 2)
        gate.open.set()
        assert await behind
    assert gate.waiting == 2


async def test_the_line_has_an_end() -> None:
    """A crowd cannot fill the memory."""
    gate = Gate()
    settings = only(1, max_waiting_calls=1)
    async with serve(gate, settings=settings) as shapes, asyncio.TaskGroup() as group:
        for number in (1, 2):
            group.create_task(shapes.call("unary", REQUEST, timeout=60))
            await eventually(lambda number=number: shapes.admission.running == number)  # type: ignore[misc] # binds the variable of the loop
        with refused() as refusal:
            await shapes.call("unary", REQUEST, timeout=60)
        assert refusal.reason == "OVERLOADED"
        assert refusal.retry_after > 0
        gate.open.set()


async def test_methods_take_turns() -> None:
    """A long line before one of them does not keep the callers of another waiting."""
    gate, order = asyncio.Event(), []

    async def note(request: Message, _: object) -> None:
        order.append(type(request).__name__)
        await gate.wait()

    read = pb.GetWorkingMemoryRequest(session_id="s")
    write = AppendMessagesRequest(session_id="s", messages=REQUEST.messages)
    async with (
        serving(lifespan_of(Told(note)), only(1, metrics_listen="127.0.0.1:0")) as served,
        asyncio.TaskGroup() as group,
    ):
        stub = WorkingMemoryServiceStub(served.channel)
        reads = [stub.GetWorkingMemory(read, timeout=60) for _ in range(20)]
        await eventually(lambda: bool(order))
        writes = [stub.AppendMessages(write, timeout=60) for _ in range(2)]
        calls: list[Awaitable[object]] = [*reads, *writes]
        for call in calls:
            group.create_task(_awaited(call))
        await _arrived(served, len(reads) + len(writes))
        gate.set()
    assert order.count("AppendMessagesRequest") == 2
    assert "AppendMessagesRequest" in order[1:3]
    assert "AppendMessagesRequest" in order[3:5]


async def test_calls_that_take_long_because_they_are_many_become_fewer() -> None:
    """The others wait; a call of another kind is let in."""
    running, slow, together = 0, False, deque([0], maxlen=100)

    async def crowded(_: object) -> SessionRef:
        nonlocal running
        running += 1
        together.append(running)
        await asyncio.sleep(0.005 * running if slow else 0.001)
        running -= 1
        return SessionRef()

    async def insist(shapes: Shapes) -> None:
        while max(together) > 20 or len(together) < 100:
            await shapes.call("unary", REQUEST, timeout=60)

    async with serve(crowded, settings=ProcessSettings(access_log=False)) as shapes:
        for _ in range(200):
            await shapes.call("unary", REQUEST)
        slow = True
        together.extend([40] * 100)
        await asyncio.gather(*(insist(shapes) for _ in range(40)))
        assert await shapes.call("server_stream", REQUEST)


async def test_watchers_do_not_lock_out_callers() -> None:
    """Streams and single calls have bounds of their own."""
    gate = Gate()
    async with (
        serve(gate, settings=only(1, max_open_streams=1)) as shapes,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(shapes.call("server_stream", REQUEST))
        await eventually(lambda: gate.waiting == 1)
        group.create_task(shapes.call("unary", REQUEST))
        await eventually(lambda: gate.waiting == 2)
        gate.open.set()


@pytest.mark.parametrize("shape", ["server_stream", "bidi_stream"])
async def test_open_ended_streams_end_when_the_process_does(shape: str) -> None:
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


async def test_calls_with_an_end_of_their_own_may_finish() -> None:
    """Ending open streams touches no other call."""
    gate = Gate()
    async with serve(gate) as shapes, asyncio.TaskGroup() as group:
        calls = [group.create_task(shapes.call(shape, REQUEST)) for shape in SHAPES]
        await eventually(lambda: gate.waiting == len(SHAPES))
        shapes.admission.end_open_streams()
        gate.open.set()
    assert all(call.result() for call in calls)


async def test_a_method_nobody_serves_is_refused_without_a_trace_in_the_metrics() -> None:
    """A stranger cannot fill our metrics with labels."""
    async with serve(echo) as shapes:
        for path in ("/test.Shapes/Nothing", "/other.Service/unary"):
            call: Callable[..., Any] = shapes.channel.unary_unary(path)
            with refused() as refusal:
                await call(b"", timeout=60)
            assert refusal.code is grpc.StatusCode.UNIMPLEMENTED
            assert refusal.reason == "UNIMPLEMENTED"
        text = str([family.samples for family in shapes.meters.registry.collect()])
    assert "Nothing" not in text
    assert "other.Service" not in text


async def _awaited(call: Awaitable[object]) -> None:
    await call


async def _arrived(served: Served, calls: int) -> None:
    """Wait until so many calls run or wait."""
    async with asyncio.timeout(120):
        while await asyncio.to_thread(_in_flight, served) < calls:
            await asyncio.sleep(0.01)


def _in_flight(served: Served) -> float:
    with urllib.request.urlopen(f"http://{served.metrics_address}/metrics") as response:
        found = re.search(
            r"^agent_memory_calls_in_flight (.*)$", response.read().decode(), re.MULTILINE
        )
    assert found
    return float(found[1])
