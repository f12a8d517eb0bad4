"""A working memory service that does as it is told, for tests of the server around it."""
# ruff: noqa: N802, ARG002 - the contract names the methods and what they take.

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1 import service_pb2_grpc as pb_grpc
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.kit.server.call import Context
from agent_memory_services.kit.server.server import Lifespan, Service
from agent_memory_services.kit.server.settings import ProcessSettings

FULL_NAME = "agent_memory.working_memory.v1.WorkingMemoryService"


class Told(pb_grpc.WorkingMemoryServiceServicer):
    """Answers every read with `behave`, and counts writes."""

    def __init__(self, behave: Callable[..., Any] | None = None) -> None:
        self._behave = behave
        self.written = 0

    async def GetWorkingMemory(
        self, request: pb.GetWorkingMemoryRequest, context: Context
    ) -> pb.GetWorkingMemoryResponse:
        if self._behave is not None:
            await self._behave(request, context)
        return pb.GetWorkingMemoryResponse()

    async def AppendMessages(
        self, request: pb.AppendMessagesRequest, context: Context
    ) -> pb.AppendMessagesResponse:
        self.written += 1
        if self._behave is not None:
            await self._behave(request, context)
        return pb.AppendMessagesResponse(etag=f"e{self.written}")

    async def SetWorkingMemory(
        self, request: pb.SetWorkingMemoryRequest, context: Context
    ) -> pb.SetWorkingMemoryResponse:
        self.written += 1
        return pb.SetWorkingMemoryResponse(working_memory=WorkingMemory(etag=f"e{self.written}"))

    async def WatchWorkingMemory(
        self, request: pb.WatchWorkingMemoryRequest, context: Context
    ) -> AsyncIterator[pb.WatchWorkingMemoryResponse]:
        yield pb.WatchWorkingMemoryResponse(resume_token="t1")
        if self._behave is not None:
            await self._behave(request, context)


def lifespan_of(servicer: Told) -> Lifespan[ProcessSettings]:
    """The lifespan that serves it."""

    @asynccontextmanager
    async def lifespan(_: ProcessSettings) -> AsyncIterator[Service]:
        yield Service(FULL_NAME, pb_grpc.add_WorkingMemoryServiceServicer_to_server, servicer)

    return lifespan
