"""The RPCs over the history of memories: revisions, reverting, watching."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.contract.cursors import PageTokens, page_size, whole_number
from agent_memory_services.kit.redis.replay_cache import mark_subjects
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.history.revert import Reversal, Reverter
from agent_memory_services.long_term_memory.history.revisions import page_of
from agent_memory_services.long_term_memory.history.watch import MemoryWatch
from agent_memory_services.long_term_memory.store.revisions import RevisionLog


def mark_subjects_of(memories: Iterable[Memory]) -> None:
    """Say that the answer of the present call repeats memories, for when they are erased."""
    for memory in memories:
        mark_subjects(memory.user_id or memory.provenance.session_uid)


Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_LISTED = 20


@dataclass(frozen=True, slots=True)
class History:
    """The use cases behind the calls on history."""

    log: RevisionLog
    reverter: Reverter
    watch: MemoryWatch


class HistoryCalls(LongTermMemoryServiceServicer):
    """Translates; the rules are elsewhere."""

    _history: History

    async def ListMemoryRevisions(
        self, request: rpc.ListMemoryRevisionsRequest, context: Context
    ) -> rpc.ListMemoryRevisionsResponse:
        scope = Scope.of(current_principal())
        asked = rpc.ListMemoryRevisionsRequest(memory_id=request.memory_id)
        tokens = PageTokens("revisions", scope.tenant, asked)
        page = await page_of(
            self._history.log,
            scope,
            request.memory_id,
            size=page_size(request.page_size, default=_LISTED),
            below=tokens.position(request.page_token, whole_number),
        )
        return rpc.ListMemoryRevisionsResponse(
            revisions=page.revisions,
            next_page_token=tokens.token(
                str(page.more_below).encode() if page.more_below else None
            ),
        )

    async def RevertMemory(
        self, request: rpc.RevertMemoryRequest, context: Context
    ) -> rpc.RevertMemoryResponse:
        principal = current_principal()
        asked = Reversal(
            request.memory_id,
            revision_id=request.revision_id,
            etag=request.etag,
            reason=request.reason,
            request_id=request.request_id,
            actor=principal.subject,
        )
        memories = await self._history.reverter.revert(Scope.of(principal), asked)
        mark_subjects_of(memories)
        return rpc.RevertMemoryResponse(memories=memories)

    async def WatchMemories(
        self, request: rpc.WatchMemoriesRequest, context: Context
    ) -> AsyncIterator[rpc.WatchMemoriesResponse]:
        scope = Scope.of(current_principal())
        updates = self._history.watch.follow(scope, request.filter, request.resume_token)
        async with aclosing(updates):
            async for update in updates:
                yield rpc.WatchMemoriesResponse(change=update.change, resume_token=update.token)
