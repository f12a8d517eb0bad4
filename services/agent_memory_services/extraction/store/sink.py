"""Delivery of results to long-term memory, over its contract."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TypeFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CreateMemoryResult,
    CreateOutcome,
    DeduplicationPolicy,
    ForgetPolicy,
    ForgetSubject,
)
from agent_memory.long_term_memory.v1.service_pb2 import (
    CreateMemoriesRequest,
    DeleteMemoriesRequest,
    ForgetMemoriesRequest,
    ForgetMemoriesResponse,
    ForgetSessionRequest,
    GetMemoryRequest,
    ListMemoriesRequest,
    SearchMemoriesRequest,
    UpdateMemoryRequest,
)
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.extraction.domain.memories import SUMMARY_TOPIC, Origin, summary_id
from agent_memory_services.kit.client.channels import repeatable
from agent_memory_services.kit.contract import errors, ids, status
from agent_memory_services.kit.contract.messages import batched, copied

_BATCH: Final = 100
"""Memories of one call, where they are short; of long ones so many as are as much work."""
_SHORT_BYTES: Final = 256
_SECONDS: Final = 120.0
"""The longest that a call may take: nobody waits for it, and what it began would be lost."""
_LISTED: Final = 500
"""Messages of a session that are deleted by one call."""
_SERVICE: Final = "LongTermMemoryService"
_FINAL: Final = (
    *(errors.AccessDenied, errors.IdAlreadyExists, errors.InvalidFields),
    *(errors.InvalidState, errors.OwnerMismatch, errors.SessionErased),
)
"""Refusals of one memory that no repetition changes."""
_FACTS: Final = (MemoryType.MEMORY_TYPE_SEMANTIC, MemoryType.MEMORY_TYPE_EPISODIC)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A memory that was refused for good, and why."""

    memory: Memory
    refusal: errors.ServiceError


@dataclass(frozen=True, slots=True)
class Stored:
    """Outcome of creating memories: the ids that hold them now, and those that were refused."""

    memory_ids: Sequence[str]
    rejected: Sequence[Rejection] = ()


