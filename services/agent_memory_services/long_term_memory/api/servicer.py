"""The RPCs of the long-term memory service: requests to use cases, and their results back."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import grpc
from google.protobuf.duration_pb2 import Duration

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import MemoryHit, ScoreSignal, TimeWindow
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceServicer
from agent_memory_services.kit.auth.scope import require, require_erasable
from agent_memory_services.kit.contract import clock, cursors, status
from agent_memory_services.kit.contract.context import current_principal, remaining
from agent_memory_services.kit.contract.erasure import ErasedSession
from agent_memory_services.kit.contract.status import item_status
from agent_memory_services.kit.redis.replay_cache import mark_conversation
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction, Report
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import compile_filter
from agent_memory_services.long_term_memory.domain.forget_policy import DEFAULT_MULTIPLIER, Policy
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.erasure import (
    Conversation,
    ConversationForgetting,
    Eraser,
)
from agent_memory_services.long_term_memory.history.revert import Reversal, Reverter
from agent_memory_services.long_term_memory.history.revisions import page_of
from agent_memory_services.long_term_memory.history.watch import MemoryWatch
from agent_memory_services.long_term_memory.lifecycle.forgetting import (
    ForgetRequest,
    Forgetting,
    Forgotten,
)
from agent_memory_services.long_term_memory.lifecycle.requests import (
    AboutRequest,
    RequestedForgetting,
)
from agent_memory_services.long_term_memory.listing import Listing, ListingCursor, Walk, listed
from agent_memory_services.long_term_memory.memories.creating import Creating, Creation
from agent_memory_services.long_term_memory.memories.editing import SHARED, Edit, Memories
from agent_memory_services.long_term_memory.memories.matching import (
    Batch,
    MatchingMemories,
    require_condition,
)
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.search import Search
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.store.revisions import RevisionLog
from agent_memory_services.long_term_memory.transfer import Import, ImportReport, exported
from agent_memory_services.long_term_memory.values import (
    CountedValue,
    ValuePlace,
    Values,
    ValuesRequest,
)


def mark_subjects_of(memories: Iterable[Memory]) -> None:
    """Say that the answer of the present call repeats memories, for when they are erased."""
    for memory in memories:
        known = memory.provenance
        for session_uid in (known.session_uid, *known.other_session_uids):
            mark_conversation(memory.user_id, session_uid)


Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_REVISIONS_LISTED = 20


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
        tokens = cursors.PageTokens("revisions", scope.tenant, asked)
        page = await page_of(
            self._history.log,
            scope,
            request.memory_id,
            size=cursors.page_size(request.page_size, default=_REVISIONS_LISTED),
            below=tokens.position(request.page_token, cursors.whole_number),
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


_SERVICE = rpc.DESCRIPTOR.services_by_name["LongTermMemoryService"].full_name


class ErasureCalls(LongTermMemoryServiceServicer):
    """Translates; the rules are elsewhere."""

    _eraser: Eraser
    _conversations: ConversationForgetting

    async def ForgetSession(
        self, request: rpc.ForgetSessionRequest, context: Context
    ) -> rpc.ForgetSessionResponse:
        caller = current_principal()
        require(caller, request.session.namespace, request.user_id)
        conversation = Conversation(
            request.session.namespace,
            request.session.session_id,
            request.user_id,
            tuple(request.session_uids),
            tuple(request.message_ids),
        )
        forgotten = await self._conversations.forget(
            Scope.of(caller), conversation, actor=caller.subject
        )
        return rpc.ForgetSessionResponse(forgotten_count=forgotten)

    async def EraseUser(
        self, request: rpc.EraseUserRequest, context: Context
    ) -> rpc.EraseUserResponse:
        caller = current_principal()
        require_erasable(caller, request.user_id, request.sessions)
        sessions = ErasedSession.read(request.sessions)
        erasure = await self._eraser.erase(caller.tenant, request.user_id, sessions)
        return rpc.EraseUserResponse(receipt=erasure.receipt(_SERVICE))


_MICROS: Final = 1_000_000


class ForgettingCalls(LongTermMemoryServiceServicer):
    """Translates; the rules are elsewhere."""

    _forgetting: Forgetting
    _requested: RequestedForgetting

    async def ForgetMemories(
        self, request: rpc.ForgetMemoriesRequest, context: Context
    ) -> rpc.ForgetMemoriesResponse:
        caller = current_principal()
        if request.HasField("about"):
            about = AboutRequest.of(request, caller.subject)
            return _forgotten(await self._requested.forget(Scope.of(caller), about))
        asked = ForgetRequest(
            policy_of(request.policy),
            compile_filter(request.filter, "filter"),
            keep=frozenset(request.keep_ids),
            permanently=request.policy.permanently,
            execute=request.execute,
            actor=caller.subject,
        )
        return _forgotten(await self._forgetting.forget(Scope.of(caller), asked))


def _forgotten(forgotten: Forgotten) -> rpc.ForgetMemoriesResponse:
    return rpc.ForgetMemoriesResponse(
        memories=[
            ltm.ForgottenMemory(memory_id=memory_id, reason=reason.value)
            for memory_id, reason in forgotten.named.items()
        ],
        forgotten_count=forgotten.count,
        considered_count=forgotten.considered,
        executed=forgotten.executed,
    )


def policy_of(given: ltm.ForgetPolicy) -> Policy:
    """Return the policy that a request states."""
    return Policy(
        max_age=_micros(given.max_age) if given.HasField("max_age") else None,
        max_inactive=_micros(given.max_inactive) if given.HasField("max_inactive") else None,
        keep_per_owner=given.keep_per_owner if given.HasField("keep_per_owner") else None,
        types=frozenset(given.types),
        hard_age_multiplier=given.hard_age_multiplier or DEFAULT_MULTIPLIER,
    )


def _micros(duration: Duration) -> int:
    return duration.seconds * _MICROS + duration.nanos // 1000


_MEMORIES_LISTED = 20
_VALUES_LISTED: Final = 100
_BATCH: Final = 500
_SKIPPED_NAMED: Final = 100
_INDEXED: Final[Mapping[ltm.MemoryField.ValueType, str]] = {
    ltm.MEMORY_FIELD_NAMESPACE: fields.NAMESPACE,
    ltm.MEMORY_FIELD_USER_ID: fields.USER,
    ltm.MEMORY_FIELD_SESSION_ID: fields.SESSION,
    ltm.MEMORY_FIELD_TOPICS: fields.TOPICS,
    ltm.MEMORY_FIELD_ENTITIES: fields.ENTITIES,
    ltm.MEMORY_FIELD_METADATA_KEY: fields.METADATA,
    ltm.MEMORY_FIELD_METADATA_VALUE: fields.METADATA,
}
_FOUND, _MOST_FOUND = 10, 100
_STREAMED, _MOST_STREAMED = 1000, 10_000
_BATCH_SECONDS: Final = 10.0
"""The longest that a batch of a compaction should take, a model's answers included."""


