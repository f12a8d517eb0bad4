"""Calls to the neighbouring services: extraction and long-term memory."""

from collections.abc import Sequence
from typing import Final, Protocol

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.search_pb2 import MemoryHit, SearchQuery
from agent_memory.extraction.v1.service_pb2 import ForgetSessionRequest as ExtractionForgetRequest
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest, SummarizeRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1.service_pb2 import (
    BatchGetMemoriesRequest,
    ForgetSessionRequest,
    ListMemoriesRequest,
    SearchMemoriesRequest,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.client.channels import acting_for
from agent_memory_services.kit.contract.errors import FieldViolation, InvalidFields
from agent_memory_services.shared.content import plain


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


class LongTermSearch:
    """LongTermMemoryService behind a channel of the suite, for the present caller."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Search through `channel`."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def search(self, query: SearchQuery, limit: int) -> Sequence[MemoryHit]:
        """Return the best `limit` hits; 0 is the service's default.

        Raises:
            ServiceError: the service refused, or is away.
        """
        request = SearchMemoriesRequest(query=query, page_size=limit)
        try:
            response = await self._stub.SearchMemories(request)
        except InvalidFields as refused:
            raise InvalidFields(_own(refused)) from None
        return response.hits

    async def get(self, ids: Sequence[str]) -> Sequence[Memory]:
        """Return those of some memories that the present caller sees.

        Raises:
            ServiceError: the service is away.
        """
        response = await self._stub.BatchGetMemories(BatchGetMemoriesRequest(memory_ids=ids))
        return [item.memory for item in response.items if item.HasField("memory")]


def _own(refused: InvalidFields) -> list[FieldViolation]:
    """Return the violations by the paths that the fields have in the request for a prompt."""
    violations = refused.violations or (FieldViolation("", refused.message),)
    return [
        FieldViolation(f"long_term_search.{violation.field}".rstrip("."), violation.description)
        for violation in violations
    ]


class ConversationForgetting:
    """The services behind working memory, for the present caller: what a session left there."""

    def __init__(self, extraction: grpc.aio.Channel, long_term: grpc.aio.Channel) -> None:
        """Call through the two channels."""
        self._extraction = ExtractionServiceStub(extraction)
        self._long_term = LongTermMemoryServiceStub(long_term)

    async def forget(self, session: SessionRef, user: str, uids: Sequence[str]) -> int:
        """Forget what waits of a session, and what was learned from it alone.

        Args:
            session: the session.
            user: its owner; empty for none.
            uids: its incarnations, as far as they are known.

        Returns:
            How many memories went.

        Raises:
            ServiceError: a service refused, or is away; it may be repeated.
        """
        waiting = ExtractionForgetRequest(session=session, user_id=user, session_uids=uids)
        given_up = await self._extraction.ForgetSession(waiting)
        every = dict.fromkeys((*uids, *given_up.session_uids))
        learned = ForgetSessionRequest(session=session, user_id=user, session_uids=every)
        return (await self._long_term.ForgetSession(learned)).forgotten_count


class LongTermListing:
    """LongTermMemoryService behind a channel of the suite, for the present caller."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """List through `channel`."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def latest(self, conditions: MemoryFilter, count: int) -> Sequence[Memory]:
        """Return the latest memories that fulfil the conditions.

        Raises:
            ServiceError: the service refused, or is away.
        """
        request = ListMemoriesRequest(filter=conditions, page_size=count)
        response = await self._stub.ListMemories(request)
        return response.memories


MOST_SUMMARY_BYTES: Final = 65_536
"""The longest context that the contracts take."""


class Summarizer(Protocol):
    """Interface of writing summaries."""

    async def summarize(self, tenant: str, messages: Sequence[Message], previous: str) -> str:
        """Return `previous` continued with the messages; empty for no answer."""
        ...


class ExtractionSummarizer:
    """ExtractionService behind a channel of the suite."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Ask through `channel`."""
        self._stub = ExtractionServiceStub(channel)

    async def summarize(self, tenant: str, messages: Sequence[Message], previous: str) -> str:
        """Return `previous` continued with the messages; empty for no answer.

        Raises:
            ServiceError: the service or its model is away, or could not answer.
        """
        request = SummarizeRequest(messages=map(plain, messages), previous_summary=previous)
        with acting_for(tenant):
            response = await self._stub.Summarize(request)
        return response.summary
