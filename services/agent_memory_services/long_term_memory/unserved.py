"""The calls that this build does not serve."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from typing import Any, TypeAlias

import grpc

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from agent_memory_services.runtime.errors import Unimplemented

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class UnservedCalls(LongTermMemoryServiceServicer):
    """Refuses them in the terms of the error catalogue."""

    async def ForgetMemories(
        self, request: rpc.ForgetMemoriesRequest, context: Context
    ) -> rpc.ForgetMemoriesResponse:
        raise Unimplemented("ForgetMemories")
