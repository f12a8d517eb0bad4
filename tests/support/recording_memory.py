"""A long-term memory that keeps what it is given in a dictionary, behind its real contract."""
# ruff: noqa: ARG002, N802 - names and arguments are those of the contract

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import MemoryHit
from agent_memory.long_term_memory.v1 import service_pb2 as pb
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    FORGET_REASON_REQUESTED,
    CreateMemoryResult,
    CreateOutcome,
    ForgottenMemory,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import (
    LongTermMemoryServiceServicer,
    add_LongTermMemoryServiceServicer_to_server,
)
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.contract.errors import MemoryNotFound
from agent_memory_services.kit.contract.status import item_status
from agent_memory_services.kit.server.call import Context
from agent_memory_services.kit.server.server import Service
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.long_term_memory.api.servicer import mark_subjects_of
from agent_memory_services.long_term_memory.lifecycle.requests import AboutRequest
from agent_memory_services.shared.forgetting import means
from tests.support.servers import Served, serving
from tests.support.settings import configured


@dataclass
class RecordingMemory(LongTermMemoryServiceServicer):
    """Takes every id once.

    Attributes:
        kept: The memories by tenant and id.
        calls: The requests of CreateMemories, with their tenants.
        faults: Raised by the next calls that write, instead of storing.
        lost_answers: How many of the next calls store, and then fail all the same.
        refused: Texts that are rejected, with the reason.
        delay: Seconds that a write takes.
        held: Whether writes wait until `let_go`.
        forgotten: The requests of ForgetMemories.
        lost_forgettings: Raised by the next calls that forget, when they have.
    """

    kept: dict[tuple[str, str], Memory] = field(default_factory=dict)
    calls: list[tuple[str, pb.CreateMemoriesRequest]] = field(default_factory=list)
    faults: deque[Exception] = field(default_factory=deque)
    lost_answers: deque[Exception] = field(default_factory=deque)
    refused: dict[str, Exception] = field(default_factory=dict)
    delay: float = 0.0
    held: bool = False
    forgotten: list[pb.ForgetMemoriesRequest] = field(default_factory=list)
    lost_forgettings: deque[Exception] = field(default_factory=deque)
    _go: asyncio.Event = field(default_factory=asyncio.Event)

    def let_go(self) -> None:
        """Go on with the writes that are held, and with all that follow."""
        self.held = False
        self._go.set()

    @property
    def texts(self) -> list[str]:
        """What all memories say, in the order they came."""
        return [memory.text for memory in self.kept.values()]

    def of_type(self, kind: MemoryType.ValueType) -> list[Memory]:
        """The memories of a type."""
        return [memory for memory in self.kept.values() if memory.type == kind]

    async def CreateMemories(
        self, request: pb.CreateMemoriesRequest, context: Context
    ) -> pb.CreateMemoriesResponse:
        tenant = current_principal().tenant
        self.calls.append((tenant, request))
        mark_subjects_of(request.memories)
        await asyncio.sleep(self.delay)
        if self.held:
            await self._go.wait()
        if self.faults:
            raise self.faults.popleft()
        results = [self._create(tenant, memory) for memory in request.memories]
        if self.lost_answers:
            raise self.lost_answers.popleft()
        return pb.CreateMemoriesResponse(results=results)

    async def ForgetMemories(
        self, request: pb.ForgetMemoriesRequest, context: Context
    ) -> pb.ForgetMemoriesResponse:
        asked = AboutRequest.of(request, "")
        about, caller = asked.about, current_principal()
        self.forgotten.append(request)
        owner = (request.filter.namespace.eq, request.filter.user_id.eq)
        found = [
            key
            for key, memory in self.kept.items()
            if key[0] == caller.tenant
            and (memory.namespace, memory.user_id) == owner
            and caller.allows(memory.namespace, memory.user_id)
            and memory.create_time.ToMicroseconds() <= about.said_until.ToMicroseconds()
            and (
                memory.id in about.memory_ids
                or means(about.text, memory, about.speaker, about.language)
            )
        ]
        executed = request.execute and len(found) <= about.most
        if executed and not about.mark_only:
            for key in found:
                del self.kept[key]
        if request.execute and self.lost_forgettings:
            raise self.lost_forgettings.popleft()
        reason = FORGET_REASON_REQUESTED
        return pb.ForgetMemoriesResponse(
            memories=[ForgottenMemory(memory_id=each, reason=reason) for _, each in found],
            forgotten_count=len(found),
            executed=executed,
        )

    async def ForgetSession(
        self, request: pb.ForgetSessionRequest, context: Context
    ) -> pb.ForgetSessionResponse:
        tenant, uids = current_principal().tenant, request.session_uids
        gone = [
            key
            for key, memory in self.kept.items()
            if key[0] == tenant
            and memory.provenance.session_uid in uids
            and set(memory.provenance.message_ids) <= set(request.message_ids)
        ]
        for key in gone:
            del self.kept[key]
        return pb.ForgetSessionResponse(forgotten_count=len(gone))

    async def GetMemory(
        self, request: pb.GetMemoryRequest, context: Context
    ) -> pb.GetMemoryResponse:
        memory = self.kept.get((current_principal().tenant, request.memory_id))
        if memory is None:
            raise MemoryNotFound(request.memory_id)
        return pb.GetMemoryResponse(memory=memory)

    async def ListMemories(
        self, request: pb.ListMemoriesRequest, context: Context
    ) -> pb.ListMemoriesResponse:
        wanted, tenant = request.filter, current_principal().tenant
        memories = [
            memory
            for (owner, _), memory in self.kept.items()
            if owner == tenant
            and (memory.user_id == wanted.user_id.eq or not wanted.user_id.HasField("eq"))
            and memory.session_id == wanted.session_id.eq
            and set(wanted.topics.any) <= set(memory.topics)
            and (memory.type in wanted.type.any or not wanted.type.any)
        ]
        return pb.ListMemoriesResponse(memories=memories)

    async def DeleteMemories(
        self, request: pb.DeleteMemoriesRequest, context: Context
    ) -> pb.DeleteMemoriesResponse:
        tenant = current_principal().tenant
        gone = [each for each in request.memory_ids if self.kept.pop((tenant, each), None)]
        return pb.DeleteMemoriesResponse(deleted_ids=gone)

    async def UpdateMemory(
        self, request: pb.UpdateMemoryRequest, context: Context
    ) -> pb.UpdateMemoryResponse:
        if self.faults:
            raise self.faults.popleft()
        mark_subjects_of([request.memory])
        memory = self.kept.get((current_principal().tenant, request.memory.id))
        if memory is None:
            raise MemoryNotFound(request.memory.id)
        request.update_mask.MergeMessage(
            request.memory, memory, replace_message_field=True, replace_repeated_field=True
        )
        return pb.UpdateMemoryResponse(memory=memory)

    async def SearchMemories(
        self, request: pb.SearchMemoriesRequest, context: Context
    ) -> pb.SearchMemoriesResponse:
        wanted = request.query.filter
        tenant = current_principal().tenant
        hits = [
            MemoryHit(memory=memory)
            for (owner, _), memory in self.kept.items()
            if owner == tenant and memory.user_id == wanted.user_id.eq
        ]
        return pb.SearchMemoriesResponse(hits=hits[: request.page_size])

    def _create(self, tenant: str, memory: Memory) -> CreateMemoryResult:
        if memory.text in self.refused:
            return CreateMemoryResult(
                outcome=CreateOutcome.CREATE_OUTCOME_REJECTED,
                error=item_status(self.refused[memory.text]),
            )
        known = (tenant, memory.id) in self.kept
        kept = self.kept.setdefault((tenant, memory.id), memory)
        return CreateMemoryResult(
            outcome=CreateOutcome.CREATE_OUTCOME_DUPLICATE
            if known
            else CreateOutcome.CREATE_OUTCOME_CREATED,
            memory_id=kept.id,
            memory=kept,
        )


@asynccontextmanager
async def serving_memory(memory: RecordingMemory, redis_url: str) -> AsyncIterator[Served]:
    """Serve it with everything that stands around a real service."""
    service = Service(
        pb.DESCRIPTOR.services_by_name["LongTermMemoryService"].full_name,
        add_LongTermMemoryServiceServicer_to_server,
        memory,
    )

    @asynccontextmanager
    async def lifespan(_: ProcessSettings) -> AsyncIterator[Service]:
        yield service

    async with serving(
        lifespan, configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    ) as served:
        yield served
