"""Any service of the contracts, with methods that do nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.server.server import Lifespan, Service
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.support.contracts import POLICIES


def echo_lifespan(full_name: str) -> Lifespan[ProcessSettings]:
    """The lifespan of a service whose methods all answer with nothing."""

    @asynccontextmanager
    async def lifespan(_: ProcessSettings) -> AsyncIterator[Service]:
        yield Service(full_name, _add, object())

    def _add(_: Any, server: grpc.aio.Server) -> None:
        own = [policy for policy in POLICIES if policy.service == full_name]
        handlers = {policy.method: _handler(policy) for policy in own}
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(full_name, handlers),)
        )

    return lifespan


def _handler(policy: MethodPolicy) -> Any:
    async def single(request: Any, _: Any) -> Message:
        if policy.client_streaming:
            async for _ in request:
                pass
        return policy.response_type()

    async def stream(_: Any, __: Any) -> AsyncIterator[Message]:
        yield policy.response_type()

    shapes = {
        (False, False): (grpc.unary_unary_rpc_method_handler, single),
        (True, False): (grpc.stream_unary_rpc_method_handler, single),
        (False, True): (grpc.unary_stream_rpc_method_handler, stream),
    }
    make, behave = shapes[policy.client_streaming, policy.server_streaming]
    return make(behave, policy.request_type.FromString, policy.response_type.SerializeToString)
