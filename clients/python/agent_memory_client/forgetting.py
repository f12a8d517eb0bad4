"""Forgetting by policy, and consolidation."""

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.lifecycle import (
    from_forgotten,
    to_forget_policy,
)
from agent_memory_client.models.criteria import FilterArguments
from agent_memory_client.models.lifecycle import (
    CompactionReport,
    ForgetPolicy,
    ForgetResponse,
)
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