class LongTermMemory:
    """The service, for the tenant that the caller acts for (`acting_for`)."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = LongTermMemoryServiceStub(channel)

    async def store(
        self,
        memories: Sequence[Memory],
        *,
        deduplication: DeduplicationPolicy.ValueType,
        ids_name_content: bool,
        past_incidents: bool = False,
    ) -> Stored:
        """Store memories; doing it again stores nothing twice, since each has its id.

        Args:
            memories: The memories, any number of them.
            deduplication: How far they are compared with others.
            ids_name_content: Ids are derived from what they name, so one that is taken means
                that the memory is stored already, though it may have changed since. Where it is
                taken by what the caller acted for does not reach, the memory gets another.
            past_incidents: A memory that long-term memory has an incident with is refused for
                good, where it takes others; else another attempt is made at it.

        Raises:
            ServiceError: some could not be stored now; which ones does not matter.
        """
        memory_ids: list[str] = []
        rejected: list[Rejection] = []
        incidents: list[Rejection] = []
        for batch in batched(memories, _BATCH, weight=_work):
            with repeatable() if ids_name_content else nullcontext():
                results = await self._create(batch, deduplication)
            for memory, result in zip(batch, results, strict=True):
                refusal = _refusal(result)
                if refusal is None:
                    memory_ids.append(result.memory_id)
                elif ids_name_content and isinstance(refusal, errors.IdAlreadyExists):
                    again = await self._settled(memory, deduplication)
                    memory_ids += again.memory_ids
                    rejected += again.rejected
                elif isinstance(refusal, errors.Incident):
                    incidents.append(Rejection(memory, refusal))
                else:
                    rejected.append(Rejection(memory, refusal))
        if incidents and not (past_incidents and memory_ids):
            raise incidents[0].refusal
        return Stored(list(dict.fromkeys(memory_ids)), [*rejected, *incidents])

    async def _settled(
        self, memory: Memory, deduplication: DeduplicationPolicy.ValueType
    ) -> Stored:
        """Tell where a memory is stored whose id is taken; in another place where it is not."""
        if (found := await self._find(memory.id)) is not None:
            return Stored([found.id])
        return await self.store(
            [_renamed(memory)], deduplication=deduplication, ids_name_content=False
        )

    async def summary_of(self, origin: Origin) -> Memory:
        """Return the summary of a session; one without text where there is none.

        It has the id that follows from the session, unless another memory has that id.

        Raises:
            ServiceError: it cannot be read now.
        """
        own_id = summary_id(origin.session_uid)
        if (found := await self._find(own_id)) is not None:
            return found
        conditions = MemoryFilter(
            namespace=TagFilter(eq=origin.session.namespace),
            user_id=TagFilter(eq=origin.user_id),
            session_id=TagFilter(eq=origin.session.session_id),
            topics=TagFilter(any=[SUMMARY_TOPIC]),
        )
        listed = await self._stub.ListMemories(ListMemoriesRequest(filter=conditions))
        for memory in listed.memories:
            if memory.provenance.session_uid == origin.session_uid:
                return memory
        return Memory(id=own_id)

    async def replace(self, memory: Memory) -> Stored:
        """Store a memory in the place of an earlier one with its id.

        Raises:
            ServiceError: it cannot be stored now.
        """
        mask = FieldMask(paths=["text", "topics", "entities"])
        try:
            await self._stub.UpdateMemory(UpdateMemoryRequest(memory=memory, update_mask=mask))
        except errors.MemoryNotFound:
            return await self.store(
                [memory],
                deduplication=DeduplicationPolicy.DEDUPLICATION_POLICY_NONE,
                ids_name_content=True,
            )
        return Stored([memory.id])

    async def delete_messages(self, origin: Origin) -> None:
        """Delete the messages of a session that are stored as memories.

        Raises:
            ServiceError: they cannot be deleted now; some may be.
        """
        request = ListMemoriesRequest(
            filter=MemoryFilter(
                namespace=TagFilter(eq=origin.session.namespace),
                session_id=TagFilter(eq=origin.session.session_id),
                type=TypeFilter(any=[MemoryType.MEMORY_TYPE_MESSAGE]),
            ),
            include_hidden=True,
            page_size=_LISTED,
        )
        while True:
            page = await self._stub.ListMemories(request)
            own = [
                memory.id
                for memory in page.memories
                if memory.provenance.session_uid == origin.session_uid
            ]
            if own:
                await self._stub.DeleteMemories(
                    DeleteMemoriesRequest(memory_ids=own, reason="its session was deleted")
                )
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def take_back(self, origin: Origin, message_ids: Sequence[str]) -> None:
        """Forget for good what messages of a session alone state.

        Raises:
            ServiceError: it cannot be forgotten now.
        """
        request = ForgetSessionRequest(
            session=origin.session,
            user_id=origin.user_id,
            session_uids=[origin.session_uid],
            message_ids=message_ids,
        )
        await self._stub.ForgetSession(request)

    async def known(self, text: str, origin: Origin, limit: int) -> list[Memory]:
        """Return the facts of the same owner that are nearest to a text.

        Raises:
            ServiceError: they cannot be searched now.
        """
        query = SearchQuery(
            text=text,
            filter=MemoryFilter(
                namespace=TagFilter(eq=origin.session.namespace),
                user_id=TagFilter(eq=origin.user_id),
                type=TypeFilter(any=_FACTS),
            ),
            untracked=True,
        )
        answer = await self._stub.SearchMemories(
            SearchMemoriesRequest(query=query, page_size=limit)
        )
        return [hit.memory for hit in answer.hits]

    async def forget(
        self,
        subject: ForgetSubject,
        origin: Origin,
        *,
        execute: bool,
    ) -> ForgetMemoriesResponse | None:
        """Forget facts of the owner of a session for good, or tell what would be forgotten.

        What belongs to nobody is forgotten within the session alone, since others without a name
        talk in other sessions.

        Returns:
            What is forgotten; None where the subject names nothing that could be found.

        Raises:
            ServiceError: nothing can be forgotten now.
        """
        conditions = MemoryFilter(
            namespace=TagFilter(eq=origin.session.namespace), user_id=TagFilter(eq=origin.user_id)
        )
        if not origin.user_id:
            conditions.session_id.eq = origin.session.session_id
        request = ForgetMemoriesRequest(
            policy=ForgetPolicy(permanently=True),
            filter=conditions,
            about=subject,
            execute=execute,
        )
        try:
            return await self._stub.ForgetMemories(request)
        except errors.InvalidFields:
            return None

    async def _find(self, memory_id: str) -> Memory | None:
        """Return a memory, where one is visible to the user on whose behalf it is read."""
        try:
            return (await self._stub.GetMemory(GetMemoryRequest(memory_id=memory_id))).memory
        except errors.MemoryNotFound:
            return None

    async def _create(
        self, memories: Sequence[Memory], deduplication: DeduplicationPolicy.ValueType
    ) -> list[CreateMemoryResult]:
        """Return one result for each memory, though a single one may refuse or end a whole call."""
        request = CreateMemoriesRequest(memories=memories, deduplication=deduplication)
        try:
            answer = await self._stub.CreateMemories(request, timeout=_SECONDS)
        except (errors.InvalidFields, errors.Incident) as refused:
            if len(memories) == 1:
                return [_rejection(refused)]
            middle = len(memories) // 2
            return [
                *await self._create(memories[:middle], deduplication),
                *await self._create(memories[middle:], deduplication),
            ]
        return list(answer.results)


def _work(memory: Memory) -> int:
    """Return the work that a memory is, in short memories: what costs time is to embed its text."""
    return 1 + len(memory.text.encode()) // _SHORT_BYTES


def _renamed(memory: Memory) -> Memory:
    renamed = copied(memory)
    renamed.id = ids.new_id()
    return renamed


def _rejection(refused: errors.ServiceError) -> CreateMemoryResult:
    return CreateMemoryResult(
        outcome=CreateOutcome.CREATE_OUTCOME_REJECTED, error=status.status_of(refused)
    )


def _refusal(result: CreateMemoryResult) -> errors.ServiceError | None:
    """Return why a memory was refused, for good or by an incident; None where it is stored.

    Raises:
        ServiceError: it was refused for now.
    """
    if result.outcome != CreateOutcome.CREATE_OUTCOME_REJECTED:
        return None
    refusal = status.error_of(result.error) or errors.DependencyUnavailable(_SERVICE)
    if not isinstance(refusal, (*_FINAL, errors.Incident)):
        raise refusal
    return refusal
