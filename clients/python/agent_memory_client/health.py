"""Whether the services welcome calls."""

import asyncio
from collections.abc import Mapping

import grpc
from google.protobuf.wrappers_pb2 import Int32Value, StringValue

from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import service_pb2 as long_term_memory
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client.base import ClientBase
from agent_memory_client.error_details import from_rpc_error
from agent_memory_client.errors import (
    MemoryNotFoundError,
    MemoryTimeoutError,
    MemoryUnavailableError,
)
from agent_memory_client.models.health import HealthCheckResponse

_METHOD = "/grpc.health.v1.Health/Check"
_SERVING = 1
_TIMEOUT_SECONDS = 5.0
_SHORT_NAMES: Mapping[str, str] = {
    "agent_memory.working_memory.v1.WorkingMemoryService": "working_memory",
    "agent_memory.long_term_memory.v1.LongTermMemoryService": "long_term_memory",
    "agent_memory.extraction.v1.ExtractionService": "extraction",
}
_DOWN = (MemoryUnavailableError, MemoryTimeoutError)


class HealthMethods(ClientBase):
    """Calls that ask for health."""

    async def health_check(self) -> HealthCheckResponse:
        """Ask each service whether it welcomes calls; one that cannot be reached does not.

        A gateway does not serve the health protocol; there a small read of each service is the
        question.

        Raises:
            MemoryAuthenticationError: A service wants another credential.
        """
        channels = self._connection.services.by_service
        answers = await asyncio.gather(
            *(self._is_serving(name, channel) for name, channel in channels.items())
        )
        names = (_SHORT_NAMES[name] for name in channels)
        return HealthCheckResponse(services=dict(zip(names, answers, strict=True)))

    async def _is_serving(self, service: str, channel: grpc.aio.Channel) -> bool:
        try:
            answer = await _check(channel)(
                StringValue(value=service), timeout=self.config.timeout or _TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                return await self._answers(service)
            failure = from_rpc_error(error)
            if isinstance(failure, (*_DOWN, MemoryNotFoundError)):
                return False
            raise failure from error
        return answer.value == _SERVING

    async def _answers(self, service: str) -> bool:
        services, call = self._connection.services, self._connection.call
        try:
            match _SHORT_NAMES[service]:
                case "working_memory":
                    sessions = working_memory.ListSessionsRequest(page_size=1)
                    await call(services.working_memory.ListSessions, sessions)
                case "long_term_memory":
                    memories = long_term_memory.ListMemoriesRequest(page_size=1)
                    await call(services.long_term_memory.ListMemories, memories)
                case _:
                    jobs = extraction.ListJobsRequest(page_size=1)
                    await call(services.extraction.ListJobs, jobs)
        except _DOWN:
            return False
        return True


def _check(
    channel: grpc.aio.Channel,
) -> grpc.aio.UnaryUnaryMultiCallable[StringValue, Int32Value]:
    """`Health.Check`, without its package.

    Its request holds one string and its response one enum, both as field 1, so on the wire they
    are the well-known wrappers.
    """
    return channel.unary_unary(
        _METHOD,
        request_serializer=StringValue.SerializeToString,
        response_deserializer=Int32Value.FromString,
    )
