"""What the steps around a call cost: server CPU per call, bare against the full chain.

    python benchmarks/interceptor.py [--calls 800] [--rounds 25] [--traces 0.1]

Both servers echo the same request; one has no interceptor at all, the other everything that a
service has (metrics, a JSON log line, auth, deadline, validation). They take turns in one run,
so that the ratio holds on a machine with other work to do. Goal: at most 2.2. With `--traces` a
third one takes turns with them, which records that share of its calls and exports them.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import uvloop
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory_services.kit.auth.settings import AuthMethod
from agent_memory_services.kit.observe import logs
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.kit.server.settings import ProcessSettings

GOAL = 2.2
FULL_NAME = "agent_memory.working_memory.v1.WorkingMemoryService"
CONCURRENCY = 16
REQUEST = pb.AppendMessagesRequest(
    session_id="session-1",
    user_id="user-1",
    messages=[Message(role="user", content="I prefer morning meetings. " * 60)],
)


async def append(request: pb.AppendMessagesRequest, _: object) -> pb.AppendMessagesResponse:
    """Echo the messages."""
    return pb.AppendMessagesResponse(messages=request.messages)


async def used(_: pb.GetWorkingMemoryRequest, __: object) -> pb.GetWorkingMemoryResponse:
    """Tell the CPU time of this process in nanoseconds, as the tokens of a session."""
    answer = pb.GetWorkingMemoryResponse()
    answer.working_memory.tokens = time.process_time_ns()
    return answer


def add_to_server(_: object, server: grpc.aio.Server) -> None:
    """Register the two methods that are measured with, under the contract's names."""
    append_handler = grpc.unary_unary_rpc_method_handler(
        append, pb.AppendMessagesRequest.FromString, pb.AppendMessagesResponse.SerializeToString
    )
    used_handler = grpc.unary_unary_rpc_method_handler(
        used, pb.GetWorkingMemoryRequest.FromString, pb.GetWorkingMemoryResponse.SerializeToString
    )
    handlers: dict[str, Any] = {
        "AppendMessages": append_handler,
        "GetWorkingMemory": used_handler,
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(FULL_NAME, handlers),))


@asynccontextmanager
async def lifespan(_: ProcessSettings) -> AsyncIterator[Service]:
    """Nothing to open."""
    yield Service(FULL_NAME, add_to_server, None)


async def serve(kind: str) -> None:
    """Be the server process: print the port, then serve until killed."""
    if kind != "bare":
        logs.configure("info")
        settings = ProcessSettings(listen="127.0.0.1:0", auth=frozenset({AuthMethod.OFF}))
        async with server.start(settings, lifespan) as running:
            print(running.address, flush=True)
            await asyncio.Event().wait()
    bare = grpc.aio.server()
    add_to_server(None, bare)
    port = bare.add_insecure_port("127.0.0.1:0")
    await bare.start()
    print(f"127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


@asynccontextmanager
async def started(kind: str, environment: Mapping[str, str]) -> AsyncIterator[Any]:
    """A server process of its own, and a stub of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        kind,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the server's output was asked for")
        address = (await process.stdout.readline()).decode().strip()
        async with grpc.aio.insecure_channel(address) as channel:
            yield pb_grpc.WorkingMemoryServiceStub(channel)
    finally:
        process.kill()
        await process.wait()


async def cpu_micros(stub: Any, calls: int) -> float:
    """Microseconds of server CPU per call, over `calls` calls."""

    async def caller() -> None:
        for _ in range(calls // CONCURRENCY):
            await stub.AppendMessages(REQUEST, timeout=30)

    async def nanoseconds() -> int:
        answer = await stub.GetWorkingMemory(pb.GetWorkingMemoryRequest(session_id="s"))
        return int(answer.working_memory.tokens)

    before = await nanoseconds()
    await asyncio.gather(*(caller() for _ in range(CONCURRENCY)))
    return (await nanoseconds() - before) / 1e3 / (calls // CONCURRENCY * CONCURRENCY)


class Discard(TraceServiceServicer):
    """A collector of traces that keeps none."""

    async def Export(self, *_: object) -> ExportTraceServiceResponse:  # noqa: N802 - the protocol's
        """Take them."""
        return ExportTraceServiceResponse()


@asynccontextmanager
async def collector() -> AsyncIterator[str]:
    """Somewhere to export to."""
    server = grpc.aio.server()
    add_TraceServiceServicer_to_server(Discard(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"http://127.0.0.1:{port}"
    await server.stop(None)


async def measure(calls: int, rounds: int, traces: float | None) -> bool:
    """Print the medians and their ratio; whether the goal is met."""
    kinds = ("bare", "full") if traces is None else ("bare", "full", "traced")
    results: dict[str, list[float]] = {kind: [] for kind in kinds}
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(collector())
        traced = {
            "AGENT_MEMORY_TRACES_ENDPOINT": endpoint,
            "AGENT_MEMORY_TRACES_SAMPLE_RATIO": str(traces),
        }
        stubs = {
            kind: await stack.enter_async_context(started(kind, traced if kind == "traced" else {}))
            for kind in kinds
        }
        for stub in stubs.values():
            await cpu_micros(stub, 500)
        for _ in range(rounds):
            for kind, stub in stubs.items():
                results[kind].append(await cpu_micros(stub, calls))
    bare, full, *more = (statistics.median(values) for values in results.values())
    # Neighbours in time met the same other load, so the ratio is theirs and not the medians'.
    ratios = sorted(f / b for b, f in zip(results["bare"], results["full"], strict=True))
    ratio, few, many = (
        statistics.median(ratios),
        ratios[len(ratios) // 4],
        ratios[-len(ratios) // 4],
    )
    print(f"bare {bare:7.1f} us CPU per call")
    print(f"full {full:7.1f} us CPU per call, {full - bare:.1f} more")
    for median in more:
        print(f"traced {median:5.1f} us CPU per call, {median - full:.1f} more than full")
    print(f"ratio {ratio:.2f} (middle half {few:.2f} to {many:.2f}), goal {GOAL}")
    return ratio <= GOAL


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description="CPU of the interceptor per call")
    parser.add_argument("--calls", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--traces", type=float, help="share of calls that are recorded")
    parser.add_argument("--serve", choices=["bare", "full", "traced"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(options.serve))
    elif not uvloop.run(measure(options.calls, options.rounds, options.traces)):
        sys.exit(1)


if __name__ == "__main__":
    main()
