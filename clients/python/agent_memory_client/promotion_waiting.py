"""Waiting until the memories placed in a session are in long-term memory."""

import asyncio
from contextlib import suppress

from agent_memory.common.v1 import filter_pb2, memory_pb2, search_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_client.base import ClientBase
from agent_memory_client.errors import MemoryUnavailableError

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_NEIGHBOURS = 5


class PromotionWaiting(ClientBase):
    """Looks for memories that another service is about to store."""

    async def _until_stored(self, session: WorkingMemory) -> None:
        """Return when each of its memories is stored, or one of its owner that says the same."""
        missing = {memory.id: _owned(memory, session) for memory in session.memories}
        pause = _FIRST_PAUSE
        while True:
            with suppress(MemoryUnavailableError):
                missing = await self._not_stored(missing)
            if not missing:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _not_stored(
        self, memories: dict[str, memory_pb2.Memory]
    ) -> dict[str, memory_pb2.Memory]:
        if not memories:
            return {}
        stub = self._connection.services.long_term_memory
        request = rpc.BatchGetMemoriesRequest(memory_ids=memories)
        response = await self._connection.call(stub.BatchGetMemories, request)
        absent = (
            memory
            for memory, item in zip(memories.values(), response.items, strict=True)
            if not item.HasField("memory")
        )
        return {memory.id: memory for memory in absent if not await self._is_duplicate(memory)}

    async def _is_duplicate(self, memory: memory_pb2.Memory) -> bool:
        """Whether its owner has one of the same words: a duplicate never gets an id of its own."""
        same_owner = filter_pb2.MemoryFilter(
            user_id=filter_pb2.TagFilter(eq=memory.user_id),
            namespace=filter_pb2.TagFilter(eq=memory.namespace),
            type=filter_pb2.TypeFilter(any=[memory.type] if memory.type else []),
        )
        query = search_pb2.SearchQuery(
            text=memory.text,
            mode=search_pb2.SearchMode.SEARCH_MODE_SEMANTIC,
            filter=same_owner,
            untracked=True,
        )
        stub = self._connection.services.long_term_memory
        request = rpc.SearchMemoriesRequest(query=query, page_size=_NEIGHBOURS)
        response = await self._connection.call(stub.SearchMemories, request)
        words = memory.text.casefold().split()
        return any(hit.memory.text.casefold().split() == words for hit in response.hits)


def _owned(memory: memory_pb2.Memory, session: WorkingMemory) -> memory_pb2.Memory:
    """The memory with the owner and namespace that it will be stored under."""
    owned = memory_pb2.Memory()
    owned.CopyFrom(memory)
    owned.user_id = memory.user_id or session.user_id
    owned.namespace = memory.namespace or session.namespace
    return owned
