"""Deadlines and cancellation."""

import asyncio
from contextlib import suppress

import grpc
import pytest

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory_services.kit.contract import context
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.shapes import REQUEST, SHAPES, Shapes, echo, serve
from tests.support.half_call import half_call
from tests.support.waiting import eventually


class Endless:
    """A behaviour that waits until it is cancelled, and tells."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.left: float | None = None

    async def __call__(self, _: object) -> SessionRef:
        self.begun += 1
        self.left = context.due_at_var.get() and context.remaining(0)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return SessionRef()


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_call_without_a_deadline_gets_its_methods_own(shape: str) -> None:
    """The handler is ended, and the caller is told why."""
    endless = Endless()
    async with serve(endless, deadline=0.4) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST, timeout=None)
        assert shapes.handled(shape, "DeadlineExceeded") == 1
        assert shapes.admission.running == 0
    assert refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert refusal.reason == "DEADLINE_EXCEEDED"
    assert endless.cancelled == 1


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_absurd_deadline_is_clamped(shape: str) -> None:
    """No caller keeps a handler busy for longer than the maximum."""
    endless = Endless()
    settings = ProcessSettings(max_deadline_seconds=0.4, access_log=False)
    async with serve(endless, settings=settings) as shapes:
        with refused() as refusal:
            await shapes.call(shape, REQUEST, timeout=1e6)
    assert refusal.reason == "DEADLINE_EXCEEDED"
    assert endless.left is not None
    assert endless.left <= 0.4


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_callers_deadline_reaches_the_handler_and_ends_it(shape: str) -> None:
    """The handler knows what is left, and the end is counted as what it was."""
    endless = Endless()
    async with serve(endless) as shapes:
        seconds = 0.5
        # On a slow machine a deadline may be over before its call arrives.
        while not endless.begun:
            seconds *= 2
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await shapes.call(shape, REQUEST, timeout=seconds)
            assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await eventually(lambda: shapes.handled(shape, "DeadlineExceeded") >= 1)
        await eventually(lambda: shapes.admission.running == 0)
    assert endless.cancelled == endless.begun == 1
    assert endless.left is not None
    assert 0 < endless.left < seconds + 1, "the caller's, give or take how gRPC rounds it"


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_caller_that_goes_away_ends_its_call(shape: str) -> None:
    """The handler is cancelled, its place is free again, and it is no error of ours."""
    endless = Endless()
    async with serve(endless) as shapes:
        call = shapes.open(shape, REQUEST)
        if shape in {"unary", "client_stream"}:
            waiting = asyncio.ensure_future(call)
        else:
            waiting = asyncio.ensure_future(call.read())
        await eventually(lambda: endless.begun == 1)
        assert shapes.admission.running == 1
        call.cancel()
        await asyncio.wait([waiting])
        await eventually(lambda: shapes.handled(shape, "Canceled") == 1)
        await eventually(lambda: shapes.admission.running == 0)
    assert endless.cancelled == 1


async def test_a_stream_without_a_declared_deadline_stays_open() -> None:
    """Watching has no end of its own."""
    endless = Endless()
    async with serve(endless, deadline=None) as shapes:
        call = shapes.open("server_stream", REQUEST, timeout=None)
        await eventually(lambda: endless.begun == 1)
        assert endless.left is None
        call.cancel()


async def test_a_stream_without_an_end_continues_in_another_call() -> None:
    """No stream stays with one process for good; its caller is told to take the last token."""
    endless = Endless()
    settings = ProcessSettings(max_deadline_seconds=0.4, access_log=False)
    async with serve(endless, settings=settings, deadline=None) as shapes:
        with refused() as refusal:
            await shapes.call("server_stream", REQUEST, timeout=None)
        await eventually(lambda: shapes.admission.running == 0)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
    assert "last token" in refusal.message


async def test_a_single_call_without_any_deadline_gets_the_maximum() -> None:
    """Only streams may be open-ended."""
    endless = Endless()
    settings = ProcessSettings(max_deadline_seconds=0.4, access_log=False)
    async with serve(endless, settings=settings, deadline=None) as shapes:
        with refused() as refusal:
            await shapes.call("unary", REQUEST, timeout=None)
    assert refusal.reason == "DEADLINE_EXCEEDED"


async def test_a_timeout_inside_a_handler_is_not_the_calls_own() -> None:
    """Only the call's deadline is answered as one; anything else is unforeseen."""

    async def slow(_: object) -> SessionRef:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()
        raise AssertionError

    async with serve(slow) as shapes:
        with refused() as refusal:
            await shapes.call("unary", REQUEST)
    assert refusal.reason == "INTERNAL"


@pytest.mark.parametrize("shape", ["server_stream", "bidi_stream"])
async def test_a_response_to_nobody_is_no_incident(shape: str) -> None:
    """A caller may go away at the very moment when something is sent to it."""
    waiting = asyncio.Event()

    async def answer_anyway(_: object) -> SessionRef:
        waiting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return SessionRef()

    async with serve(answer_anyway) as shapes:
        call = shapes.open(shape, REQUEST)
        await waiting.wait()
        call.cancel()
        await eventually(lambda: shapes.handled(shape, "Canceled") == 1)
        assert shapes.admission.running == 0


@pytest.mark.parametrize("shape", ["unary", "server_stream"])
@pytest.mark.parametrize(("part", "end"), [(b"", False), (b"\0\0\0\0\x09", False), (b"", True)])
async def test_a_request_that_does_not_arrive_ends_its_call(
    shape: str, part: bytes, *, end: bool
) -> None:
    """Nothing of it comes, or a part, or its end: nothing has begun, and others are answered."""
    async with serve(echo, arrival_seconds=0.2) as shapes:
        async with half_call("127.0.0.1", shapes.port, f"/test.Shapes/{shape}") as call:
            call.send(part, end=end)
            async with asyncio.timeout(120):
                await call.ended()
        await _answered(shapes, shape)


async def test_a_request_that_has_arrived_may_take_longer() -> None:
    """The time to arrive is not the time to answer."""

    async def late(_: object) -> SessionRef:
        await asyncio.sleep(0.3)
        return SessionRef(session_id="late")

    async with serve(late, arrival_seconds=0.2) as shapes:
        assert [answer.session_id for answer in await _answered(shapes, "unary")] == ["late"]


async def _answered(shapes: Shapes, shape: str) -> list[SessionRef]:
    """Call until a request arrives in time: on a slow machine a whole one may need longer too."""
    async with asyncio.timeout(60):
        while True:
            with suppress(grpc.aio.AioRpcError):
                return await shapes.call(shape, REQUEST)
