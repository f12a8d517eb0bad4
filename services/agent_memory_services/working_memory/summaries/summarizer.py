"""Extraction, as summaries see it."""

from collections.abc import Sequence
from typing import Final, Protocol

import grpc

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import SummarizeRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory_services.runtime.channels import acting_for

MOST_SUMMARY_BYTES: Final = 65_536
"""The longest context that the contracts take."""


class Summarizer(Protocol):
    """Writes summaries."""

    async def summarize(self, tenant: str, messages: Sequence[Message], previous: str) -> str:
        """What `previous` becomes when it continues with the messages; empty for no answer."""
        ...


class ExtractionSummarizer:
    """ExtractionService behind a channel of the suite."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Ask through `channel`."""
        self._stub = ExtractionServiceStub(channel)

    async def summarize(self, tenant: str, messages: Sequence[Message], previous: str) -> str:
        """What `previous` becomes when it continues with the messages; empty for no answer.

        Raises:
            ServiceError: the service or its model is away, or could not answer.
        """
        request = SummarizeRequest(messages=messages, previous_summary=previous)
        with acting_for(tenant):
            response = await self._stub.Summarize(request)
        return response.summary
