"""Small services that stand where working memory's neighbours will be: real calls, real checks."""
# ruff: noqa: ARG002, N802 - names and arguments are those of the contracts

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import MemoryHit
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.extraction.v1.service_pb2_grpc import (
    ExtractionServiceServicer,
    add_ExtractionServiceServicer_to_server,
)
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.long_term_memory.v1.service_pb2_grpc import (
    LongTermMemoryServiceServicer,
    add_LongTermMemoryServiceServicer_to_server,
)
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.contract.errors import MemoryNotFound, ServiceError
from agent_memory_services.kit.contract.status import item_status, status_of
from agent_memory_services.kit.server.call import Context
from agent_memory_services.kit.server.server import Service
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.support.servers import Served, serving


@dataclass
class Submitted:
    """A submission and the tenant it was made for."""

    tenant: str
    request: extraction.SubmitMessagesRequest


def retell(request: extraction.SummarizeRequest) -> str:
    """A summary that says everything."""
    told = " ".join(message.content for message in request.messages)
    return f"{request.previous_summary} {told}".strip()


@dataclass
class ListExtraction(ExtractionServiceServicer):
    """Takes submissions into a list; raises the next of `faults` instead, while there are any.

    Attributes:
        submitted: what was submitted.
        faults: what the next submissions meet.
        refusals: what every submission of a tenant meets.
        attempts: how many submissions were tried.
        forgotten: what was to be given up.
        calls: how many submissions came with each call.
        summarized: what was to be summarized, with the tenants.
        summary_faults: what the next summaries meet.
        summarize: writes the summaries.
        may_summarize: summaries wait for it.
    """

    submitted: list[Submitted] = field(default_factory=list)
    faults: deque[Exception] = field(default_factory=deque)
    refusals: dict[str, Exception] = field(default_factory=dict)
    attempts: int = 0
    forgotten: list[extraction.ForgetSessionRequest] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    summarized: list[tuple[str, extraction.SummarizeRequest]] = field(default_factory=list)
    summary_faults: deque[Exception] = field(default_factory=deque)
    summarize: Callable[[extraction.SummarizeRequest], str] = retell
    may_summarize: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Answer at once."""
        self.may_summarize.set()

    async def ForgetSession(
        self, request: extraction.ForgetSessionRequest, context: Context
    ) -> extraction.ForgetSessionResponse:
        self.forgotten.append(request)
        return extraction.ForgetSessionResponse(session_uids=["another"])

    async def Summarize(
        self, request: extraction.SummarizeRequest, context: Context
    ) -> extraction.SummarizeResponse:
        self.summarized.append((current_principal().tenant, request))
        await self.may_summarize.wait()
        if self.summary_faults:
            raise self.summary_faults.popleft()
        return extraction.SummarizeResponse(summary=self.summarize(request))

    async def SubmitMessages(
        self, request: extraction.SubmitMessagesRequest, context: Context
    ) -> extraction.SubmitMessagesResponse:
        self.calls.append(1)
        return await self._submit(request)

    async def _submit(
        self, request: extraction.SubmitMessagesRequest
    ) -> extraction.SubmitMessagesResponse:
        self.attempts += 1
        if self.faults:
            raise self.faults.popleft()
        tenant = current_principal().tenant
        if tenant in self.refusals:
            raise self.refusals[tenant]
        self.submitted.append(Submitted(tenant, request))
        return extraction.SubmitMessagesResponse(job_id="job")

    async def BatchSubmitMessages(
        self, request: extraction.BatchSubmitMessagesRequest, context: Context
    ) -> extraction.BatchSubmitMessagesResponse:
        self.calls.append(len(request.submissions))
        answer = extraction.BatchSubmitMessagesResponse()
        for each in request.submissions:
            try:
                answer.results.add(response=await self._submit(each))
            except ServiceError as error:
                answer.results.add(error=item_status(error))
        return answer

    @property
    def said(self) -> list[str]:
        """Every content that arrived, in order."""
        return [m.content for s in self.submitted for m in s.request.messages]


@dataclass
class ListLongTermMemory(LongTermMemoryServiceServicer):
    """Finds all memories of a list that belong to the user and shelf of the filter."""

    memories: list[Memory] = field(default_factory=list)
    searches: list[long_term.SearchMemoriesRequest] = field(default_factory=list)
    forgotten: list[long_term.ForgetSessionRequest] = field(default_factory=list)
    fault: Exception | None = None

    async def ForgetSession(
        self, request: long_term.ForgetSessionRequest, context: Context
    ) -> long_term.ForgetSessionResponse:
        self.forgotten.append(request)
        if self.fault:
            raise self.fault
        return long_term.ForgetSessionResponse(forgotten_count=3)

    async def ListMemories(
        self, request: long_term.ListMemoriesRequest, context: Context
    ) -> long_term.ListMemoriesResponse:
        if self.fault:
            raise self.fault
        wanted = request.filter
        found = [
            memory
            for memory in reversed(self.memories)
            if (memory.namespace, memory.session_id) == (wanted.namespace.eq, wanted.session_id.eq)
            and memory.type in wanted.type.any
        ]
        return long_term.ListMemoriesResponse(memories=found[: request.page_size])

    async def BatchGetMemories(
        self, request: long_term.BatchGetMemoriesRequest, context: Context
    ) -> long_term.BatchGetMemoriesResponse:
        known = {memory.id: memory for memory in self.memories}
        response = long_term.BatchGetMemoriesResponse()
        for memory_id in request.memory_ids:
            if memory_id in known:
                response.items.add(memory=known[memory_id])
            else:
                response.items.add(error=status_of(MemoryNotFound(memory_id)))
        return response

    async def SearchMemories(
        self, request: long_term.SearchMemoriesRequest, context: Context
    ) -> long_term.SearchMemoriesResponse:
        self.searches.append(request)
        if self.fault:
            raise self.fault
        conditions = request.query.filter
        found = [
            memory
            for memory in self.memories
            if not (conditions.user_id.HasField("eq") and memory.user_id != conditions.user_id.eq)
            and not (conditions.HasField("standing") and memory.standing != conditions.standing)
        ]
        hits = [MemoryHit(memory=memory, score=0.5) for memory in found[: request.page_size or 10]]
        return long_term.SearchMemoriesResponse(hits=hits, total_size=len(found))


@asynccontextmanager
async def _served(
    package: Any, name: str, add: Callable[..., None], servicer: object, settings: ProcessSettings
) -> AsyncIterator[Served]:
    service = Service(package.DESCRIPTOR.services_by_name[name].full_name, add, servicer)

    @asynccontextmanager
    async def lifespan(_: ProcessSettings) -> AsyncIterator[Service]:
        yield service

    async with serving(lifespan, settings) as served:
        yield served


def serving_extraction(
    servicer: ListExtraction, settings: ProcessSettings
) -> AbstractAsyncContextManager[Served]:
    """Serve a `ListExtraction` with everything that stands around a real service."""
    return _served(
        extraction,
        "ExtractionService",
        add_ExtractionServiceServicer_to_server,
        servicer,
        settings,
    )


def serving_long_term_memory(
    servicer: ListLongTermMemory, settings: ProcessSettings
) -> AbstractAsyncContextManager[Served]:
    """Serve a `ListLongTermMemory` with everything that stands around a real service."""
    return _served(
        long_term,
        "LongTermMemoryService",
        add_LongTermMemoryServiceServicer_to_server,
        servicer,
        settings,
    )
