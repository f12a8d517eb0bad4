"""A server whose process does nothing else for a while.

    python -m tests.support.busy_server CALLS

Prints its port. The method `Busy` prints a line and blocks until a line comes in; `Count` answers
with the number of requests. So many calls may wait as `CALLS` says.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc

from agent_memory_services.kit.contract.transport import server_options, waiting_options

SERVICE = "tests.Busy"


async def _busy(_: bytes, __: Any) -> bytes:
    _tell("busy")
    # On the loop, which is the point: nothing is looked at meanwhile.
    sys.stdin.readline()
    return b""


async def _count(requests: AsyncIterator[bytes], _: Any) -> bytes:
    return str(len([request async for request in requests])).encode()


async def _main(calls: int) -> None:
    server = grpc.aio.server(options=[*server_options(1 << 20), *waiting_options(calls, 60.0)])
    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Busy": grpc.unary_unary_rpc_method_handler(_busy),
        "Count": grpc.stream_unary_rpc_method_handler(_count),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    _tell(server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    await server.wait_for_termination()


def _tell(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
