"""Calls to the neighbouring services: extraction and long-term memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.search_pb2 import MemoryHit, SearchQuery
from agent_memory.extraction.v1.service_pb2 import (
    BatchSubmitMessagesRequest,
    SubmitMessagesRequest,
    SummarizeRequest,
)
from agent_memory.extraction.v1.service_pb2 import ForgetSessionRequest as ExtractionForgetRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1.service_pb2 import (
    BatchGetMemoriesRequest,
    ForgetSessionRequest,
    ListMemoriesRequest,
    SearchMemoriesRequest,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.client.channels import acting_for
from agent_memory_services.kit.contract.errors import (
    DependencyUnavailable,
    FieldViolation,
    InvalidFields,
)
from agent_memory_services.kit.contract.messages import batched
from agent_memory_services.kit.contract.status import error_of
from agent_memory_services.kit.observe.tracing import spans
from agent_memory_services.shared.content import plain

_EXTRACTION: Final = "ExtractionService"
_GATHER_SECONDS: Final = 0.01
_MOST_GATHERED: Final = 100
_GATHERED_BYTES: Final = 1024 * 1024


class _Gathered:
    """Submissions of a tenant that go together, and who waits for what becomes of each."""

    def __init__(self) -> None:
        self.requests: list[SubmitMessagesRequest] = []
        self.outcomes: list[asyncio.Future[None]] = []
        self._bytes = 0

    def takes(self, size: int) -> bool:
        """Return true if there is room for so many bytes more."""
        return len(self.requests) < _MOST_GATHERED and self._bytes + size <= _GATHERED_BYTES

    def add(self, request: SubmitMessagesRequest, size: int) -> asyncio.Future[None]:
        """Take one more in; what is returned is done when it is known what became of it."""
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.requests.append(request)
        self.outcomes.append(outcome)
        self._bytes += size
        return outcome


class ExtractionInbox:
    """ExtractionService behind a channel of the suite.

    A submission goes at once. What its tenant submits in the next moment gathers and goes together,
    because a call costs more than what one submission takes. Each has its own outcome all the same,
    and those of a recorded trace go by themselves, so that it leads to what became of them.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Deliver through `channel`."""
        self._stub = ExtractionServiceStub(channel)
        # Of the tenants that submitted something a moment ago.
        self._gathered: dict[str, _Gathered] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def submit(self, tenant: str, request: SubmitMessagesRequest) -> None:
        """Return when the request is durable over there.

        Raises:
            ServiceError: it was refused, for now or for good.
        """
        size = request.ByteSize()
        if spans.being_recorded() or size > _GATHERED_BYTES:
            await self._submit(tenant, request)
        elif (gathered := self._gathered.get(tenant)) is None:
            self._gather(tenant)
            await self._submit(tenant, request)
        else:
            if not gathered.takes(size):
                self._send(tenant, gathered)
                gathered = self._gathered[tenant] = _Gathered()
            await gathered.add(request, size)

    def _gather(self, tenant: str) -> None:
        self._gathered[tenant] = _Gathered()
        asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._conclude, tenant)

    def _conclude(self, tenant: str) -> None:
        """Send what gathered; a tenant that submitted nothing meanwhile is at rest."""
        gathered = self._gathered.pop(tenant)
        if gathered.requests:
            self._send(tenant, gathered)
            self._gather(tenant)

    def _send(self, tenant: str, gathered: _Gathered) -> None:
        task = asyncio.get_running_loop().create_task(self._submit_all(tenant, gathered))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _submit_all(self, tenant: str, gathered: _Gathered) -> None:
        request = BatchSubmitMessagesRequest(submissions=gathered.requests)
        try:
            with acting_for(tenant):
                answer = await self._stub.BatchSubmitMessages(request)
        except Exception:  # noqa: BLE001 - the release before has no such call, or one of them is in the way
            pairs = zip(gathered.requests, gathered.outcomes, strict=True)
            await asyncio.gather(*(self._submit_alone(tenant, *pair) for pair in pairs))
            return
        for result, outcome in zip(answer.results, gathered.outcomes, strict=True):
            if result.HasField("error"):
                _settle(outcome, error_of(result.error) or DependencyUnavailable(_EXTRACTION))
            else:
                _settle(outcome, None)

    async def _submit_alone(
        self, tenant: str, request: SubmitMessagesRequest, outcome: asyncio.Future[None]
    ) -> None:
        try:
            await self._submit(tenant, request)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for whoever waits
            _settle(outcome, error)
        else:
            _settle(outcome, None)

    async def _submit(self, tenant: str, request: SubmitMessagesRequest) -> None:
        with acting_for(tenant):
            await self._stub.SubmitMessages(request)


def _settle(outcome: asyncio.Future[None], error: Exception | None) -> None:
    if outcome.done():
        return
    if error is None:
        outcome.set_result(None)
    else:
        outcome.set_exception(error)


@dataclass(frozen=True, slots=True)
class Found:
    """Answer of long-term memory to a search.

    Attributes:
        hits: the hits, best first.
        standing: the standing memories, newest first; None from a service that does not know them,
            and where none were asked for.
    """

    hits: Sequence[MemoryHit]
    standing: Sequence[Memory] | None = None


class LongTermSearch:
    """LongTermMemoryService behind a channel of the suite, for the present caller."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Search through `channel`."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def search(self, query: SearchQuery, limit: int, *, standing: int = 0) -> Found:
        """Return the best `limit` hits, 0 for the service's default, and standing memories.

        Raises:
            ServiceError: the service refused, or is away.
        """
        request = SearchMemoriesRequest(query=query, page_size=limit, standing_limit=standing)
        try:
            response = await self._stub.SearchMemories(request)
        except InvalidFields as refused:
            raise InvalidFields(_own(refused)) from None
        known = response.HasField("standing")
        return Found(response.hits, response.standing.memories if known else None)

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


_MESSAGES_PER_CALL: Final = 2000


class ConversationForgetting:
    """The services behind working memory, for the present caller: what a session left there."""

    def __init__(self, extraction: grpc.aio.Channel, long_term: grpc.aio.Channel) -> None:
        """Call through the two channels."""
        self._extraction = ExtractionServiceStub(extraction)
        self._long_term = LongTermMemoryServiceStub(long_term)

    async def forget(
        self, session: SessionRef, user: str, uids: Sequence[str], messages: Sequence[str] = ()
    ) -> int:
        """Forget what waits of a session and was learned from it alone; answers how many memories.

        The owner is empty for none; incarnations are named as far as they are known. With
        messages, it is these alone that are forgotten.

        Raises:
            ServiceError: a service refused, or is away; it may be repeated.
        """
        batches = list(batched(messages, _MESSAGES_PER_CALL)) or [[]]
        # What is on its way comes first, all of it, so that nothing is learned in between.
        for batch in batches:
            waiting = ExtractionForgetRequest(
                session=session, user_id=user, session_uids=uids, message_ids=batch
            )
            given_up = await self._extraction.ForgetSession(waiting)
            if not messages:
                uids = list(dict.fromkeys((*uids, *given_up.session_uids)))
        forgotten = 0
        for batch in batches:
            learned = ForgetSessionRequest(
                session=session, user_id=user, session_uids=uids, message_ids=batch
            )
            forgotten += (await self._long_term.ForgetSession(learned)).forgotten_count
        return forgotten


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
