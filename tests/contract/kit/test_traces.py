"""Calls as spans, seen by a real collector."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
import pytest
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ResponseError

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.observe import logs
from agent_memory_services.kit.observe.tracing.export import TraceSettings, exported
from agent_memory_services.kit.redis import client
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.shapes import REQUEST, SHAPES, Shapes, echo, serve
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.collector import CLIENT, SERVER, Collector, collecting
from tests.support.raw import raw
from tests.support.servers import serving
from tests.support.waiting import eventually

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
READ = pb.GetWorkingMemoryRequest(session_id="holiday", user_id="alice")


@asynccontextmanager
async def traced() -> AsyncIterator[Collector]:
    """Traces of this process are on; the collector has them all when the block is left."""
    async with (
        collecting() as collector,
        exported(TraceSettings(traces_endpoint=collector.endpoint), "test"),
    ):
        yield collector


def _raise(error: Exception) -> Callable[[object], Coroutine[Any, Any, NoReturn]]:
    async def behave(_: object) -> NoReturn:
        raise error

    return behave


async def _wait(_: object) -> SessionRef:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_span_ends_with_the_code_that_its_caller_got(shape: str) -> None:
    """Rich errors, crashes, deadlines and cancels too; only faults of the server are failures."""
    cases = {
        "OK": (echo, False),
        "NOT_FOUND": (_raise(errors.SessionNotFound("s")), False),
        "UNAVAILABLE": (_raise(StoreConnectionError("redis://:secret@host")), True),
        "INTERNAL": (_raise(KeyError("alice")), True),
        "DEADLINE_EXCEEDED": (_wait, True),
    }
    async with traced() as collector:
        for behave, _ in cases.values():
            # The server's own end: on a slow machine the caller's may come before the call.
            async with serve(behave, deadline=0.5 if behave is _wait else 60.0) as shapes:
                await _outcome(shapes, shape, timeout=None)
        await _cancelled(shape)
    spans = [span for span in collector.spans if span.kind == SERVER]
    codes = [span.attributes["rpc.response.status_code"] for span in spans]
    assert codes == [*cases, "CANCELLED"]
    assert [span.failed for span in spans] == [failed for _, failed in cases.values()] + [False]
    assert {span.name for span in spans} == {f"test.Shapes/{shape}"}
    assert spans[1].attributes["agent_memory.error_reason"] == "SESSION_NOT_FOUND"
    assert spans[3].attributes["error.type"] == "INTERNAL"
    for secret in (b"alice", b"secret"):
        assert not any(secret in span.wire for span in spans)


async def test_a_handlers_own_abort_is_its_code() -> None:
    """Whatever way a call is ended by."""

    async def abort(_: object, context: Any) -> None:
        await context.abort(grpc.StatusCode.DATA_LOSS, "by hand")

    async with traced() as collector, serving(lifespan_of(Told(abort)), ProcessSettings()) as s:
        with pytest.raises(grpc.aio.AioRpcError):
            await WorkingMemoryServiceStub(s.channel).GetWorkingMemory(READ)
    (span,) = collector.method("GetWorkingMemory")
    assert span.attributes["rpc.response.status_code"] == "DATA_LOSS"
    assert span.failed


async def test_a_trace_goes_on_through_the_next_service() -> None:
    """Caller, service, outgoing call and next service are one line of descent."""
    async with (
        traced() as collector,
        serving(lifespan_of(Told()), ProcessSettings()) as behind,
        open_channel(behind.address) as channel,
    ):

        async def forward(*_: object) -> None:
            await WorkingMemoryServiceStub(channel).GetWorkingMemory(READ)

        async with serving(lifespan_of(Told(forward)), ProcessSettings()) as front:
            await WorkingMemoryServiceStub(front.channel).GetWorkingMemory(
                READ, metadata=(("traceparent", CALLER),)
            )
    last, call, first = collector.spans
    assert (first.kind, call.kind, last.kind) == (SERVER, CLIENT, SERVER)
    assert {span.trace_id for span in collector.spans} == {CALLER.split("-")[1]}
    assert [s.parent_id for s in (first, call, last)] == [
        CALLER.split("-")[2],
        first.span_id,
        call.span_id,
    ]
    assert call.attributes["rpc.response.status_code"] == "OK"
    assert not any(word in span.wire for span in collector.spans for word in (b"alice", b"holiday"))


async def test_a_callers_decision_not_to_record_is_followed() -> None:
    """Whatever share of our own traces is recorded."""
    unrecorded = CALLER.removesuffix("1") + "0"
    async with traced() as collector, serving(lifespan_of(Told()), ProcessSettings()) as served:
        stub = WorkingMemoryServiceStub(served.channel)
        await stub.GetWorkingMemory(READ, metadata=(("traceparent", unrecorded),))
    assert collector.spans == []


@script("agent_memory_services.kit.redis", "lua/lease")
def lease(lease: Key, *, holder: str, milliseconds: int) -> Any:
    """Takes a lease."""


async def test_commands_of_the_store_are_named_without_what_they_hold(redis_url: str) -> None:
    """Scripts by their own names; keys and values never."""
    async with client.connect(redis_url) as store:

        async def behave(request: AppendMessagesRequest) -> SessionRef:
            await store.set("of:alice", "said")
            async with store.pipeline(transaction=False) as pipeline:
                await raw(pipeline).get("of:alice").get("of:bob").execute()
            await lease(store, "of:alice", holder="said", milliseconds=1000)
            with pytest.raises(ResponseError):
                await store.incr("of:alice")
            return await echo(request)

        async with traced() as collector, serve(behave) as shapes:
            await shapes.call("unary", REQUEST)
            await store.set("of:alice", "polled")
    fallback = "EVAL kit/redis/lease"  # only where no test ran the script before
    *commands, call = [span for span in collector.spans if span.name != fallback]
    assert [span.name for span in commands] == [
        "SET",
        "PIPELINE",
        "EVALSHA kit/redis/lease",
        "INCRBY",
    ]
    assert {span.parent_id for span in commands} == {call.span_id}
    assert all(span.attributes["db.system.name"] == "redis" for span in commands)
    assert commands[1].attributes["db.operation.batch.size"] == 2
    assert commands[3].failed
    assert commands[3].attributes["error.type"] == "ResponseError"
    assert not any(w in span.wire for span in collector.spans for w in (b"alice", b"said"))


async def test_a_watch_is_one_span_however_long_it_lasts(redis_url: str) -> None:
    """And what it does for its caller meanwhile still leads to it, by the log."""
    lines: list[MutableMapping[str, Any]] = []
    async with client.connect(redis_url) as store:

        async def behave(request: AppendMessagesRequest) -> SessionRef:
            await store.get("of:alice")
            lines.append(logs._name_span(None, "info", {}))
            return await echo(request)

        async with traced() as collector, serve(behave, deadline=None) as shapes:
            await shapes.call("server_stream", REQUEST)
            await shapes.call("unary", REQUEST)
            value = shapes.meters.registry.get_sample_value
            labels = {"grpc_service": "test.Shapes", "grpc_method": "unary"}
            assert value("agent_memory_store_round_trips_sum", labels) == 1
    assert [span.name for span in collector.spans] == [
        "test.Shapes/server_stream",
        "GET",
        "test.Shapes/unary",
    ]
    watch = collector.spans[0]
    assert lines[0] == {"trace_id": watch.trace_id, "span_id": watch.span_id}


async def test_a_line_of_the_log_names_its_trace() -> None:
    """So that one leads to the other; without traces it names none."""
    lines: list[MutableMapping[str, Any]] = []

    async def behave(request: AppendMessagesRequest) -> SessionRef:
        lines.append(logs._name_span(None, "info", {"event": "in the call"}))
        return await echo(request)

    async with traced() as collector, serve(behave) as shapes:
        await shapes.call("unary", REQUEST)
    async with serve(behave) as shapes:
        await shapes.call("unary", REQUEST)
    (span,) = collector.spans
    assert lines == [
        {"event": "in the call", "trace_id": span.trace_id, "span_id": span.span_id},
        {"event": "in the call"},
    ]


async def test_a_collector_that_is_away_delays_the_end_and_nothing_else() -> None:
    """Calls go on, and the event loop does while the last spans are given up."""
    settings = TraceSettings(
        traces_endpoint=f"http://127.0.0.1:{free_port()}", traces_flush_seconds=1
    )
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async with asyncio.timeout(120), exported(settings, "test"):
        async with serve(echo) as shapes:
            assert await shapes.call("unary", REQUEST)
        ticking = asyncio.create_task(tick())
    ticking.cancel()
    assert ticks > 10


async def _outcome(shapes: Shapes, shape: str, timeout: float | None) -> None:  # noqa: ASYNC109 - gRPC's word
    try:
        await shapes.call(shape, REQUEST, timeout=timeout)
    except grpc.aio.AioRpcError:
        return


async def _cancelled(shape: str) -> None:
    """Cancel a call whose request the method has got: before, its stream may just be empty."""
    received = asyncio.Event()

    async def wait(request: object) -> SessionRef:
        received.set()
        return await _wait(request)

    async with serve(wait) as shapes, asyncio.timeout(120):
        call = shapes.open(shape, REQUEST)
        if shape in {"unary", "client_stream"}:
            running = asyncio.ensure_future(call)
        else:
            running = asyncio.ensure_future(call.read())
        await received.wait()
        running.cancel()
        call.cancel()
        await eventually(lambda: shapes.handled(shape, "Canceled") == 1)
