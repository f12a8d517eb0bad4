"""Extraction, as the relay sees it."""

import grpc

from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory_services.runtime.channels import acting_for


class ExtractionInbox:
    """ExtractionService behind a channel of the suite."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Deliver through `channel`."""
        self._stub = ExtractionServiceStub(channel)

    async def submit(self, tenant: str, request: SubmitMessagesRequest) -> None:
        """Return when the request is durable over there.

        Raises:
            ServiceError: it was refused, for now or for good.
        """
        with acting_for(tenant):
            await self._stub.SubmitMessages(request)
