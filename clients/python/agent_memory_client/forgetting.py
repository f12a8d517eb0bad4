"""Forgetting by policy, consolidation, and what can be taken back."""

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import (
    from_forgotten,
    from_revision,
    to_forget_policy,
)
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.models.criteria import FilterArguments
from agent_memory_client.models.lifecycle import (
    CompactionReport,
    ForgetPolicy,
    ForgetResponse,
    MemoryRevisionList,
)
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.paging import check_limit
from agent_memory_client.validation import build


class ForgettingMethods(ClientBase):
    """Calls over the life of memories."""

    async def forget_long_term_memories(
        self,
        policy: ForgetPolicy | Mapping[str, Any],
        *,
        dry_run: bool = True,
        pinned_ids: Iterable[str] = (),
        request_id: str | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> ForgetResponse:
        """Forget by policy; by default only says what it would forget.

        Args:
            policy: What may be forgotten.
            dry_run: False really forgets.
            pinned_ids: Memories to keep whatever the policy says.
            request_id: Names the call; repeating it within a day answers what it answered first.
            **criteria: Which memories are considered, the fields of `FilterCriteria`.
        """
        request = rpc.ForgetMemoriesRequest(
            policy=to_forget_policy(build(ForgetPolicy, policy, "policy")),
            filter=self._filter(criteria),
            keep_ids=pinned_ids,
            execute=not dry_run,
            request_id=request_id or "",
        )
        stub = self._connection.services.long_term_memory
        return from_forgotten(await self._connection.call(stub.ForgetMemories, request))

    async def compact_long_term_memories(
        self, **criteria: Unpack[FilterArguments]
    ) -> CompactionReport:
        """Consolidate memories that changed since the last time; needs the access of an admin.

        Args:
            **criteria: Which memories are considered, the fields of `FilterCriteria`.
        """
        request = rpc.CompactMemoriesRequest(filter=self._filter(criteria))
        stub = self._connection.services.long_term_memory
        response = await self._connection.call(stub.CompactMemories, request)
        return CompactionReport(
            considered=response.considered_count,
            merged=response.merged_count,
            superseded=response.superseded_count,
        )

    async def list_memory_revisions(
        self, memory_id: str, *, limit: int = 20, cursor: str | None = None
    ) -> MemoryRevisionList:
        """List the changes of a memory, the latest first.

        Args:
            memory_id: The memory.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
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

    async def revert_long_term_memory(
        self,
        memory_id: str,
        revision_id: str | None = None,
        *,
        etag: str | None = None,
        reason: str | None = None,
    ) -> list[MemoryRecord]:
        """Take a change back: an edit, a merge or a supersession.

        Args:
            memory_id: The memory.
            revision_id: The change to take back; the latest when absent.
            etag: Reverts only while the memory's etag is this one.
            reason: Why, for the history.

        Returns:
            The memories that changed, the one asked for first.
        """
        request = rpc.RevertMemoryRequest(
            memory_id=memory_id,
            revision_id=revision_id or "",
            etag=etag or "",
            reason=reason or "",
        )
        stub = self._connection.services.long_term_memory
        response = await self._connection.call(stub.RevertMemory, request)
        return [from_memory(memory) for memory in response.memories]
