"""What became of memories: their history, taking changes back, and changes as they happen."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Unpack

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import from_memory_change, from_revision
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.models.criteria import FilterArguments
from agent_memory_client.models.lifecycle import MemoryChange, MemoryRevision, MemoryRevisionList
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.paging import check_limit
from agent_memory_client.resuming import PATIENCE, resumed


class HistoryMethods(ClientBase):
    """Calls about what memories were and are becoming."""

    async def list_memory_revisions(
        self, memory_id: str, *, limit: int = 20, cursor: str | None = None
    ) -> MemoryRevisionList:
        """List the changes of a memory, the latest first.

        A deleted memory's can be listed for a while.

        Args:
            memory_id: The memory.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
        """
        check_limit(limit)
        request = rpc.ListMemoryRevisionsRequest(
            memory_id=memory_id, page_size=limit, page_token=cursor or ""
        )
        stub = self._connection.services.long_term_memory
        response = await self._connection.call(stub.ListMemoryRevisions, request)
        return MemoryRevisionList(
            revisions=[from_revision(revision) for revision in response.revisions],
            next_cursor=response.next_page_token or None,
        )

    async def all_memory_revisions(self, memory_id: str) -> AsyncIterator[MemoryRevision]:
        """Iterate over every change of a memory, the latest first.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
        """
        cursor: str | None = None
        while True:
            page = await self.list_memory_revisions(memory_id, limit=100, cursor=cursor)
            for revision in page.revisions:
                yield revision
            cursor = page.next_cursor
            if cursor is None:
                return

    async def revert_long_term_memory(
        self,
        memory_id: str,
        revision_id: str | None = None,
        *,
        etag: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
    ) -> list[MemoryRecord]:
        """Take a change back: an edit, a merge, a supersession, a deletion, or a revert.

        Args:
            memory_id: The memory.
            revision_id: The change to take back; the latest when absent.
            etag: Reverts only while the memory's etag is this one.
            reason: Why, for the history.
            request_id: Names the call; repeating it within a day answers what it answered first.

        Returns:
            The memories that changed and are there, the one asked for first.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
            MemoryStateError: What it changed was changed again since; says what to do.
            MemoryConflictError: The etag is no longer the memory's, or another memory has the
                content that would come back.
        """
        request = rpc.RevertMemoryRequest(
            memory_id=memory_id,
            revision_id=revision_id or "",
            etag=etag or "",
            reason=reason or "",
            request_id=request_id or "",
        )
        stub = self._connection.services.long_term_memory
        response = await self._connection.call(stub.RevertMemory, request)
        return [from_memory(memory) for memory in response.memories]

    async def watch_long_term_memories(
        self,
        *,
        resume_token: str | None = None,
        checkpoints: bool = False,
        patience: float = PATIENCE,
        **criteria: Unpack[FilterArguments],
    ) -> AsyncGenerator[MemoryChange, None]:
        """Tell every change of memories from now on; a connection that breaks is made again.

        A change is told where the memory matches before it or after it.

        Args:
            resume_token: Of the last change seen, of a watch of the same memories; continues
                after it.
            checkpoints: Also tells signs of life, which have no kind but a newer token.
            patience: Seconds to try for when nobody answers.
            **criteria: Which memories, the fields of `FilterCriteria`.

        Raises:
            MemoryValidationError: The token is of another watch, or changes since then are
                forgotten: list the memories and watch anew.
            MemoryUnavailableError: Nobody answered for too long.
        """
        stub = self._connection.services.long_term_memory
        request = rpc.WatchMemoriesRequest(
            filter=self._filter(criteria), resume_token=resume_token or ""
        )
        watch = resumed(self._connection, stub.WatchMemories, request, patience=patience)
        async with aclosing(watch) as answers:
            async for answer in answers:
                if checkpoints or answer.HasField("change"):
                    yield from_memory_change(answer)