class LongTermMemoryServicer(HistoryCalls, ForgettingCalls, ErasureCalls):
    """Translates; the rules are elsewhere."""

    def __init__(
        self,
        *,
        creating: Creating,
        memories: Memories,
        matching: MatchingMemories,
        listing: Listing,
        values: Values,
        search: Search,
        compaction: Compaction,
        walk: Walk,
        imports: Import,
        history: History,
        forgetting: Forgetting,
        requested: RequestedForgetting,
        eraser: Eraser,
        conversations: ConversationForgetting,
    ) -> None:
        """Serve memories by id, filter and question, take them in and out, tell what they were."""
        self._creating = creating
        self._memories = memories
        self._matching = matching
        self._compaction = compaction
        self._listing = listing
        self._values = values
        self._search = search
        self._walk = walk
        self._imports = imports
        self._history = history
        self._forgetting = forgetting
        self._requested = requested
        self._eraser = eraser
        self._conversations = conversations

    async def CreateMemories(
        self, request: rpc.CreateMemoriesRequest, context: Context
    ) -> rpc.CreateMemoriesResponse:
        creations = await self._creating.create(
            _scope(),
            request.memories,
            request.deduplication,
            request_id=request.request_id,
            actor=_actor(),
        )
        # What is stored already is told by the conversation that says it again, too.
        mark_subjects_of(request.memories)
        mark_subjects_of(creation.memory for creation in creations if creation.memory)
        return rpc.CreateMemoriesResponse(results=map(creation_result, creations))

    async def GetMemory(
        self, request: rpc.GetMemoryRequest, context: Context
    ) -> rpc.GetMemoryResponse:
        memory = await self._memories.read(_scope(), request.memory_id)
        return rpc.GetMemoryResponse(memory=memory)

    async def BatchGetMemories(
        self, request: rpc.BatchGetMemoriesRequest, context: Context
    ) -> rpc.BatchGetMemoriesResponse:
        response = rpc.BatchGetMemoriesResponse()
        for found in await self._memories.read_each(_scope(), request.memory_ids):
            if isinstance(found, Memory):
                response.items.add(memory=found)
            else:
                response.items.add(error=status.item_status(found))
        return response

    async def ListMemories(
        self, request: rpc.ListMemoriesRequest, context: Context
    ) -> rpc.ListMemoriesResponse:
        scope = _scope()
        tokens = cursors.PageTokens("list", scope.tenant, request.filter, request.include_hidden)
        page = await self._listing.page(
            scope,
            listed(request.filter, include_hidden=request.include_hidden, now=clock.now_micros()),
            size=cursors.page_size(request.page_size, default=_MEMORIES_LISTED),
            after=tokens.position(request.page_token, ListingCursor.unpack),
        )
        return rpc.ListMemoriesResponse(
            memories=page.memories,
            next_page_token=tokens.token(page.more_after.pack() if page.more_after else None),
            total_size=page.total,
        )

    async def CountMemories(
        self, request: rpc.CountMemoriesRequest, context: Context
    ) -> rpc.CountMemoriesResponse:
        condition = listed(
            request.filter, include_hidden=request.include_hidden, now=clock.now_micros()
        )
        return rpc.CountMemoriesResponse(count=await self._listing.count(_scope(), condition))

    async def ListFieldValues(
        self, request: rpc.ListFieldValuesRequest, context: Context
    ) -> rpc.ListFieldValuesResponse:
        scope = _scope()
        tokens = cursors.PageTokens("values", scope.tenant, cursors.unpaged(request))
        page = await self._values.page(
            scope,
            _values_asked(request),
            size=cursors.page_size(request.page_size, default=_VALUES_LISTED),
            after=tokens.position(request.page_token, ValuePlace.unpack),
        )
        return rpc.ListFieldValuesResponse(
            values=map(field_value, page.values),
            next_page_token=tokens.token(page.more_after.pack() if page.more_after else None),
            total_size=page.total,
            partial=page.partial,
        )

    async def SearchMemories(
        self, request: rpc.SearchMemoriesRequest, context: Context
    ) -> rpc.SearchMemoriesResponse:
        scope = _scope()
        tokens = cursors.PageTokens("search", scope.tenant, request.query)
        page = await self._search.page(
            scope,
            request.query,
            size=cursors.page_size(request.page_size, default=_FOUND, largest=_MOST_FOUND),
            after=tokens.position(request.page_token, bytes),
        )
        response = rpc.SearchMemoriesResponse(
            hits=hits_of(page.hits, explain=request.explain),
            next_page_token=tokens.token(page.next),
            total_size=page.total,
            time_windows=map(time_window, page.times),
        )
        if request.standing_limit:
            limit = request.standing_limit
            standing = await self._search.standing(scope, request.query, limit)
            response.standing.SetInParent()
            response.standing.memories.extend(standing)
        return response

    async def StreamSearchMemories(
        self, request: rpc.StreamSearchMemoriesRequest, context: Context
    ) -> AsyncIterator[rpc.StreamSearchMemoriesResponse]:
        limit = cursors.page_size(request.limit, default=_STREAMED, largest=_MOST_STREAMED)
        async for hits in self._search.stream(_scope(), request.query, limit=limit):
            yield rpc.StreamSearchMemoriesResponse(hits=hits_of(hits, explain=request.explain))

    async def UpdateMemory(
        self, request: rpc.UpdateMemoryRequest, context: Context
    ) -> rpc.UpdateMemoryResponse:
        memory = await self._memories.update(
            _scope(),
            request.memory,
            request.update_mask.paths,
            actor=_actor(),
            reason=request.reason,
        )
        mark_subjects_of([memory])
        return rpc.UpdateMemoryResponse(memory=memory)

    async def DeleteMemories(
        self, request: rpc.DeleteMemoriesRequest, context: Context
    ) -> rpc.DeleteMemoriesResponse:
        deleted = await self._memories.delete(
            _scope(), request.memory_ids, actor=_actor(), reason=request.reason
        )
        return rpc.DeleteMemoriesResponse(deleted_ids=deleted)

    async def DeleteMemoriesByFilter(
        self, request: rpc.DeleteMemoriesByFilterRequest, context: Context
    ) -> rpc.DeleteMemoriesByFilterResponse:
        tokens = _batch_tokens("delete", request)
        done = await self._matching.delete(_scope(), _batch(request, tokens))
        return rpc.DeleteMemoriesByFilterResponse(
            matched_count=done.matched,
            deleted_count=len(done.done) if request.execute else 0,
            sample_ids=done.sample,
            resume_token=tokens.token(done.more_after.pack() if done.more_after else None),
            executed=request.execute,
        )

    async def UpdateMemoriesByFilter(
        self, request: rpc.UpdateMemoriesByFilterRequest, context: Context
    ) -> rpc.UpdateMemoriesByFilterResponse:
        tokens = _batch_tokens("update", request)
        edit = Edit(request.memory, request.update_mask.paths, request.reason, SHARED)
        done = await self._matching.update(_scope(), _batch(request, tokens), edit)
        return rpc.UpdateMemoriesByFilterResponse(
            matched_count=done.matched,
            updated_count=len(done.done) if request.execute else 0,
            sample_ids=done.sample,
            skipped_ids=done.skipped[:_SKIPPED_NAMED],
            resume_token=tokens.token(done.more_after.pack() if done.more_after else None),
            executed=request.execute,
        )

    async def ImportMemories(
        self, request: AsyncIterator[rpc.ImportMemoriesRequest], context: Context
    ) -> rpc.ImportMemoriesResponse:
        rows = (row.memory async for row in request)
        return import_answer(await self._imports.run(_scope(), rows, actor=_actor()))

    async def ExportMemories(
        self, request: rpc.ExportMemoriesRequest, context: Context
    ) -> AsyncIterator[rpc.ExportMemoriesResponse]:
        scope = _scope()
        tokens = cursors.PageTokens("export", scope.tenant, request.filter, request.include_hidden)
        condition = listed(
            request.filter, include_hidden=request.include_hidden, now=clock.now_micros()
        )
        after = tokens.position(request.resume_token, ListingCursor.unpack)
        async for memories in exported(self._walk, scope, condition, after):
            token = tokens.token(ListingCursor.of(memories[-1]).pack())
            yield rpc.ExportMemoriesResponse(memories=memories, resume_token=token)

    async def CompactMemories(
        self, request: rpc.CompactMemoriesRequest, context: Context
    ) -> rpc.CompactMemoriesResponse:
        report = await self._compaction.run(
            _scope(), request.filter, actor=_actor(), may_continue=_time_is_left
        )
        return compaction_answer(report)


