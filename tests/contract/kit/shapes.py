"""One behaviour behind handlers of all four shapes, with all steps around them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import grpc
from google.protobuf.message import Message

from agent_memory.common.v1 import message_pb2
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory_services.kit.auth.authenticator import TrustEveryone
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.transport import channel_options, server_options
from agent_memory_services.kit.observe.metrics import CallMeters
from agent_memory_services.kit.redis import client
from agent_memory_services.kit.server.call import Context
from agent_memory_services.kit.server.interceptor import ARRIVAL_SECONDS, CallInterceptor
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps.admission import Admission
from agent_memory_services.kit.server.steps.order import ordered_steps

SHAPES = ("unary", "server_stream", "client_stream", "bidi_stream")
REQUEST = AppendMessagesRequest(
    session_id="s", messages=[message_pb2.Message(role="user", content="hi")]
)

Metadata = Sequence[tuple[str, str | bytes]]
Behaviour = Callable[[AppendMessagesRequest], Awaitable[Message]]


async def echo(request: AppendMessagesRequest) -> SessionRef:
    """Answer with the session of the request."""
    return SessionRef(session_id=request.session_id)


@dataclass(frozen=True)
class Shapes:
    """A client of the four methods."""

    port: int
    channel: grpc.aio.Channel
    meters: CallMeters
    admission: Admission

    async def call(
        self,
        shape: str,
        *requests: Message | bytes,
        timeout: float | None = 60,  # noqa: ASYNC109 - gRPC's own word
        metadata: Metadata = (),
    ) -> list[SessionRef]:
        """All responses of one call, which is made again where gRPC's client lost its status.

        It does so where a call ends before the client has sent its message.
        """
        while True:
            open_call = self.open(shape, *requests, timeout=timeout, metadata=metadata)
            try:
                if shape in {"unary", "client_stream"}:
                    return [await open_call]
                return [response async for response in open_call]
            except grpc.aio.AioRpcError as error:
                if "SendMessageOperation" not in (error.debug_error_string() or ""):
                    raise

    def open(
        self,
        shape: str,
        *requests: Message | bytes,
        timeout: float | None = 60,
        metadata: Metadata = (),
        compression: grpc.Compression | None = None,
    ) -> Any:
        """The library's own call object."""
        opener: Callable[..., Any] = {
            "unary": self.channel.unary_unary,
            "server_stream": self.channel.unary_stream,
            "client_stream": self.channel.stream_unary,
            "bidi_stream": self.channel.stream_stream,
        }[shape]
        method: Callable[..., Any] = opener(f"/test.Shapes/{shape}", _bytes, SessionRef.FromString)
        request = iter(requests) if shape in {"client_stream", "bidi_stream"} else requests[0]
        return method(request, timeout=timeout, metadata=metadata, compression=compression)

    def handled(self, shape: str, code: str) -> float:
        """How many calls ended with a code, by the metrics."""
        value = self.meters.registry.get_sample_value(
            "grpc_server_handled_total",
            {
                "grpc_type": shape,
                "grpc_service": "test.Shapes",
                "grpc_method": shape,
                "grpc_code": code,
            },
        )
        assert value is not None
        return value


def policy_of(shape: str) -> MethodPolicy:
    """A reader's method that takes five seconds."""
    return MethodPolicy(
        full_name=f"/test.Shapes/{shape}",
        service="test.Shapes",
        method=shape,
        access=Access.ACCESS_READER,
        deadline=5.0,
        idempotent=True,
        mutating=False,
        request_type=AppendMessagesRequest,
        response_type=SessionRef,
        client_streaming=shape in {"client_stream", "bidi_stream"},
        server_streaming=shape in {"server_stream", "bidi_stream"},
    )


@asynccontextmanager
async def serve(
    behaviour: Behaviour,
    *,
    settings: ProcessSettings | None = None,
    store_url: str = "redis://127.0.0.1:1",
    arrival_seconds: float = ARRIVAL_SECONDS,
    **changes: Any,
) -> AsyncIterator[Shapes]:
    """Serve `behaviour` in all shapes, under policies changed by `changes`."""
    settings = settings or ProcessSettings(access_log=False)
    policies = {policy.full_name: replace(policy, **changes) for policy in map(policy_of, SHAPES)}
    admission = Admission(settings.max_open_streams)
    meters = CallMeters(policies.values(), lambda: admission.running)
    async with client.connect(store_url) as store:
        steps = ordered_steps(
            settings,
            policies.values(),
            meters=meters,
            admission=admission,
            authenticator=TrustEveryone("default"),
            store=store,
        )
        size = settings.max_message_bytes
        interceptor = CallInterceptor(
            policies, steps, max_message_bytes=size, arrival_seconds=arrival_seconds
        )
        server = grpc.aio.server(interceptors=[interceptor], options=server_options(size))
        server.add_generic_rpc_handlers((_handlers(behaviour),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        options = channel_options(size)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            yield Shapes(port, channel, meters, admission)
        await server.stop(None)


def _handlers(behave: Behaviour) -> grpc.GenericRpcHandler:
    async def unary(request: AppendMessagesRequest, _: Context) -> Message:
        return await behave(request)

    async def server_stream(request: AppendMessagesRequest, _: Context) -> AsyncIterator[Message]:
        for _turn in range(3):
            yield await behave(request)

    async def client_stream(
        requests: AsyncIterator[AppendMessagesRequest], _: Context
    ) -> Message | None:
        answer = None
        async for request in requests:
            answer = await behave(request)
        return answer

    async def bidi_stream(
        requests: AsyncIterator[AppendMessagesRequest], _: Context
    ) -> AsyncIterator[Message]:
        async for request in requests:
            yield await behave(request)

    coding = (AppendMessagesRequest.FromString, SessionRef.SerializeToString)
    return grpc.method_handlers_generic_handler(
        "test.Shapes",
        {
            "unary": grpc.unary_unary_rpc_method_handler(unary, *coding),
            "server_stream": grpc.unary_stream_rpc_method_handler(server_stream, *coding),
            "client_stream": grpc.stream_unary_rpc_method_handler(client_stream, *coding),
            "bidi_stream": grpc.stream_stream_rpc_method_handler(bidi_stream, *coding),
        },
    )


def _bytes(request: Message | bytes) -> bytes:
    return request if isinstance(request, bytes) else request.SerializeToString()
