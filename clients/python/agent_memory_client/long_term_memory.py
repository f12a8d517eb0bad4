"""Memories by their ids: read, change and delete them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import from_batch
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.conversions.memory_updates import to_update
from agent_memory_client.creation import LARGEST_BATCH, CreationMethods, batches
from agent_memory_client.models.lifecycle import BatchGetResult, CreateResult, DeleteResult
from agent_memory_client.models.memories import MemoryRecord, MemoryUpdate
from agent_memory_client.validation import build
from agent_memory_client.working_memory import WorkingMemoryMethods


class LongTermMemoryMethods(ClientBase):
    """Calls for memories whose ids are known."""

    async def get_long_term_memory(self, memory_id: str) -> MemoryRecord:
        """Answer a memory, superseded and merged ones too.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        stub = self._connection.services.long_term_memory
        request = rpc.GetMemoryRequest(memory_id=memory_id)
        return from_memory((await self._connection.call(stub.GetMemory, request)).memory)

    async def batch_get_long_term_memories(self, memory_ids: Iterable[str]) -> BatchGetResult:
        """Answer several memories, each or why not."""
        stub = self._connection.services.long_term_memory
        found = BatchGetResult(memories=[], errors={})
        for batch in batches(list(memory_ids), LARGEST_BATCH):
            request = rpc.BatchGetMemoriesRequest(memory_ids=batch)
            part = from_batch(batch, await self._connection.call(stub.BatchGetMemories, request))
            found.memories.extend(part.memories)
            found.errors.update(part.errors)
        return found

    async def edit_long_term_memory(
        self,
        memory_id: str,
        updates: MemoryUpdate | Mapping[str, Any],
        *,
        etag: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
    ) -> MemoryRecord:
        """Change the fields that `updates` names; what it names as none is cleared.

        Args:
            memory_id: The memory.
            updates: New values, by the names of `MemoryUpdate`.
            etag: Writes only while the memory's etag is this one.
            reason: Why, for the memory's history.
            request_id: Names the call; repeating it within a day answers what it answered first.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
            MemoryConflictError: The etag is no longer the memory's.
            MemoryValidationError: A field is unknown, or its value has the wrong type.
        """
        request = to_update(memory_id, build(MemoryUpdate, updates, "updates"))
        request.memory.etag = etag or ""
        request.reason = reason or ""
        request.request_id = request_id or ""
        stub = self._connection.services.long_term_memory
        return from_memory((await self._connection.call(stub.UpdateMemory, request)).memory)

    async def delete_long_term_memories(
        self, memory_ids: Iterable[str], *, reason: str | None = None
    ) -> DeleteResult:
        """Delete memories; one that does not exist is no error.

        Args:
            memory_ids: The memories.
            reason: Why, for the history.
        """
        stub = self._connection.services.long_term_memory
        result = DeleteResult(deleted_ids=[])
        for batch in batches(list(memory_ids), LARGEST_BATCH):
            request = rpc.DeleteMemoriesRequest(memory_ids=batch, reason=reason or "")
            response = await self._connection.call(stub.DeleteMemories, request)
            result.deleted_ids.extend(response.deleted_ids)
        return result

    async def delete_long_term_memory(self, memory_id: str) -> DeleteResult:
        """Delete one memory; one that does not exist is no error."""
        return await self.delete_long_term_memories([memory_id])


class PromotionMethods(WorkingMemoryMethods, CreationMethods):
    """What takes both memories at once."""

    async def promote_working_memories_to_long_term(
        self,
        session_id: str,
        memory_ids: Sequence[str] | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
    ) -> CreateResult:
        """Store a session's memories now, instead of in the background.

        Args:
            session_id: The session.
            memory_ids: Only these of its memories; all of them when absent.
            namespace: The session's namespace.
            user_id: The session's owner.
        """
        session = await self.get_working_memory(
            session_id, namespace=namespace, user_id=user_id, recent_messages_limit=1
        )
        chosen = [m for m in session.memories if memory_ids is None or m.id in memory_ids]
        return await self.create_long_term_memories(chosen)