async def _time_is_left() -> bool:
    """Return true if the call can run another batch and still answer before its deadline."""
    left = remaining()
    return left is None or left > _BATCH_SECONDS


def _scope() -> Scope:
    return Scope.of(current_principal())


def _actor() -> str:
    return current_principal().subject


def _values_asked(request: rpc.ListFieldValuesRequest) -> ValuesRequest:
    hidden, now = request.include_hidden, clock.now_micros()
    return ValuesRequest(
        _INDEXED[request.field],
        listed(request.filter, include_hidden=hidden, now=now),
        path=request.metadata_path,
        prefix=request.prefix,
        depth=request.depth,
    )


_ByFilter: TypeAlias = rpc.DeleteMemoriesByFilterRequest | rpc.UpdateMemoriesByFilterRequest


def _batch_tokens(kind: str, request: _ByFilter) -> cursors.PageTokens:
    return cursors.PageTokens(kind, _scope().tenant, request.filter, request.include_hidden)


def _batch(request: _ByFilter, tokens: cursors.PageTokens) -> Batch:
    require_condition(compile_filter(request.filter, "filter"))
    return Batch(
        listed(request.filter, include_hidden=request.include_hidden, now=clock.now_micros()),
        limit=cursors.page_size(request.limit, default=_BATCH),
        after=tokens.position(request.resume_token, ListingCursor.unpack),
        execute=request.execute,
        actor=_actor(),
        reason=request.reason,
    )


