"""A small real gRPC service behind a real gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf import any_pb2, descriptor_pb2, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from grpc_tools import protoc

from agent_memory.common.v1.policy_pb2 import policy
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.contract.transport import Address
from agent_memory_services.kit.server.call import Context

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
SERVICE = "agent_memory.echo.v1.EchoService"


@pytest.fixture(scope="session")
def echo_descriptors(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The serialized descriptor set of the echo service."""
    target = tmp_path_factory.mktemp("descriptors") / "echo.binpb"
    includes = [HERE, ROOT / "protos" / "third_party", Path(protoc.__file__).parent / "_proto"]
    arguments = [f"-I{folder}" for folder in includes]
    arguments += ["--include_imports", f"--descriptor_set_out={target}"]
    # Error details are only rendered when the set holds their types too.
    arguments += ["echo.proto", "google/rpc/error_details.proto", "google/rpc/status.proto"]
    assert protoc.main(["protoc", *arguments]) == 0
    files = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    (echo,) = (file for file in files.file if file.service)
    methods = {method.name: method for method in echo.service[0].method}
    methods["EchoPart"].options.Extensions[policy].default_deadline.FromMilliseconds(100)
    methods["GetEcho"].options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return files.SerializeToString()


@dataclass
class Echo:
    """The echo service's messages, stubs and running server, and the texts of calls that began."""

    request: Any
    response: Any
    health: health.aio.HealthServicer
    port: int
    server: grpc.aio.Server
    begun: list[str]

    def stub(self, channel: grpc.aio.Channel, method: str, *, stream: bool = False) -> Any:
        """Callable of one method on `channel`."""
        kind = channel.unary_stream if stream else channel.unary_unary
        return kind(
            f"/{SERVICE}/{method}",
            request_serializer=self.request.SerializeToString,
            response_deserializer=self.response.FromString,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def echo(echo_descriptors: bytes) -> AsyncIterator[Echo]:
    """The echo service on a free port, healthy, for all tests of a file."""
    async with serving(echo_descriptors) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def own_echo(echo_descriptors: bytes) -> AsyncIterator[Echo]:
    """An echo service that a test may end."""
    async with serving(echo_descriptors) as running:
        yield running


@asynccontextmanager
async def serving(
    echo_descriptors: bytes, credentials: grpc.ServerCredentials | None = None
) -> AsyncIterator[Echo]:
    """The echo service, by TLS where there are credentials."""
    pool = DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(echo_descriptors).file:
        pool.Add(file)
    request, response = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"agent_memory.echo.v1.{name}"))
        for name in ("EchoRequest", "EchoResponse")
    )

    def answer(asked: Any, context: Context) -> Any:
        remaining = context.time_remaining()
        return response(
            text=asked.text * max(1, asked.repeat_count),
            deadline_millis=int(remaining * 1000) if remaining else 0,
            metadata={k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)},
        )

    begun: list[str] = []

    async def unary(asked: Any, context: Context) -> Any:
        begun.append(asked.text)
        await asyncio.sleep(asked.pause.ToTimedelta().total_seconds())
        return answer(asked, context)

    async def fail(asked: Any, context: Context) -> Any:
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=asked.text, domain="echo"))
        status = status_pb2.Status(code=3, message="as you wish", details=[detail])
        await context.abort_with_status(rpc_status.to_status(status))

    async def watch(asked: Any, context: Context) -> AsyncIterator[Any]:
        for _ in range(max(1, asked.repeat_count)):
            yield answer(asked, context)
        if not asked.repeat_count:
            await asyncio.Event().wait()

    def handler(kind: Any, function: Any) -> "grpc.RpcMethodHandler[Any, Any]":
        return kind(function, request.FromString, response.SerializeToString)

    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 << 20)])
    methods = {
        "Echo": handler(grpc.unary_unary_rpc_method_handler, unary),
        "GetEcho": handler(grpc.unary_unary_rpc_method_handler, unary),
        "EchoPart": handler(grpc.unary_unary_rpc_method_handler, unary),
        "Fail": handler(grpc.unary_unary_rpc_method_handler, fail),
        "WatchEcho": handler(grpc.unary_stream_rpc_method_handler, watch),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, methods)])
    checks = health.aio.HealthServicer()
    await checks.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("localhost:0", credentials)
    await server.start()
    yield Echo(request, response, checks, port, server, begun)
    await server.stop(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    echo: Echo, echo_descriptors: bytes, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EmbeddedGateway]:
    """A running gateway in front of the echo service, for all tests of a file."""
    async with _before(echo, echo_descriptors, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def own_gateway(
    own_echo: Echo, echo_descriptors: bytes, tmp_path: Path
) -> AsyncIterator[EmbeddedGateway]:
    """A gateway in front of a test's own echo service."""
    async with _before(own_echo, echo_descriptors, tmp_path) as running:
        yield running


@asynccontextmanager
async def _before(
    echo: Echo, echo_descriptors: bytes, folder: Path
) -> AsyncIterator[EmbeddedGateway]:
    listen = Address("127.0.0.1", free_port())
    config = bootstrap(
        echo_descriptors,
        listen=listen,
        backends={"echo": Address("127.0.0.1", echo.port)},
        hosts=LOOPBACK_HOSTS,
    )
    async with EmbeddedGateway(folder, listen, config) as running:
        yield running