def creation_result(creation: Creation) -> ltm.CreateMemoryResult:
    """Return the message for the outcome of one creation."""
    if creation.memory is None:
        error = creation.error or RuntimeError("a rejection without a reason")
        return ltm.CreateMemoryResult(outcome=creation.outcome, error=item_status(error))
    return ltm.CreateMemoryResult(
        outcome=creation.outcome,
        memory_id=creation.memory.id,
        related_memory_ids=creation.related,
        memory=creation.memory,
    )


def compaction_answer(report: Report) -> rpc.CompactMemoriesResponse:
    """Return the response for a compaction."""
    return rpc.CompactMemoriesResponse(
        considered_count=report.considered,
        merged_count=report.merged,
        superseded_count=report.superseded,
    )


def field_value(counted: CountedValue) -> ltm.FieldValue:
    """Return the message for a value."""
    found = ltm.FieldValue(memory_count=counted.memories, has_children=counted.branches)
    match counted.value:
        case bool() as flag:
            found.flag = flag
        case float() as number:
            found.number = number
        case str() as text:
            found.text = text
    return found


def hits_of(candidates: Iterable[Candidate], *, explain: bool) -> Iterator[MemoryHit]:
    """Hits, with the parts of their scores if these were asked for."""
    for candidate in candidates:
        hit = MemoryHit(memory=candidate.memory, score=candidate.score, distance=candidate.distance)
        if explain:
            hit.signals.extend(
                ScoreSignal(name=signal.name, value=signal.value, contribution=signal.contribution)
                for signal in candidate.signals
            )
        yield hit


def time_window(spoken: SpokenTime) -> TimeWindow:
    """Return a time that a question speaks of."""
    window = TimeWindow(phrase=spoken.phrase)
    window.start.FromDatetime(spoken.start)
    window.end.FromDatetime(spoken.end)
    return window


def import_answer(report: ImportReport) -> rpc.ImportMemoriesResponse:
    """Return the response for an import."""
    answer = rpc.ImportMemoriesResponse(
        created_count=report.created,
        duplicate_count=report.duplicates,
        rejected_count=report.rejected,
    )
    for rejected in report.errors:
        answer.errors.add(
            row=rejected.row, memory_id=rejected.memory_id, error=item_status(rejected.error)
        )
    return answer
