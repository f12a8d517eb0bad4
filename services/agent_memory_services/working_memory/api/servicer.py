"""WorkingMemoryService: translation of requests to sessions and prompts, and back."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceServicer
from agent_memory_services.kit.auth.scope import require_erasable, require_namespace
from agent_memory_services.kit.contract import cursors
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.contract.messages import apply_mask
from agent_memory_services.working_memory.api import translate
from agent_memory_services.working_memory.domain.session import (
    Actor,
    LogSlice,
    Session,
    SessionKey,
    combine,
    reachable,
)
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.prompt.builder import PromptBuilder
from agent_memory_services.working_memory.sessions.erasure import Eraser
from agent_memory_services.working_memory.sessions.forks import Forks
from agent_memory_services.working_memory.sessions.sessions import Revision, Sessions, Wanted
from agent_memory_services.working_memory.sessions.watch import SessionWatch
from agent_memory_services.working_memory.store.listings import Listings

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_SERVICE: Final = rpc.DESCRIPTOR.services_by_name["WorkingMemoryService"].full_name
_MUTABLE: Final = frozenset(
    {"data", "context", "ttl", "sliding_ttl", "extraction", "time_zone", "user_id"}
)
_SESSIONS_PER_PAGE: Final = 20
_MESSAGES_PER_PAGE: Final = 100
_LOG_PAGE_BYTES: Final = 4 * 1024 * 1024


class WorkingMemoryServicer(WorkingMemoryServiceServicer):
    """Servicer of WorkingMemoryService; the rules are elsewhere."""

    def __init__(
        self,
        sessions: Sessions,
        listings: Listings,
        prompts: PromptBuilder,
        watch: SessionWatch,
        *,
        eraser: Eraser,
        forks: Forks,
    ) -> None:
        """Serve sessions, their listings, changes and copies, prompts, and erasure."""
        self._forks = forks
        self._sessions = sessions
        self._listings = listings
        self._prompts = prompts
        self._watch = watch
        self._eraser = eraser

    async def GetOrCreateWorkingMemory(
        self,
        request: rpc.GetOrCreateWorkingMemoryRequest,
        context: Context,
    ) -> rpc.GetOrCreateWorkingMemoryResponse:
        window = _window(request)
        session, created = await self._sessions.get_or_create(
            _key(request), _actor(request), Limits(request.recent_messages_limit or None, window)
        )
        response = rpc.GetOrCreateWorkingMemoryResponse(created=created)
        translate.show(response.working_memory, session, window)
        return response

    async def GetWorkingMemory(
        self,
        request: rpc.GetWorkingMemoryRequest,
        context: Context,
    ) -> rpc.GetWorkingMemoryResponse:
        window = _window(request)
        session = await self._sessions.get(
            _key(request), _actor(request), Limits(request.recent_messages_limit or None, window)
        )
        response = rpc.GetWorkingMemoryResponse()
        translate.show(response.working_memory, session, window)
        return response

    async def SetWorkingMemory(
        self, request: rpc.SetWorkingMemoryRequest, context: Context
    ) -> rpc.SetWorkingMemoryResponse:
        given, window = request.working_memory, _window(request)
        session, happened = await self._sessions.set(
            _key(given),
            Wanted(translate.state_of(given), given.messages, given.memories),
            _actor(given),
            etag=given.etag,
            request_id=request.request_id,
            window=window,
            forget=request.forget,
        )
        response = rpc.SetWorkingMemoryResponse(
            new_message_count=happened.new_messages,
            taken_back_ids=happened.taken_back,
            forgotten_count=happened.forgotten,
        )
        translate.show(response.working_memory, session, window)
        return response

    async def AppendMessages(
        self,
        request: rpc.AppendMessagesRequest,
        context: Context,
    ) -> rpc.AppendMessagesResponse:
        messages, written = await self._sessions.append(
            _key(request),
            request.messages,
            _actor(request),
            etag=request.etag,
            request_id=request.request_id,
            window=_window(request),
        )
        return rpc.AppendMessagesResponse(
            messages=messages,
            new_message_count=written.new_messages,
            last_sequence=written.last_sequence,
            etag=written.etag,
            session_uid=written.uid,
            created=written.is_new,
        )

    async def AddMemories(
        self,
        request: rpc.AddMemoriesRequest,
        context: Context,
    ) -> rpc.AddMemoriesResponse:
        memories, written = await self._sessions.add_memories(
            _key(request),
            request.memories,
            _actor(request),
            replaces=request.policy == wm.SESSION_MEMORY_POLICY_REPLACE,
            etag=request.etag,
            request_id=request.request_id,
        )
        return rpc.AddMemoriesResponse(
            memories=memories, etag=written.etag, session_uid=written.uid
        )

    async def UpdateWorkingMemory(
        self,
        request: rpc.UpdateWorkingMemoryRequest,
        context: Context,
    ) -> rpc.UpdateWorkingMemoryResponse:
        given = request.working_memory
        session = await self._sessions.update(
            _key(given),
            lambda session: _revision(session, request),
            _actor(given),
            etag=given.etag,
        )
        response = rpc.UpdateWorkingMemoryResponse()
        translate.show(response.working_memory, session, None)
        return response

    async def ForkWorkingMemory(
        self,
        request: rpc.ForkWorkingMemoryRequest,
        context: Context,
    ) -> rpc.ForkWorkingMemoryResponse:
        session = await self._forks.fork(
            _key(request),
            _actor(request),
            new_id=request.new_session_id,
            message_id=request.message_id,
        )
        response = rpc.ForkWorkingMemoryResponse()
        translate.show(response.working_memory, session, None)
        return response

    async def DeleteWorkingMemory(
        self,
        request: rpc.DeleteWorkingMemoryRequest,
        context: Context,
    ) -> rpc.DeleteWorkingMemoryResponse:
        deleted = await self._sessions.delete(
            _key(request), _actor(request), etag=request.etag, forget=request.forget
        )
        return rpc.DeleteWorkingMemoryResponse(
            deleted=deleted.deleted,
            session_uid=deleted.uid,
            user_id=deleted.user,
            forgotten_count=deleted.forgotten,
        )

    async def ListSessions(
        self,
        request: rpc.ListSessionsRequest,
        context: Context,
    ) -> rpc.ListSessionsResponse:
        caller = current_principal()
        namespace = request.namespace if request.HasField("namespace") else None
        user = request.user_id if request.HasField("user_id") else None
        tokens = cursors.PageTokens("sessions", caller.tenant, cursors.unpaged(request))
        page = await self._listings.page(
            caller.tenant,
            namespaces=reachable(namespace, caller.namespaces, "namespace"),
            users=reachable(user, caller.users, "user"),
            after=tokens.position(request.page_token, translate.read_position),
            count=cursors.page_size(request.page_size, default=_SESSIONS_PER_PAGE),
        )
        return rpc.ListSessionsResponse(
            sessions=translate.summaries(page.sessions),
            next_page_token=tokens.token(
                translate.spell_position(page.next_after) if page.next_after else None
            ),
            total_size=page.total,
        )

    async def ListMessages(
        self,
        request: rpc.ListMessagesRequest,
        context: Context,
    ) -> rpc.ListMessagesResponse:
        tokens = cursors.PageTokens(
            "messages", current_principal().tenant, cursors.unpaged(request)
        )
        uid, start = tokens.position(request.page_token, translate.read_sequence) or ("", None)
        if start is None and not request.descending:
            start = request.after_sequence + 1
        log_slice = LogSlice(
            start=start,
            count=cursors.page_size(request.page_size, default=_MESSAGES_PER_PAGE),
            after=request.after_sequence,
            descending=request.descending,
            most_bytes=_LOG_PAGE_BYTES,
        )
        page = await self._sessions.log(_key(request), _actor(request), log_slice)
        translate.check_incarnation(uid, page.uid)
        following = page.next_start(log_slice)
        return rpc.ListMessagesResponse(
            messages=page.within(log_slice),
            next_page_token=tokens.token(
                translate.spell_sequence(page.uid, following) if following else None
            ),
            total_size=page.last_sequence,
        )

    async def BuildMemoryPrompt(
        self,
        request: rpc.BuildMemoryPromptRequest,
        context: Context,
    ) -> rpc.BuildMemoryPromptResponse:
        asked = translate.prompt_request(request, current_principal())
        return translate.prompt_response(await self._prompts.build(asked))

    async def WatchWorkingMemory(
        self,
        request: rpc.WatchWorkingMemoryRequest,
        context: Context,
    ) -> AsyncIterator[rpc.WatchWorkingMemoryResponse]:
        updates = self._watch.follow(_key(request), _actor(request), request.resume_token)
        async with aclosing(updates):
            async for update in updates:
                yield translate.watch_response(update)

    async def GetPrincipal(
        self,
        request: rpc.GetPrincipalRequest,
        context: Context,
    ) -> rpc.GetPrincipalResponse:
        return rpc.GetPrincipalResponse(principal=translate.principal(current_principal()))

    async def EraseUser(
        self,
        request: rpc.EraseUserRequest,
        context: Context,
    ) -> rpc.EraseUserResponse:
        caller = current_principal()
        require_erasable(caller, request.user_id)
        erasure = await self._eraser.erase(caller.tenant, request.user_id)
        return rpc.EraseUserResponse(
            receipt=erasure.receipt(_SERVICE), sessions=erasure.erased_sessions()
        )


_Windowed: TypeAlias = (
    rpc.GetOrCreateWorkingMemoryRequest
    | rpc.GetWorkingMemoryRequest
    | rpc.SetWorkingMemoryRequest
    | rpc.AppendMessagesRequest
)
_Named: TypeAlias = (
    rpc.GetOrCreateWorkingMemoryRequest
    | rpc.GetWorkingMemoryRequest
    | rpc.AppendMessagesRequest
    | rpc.AddMemoriesRequest
    | rpc.DeleteWorkingMemoryRequest
    | rpc.ForkWorkingMemoryRequest
    | rpc.ListMessagesRequest
    | rpc.WatchWorkingMemoryRequest
    | wm.WorkingMemory
)


def _key(named: _Named) -> SessionKey:
    caller = current_principal()
    require_namespace(caller, named.namespace)
    return SessionKey(caller.tenant, named.namespace, named.session_id)


def _actor(named: _Named) -> Actor:
    return Actor.of(current_principal(), named.user_id)


def _window(request: _Windowed) -> int | None:
    return translate.window_tokens(request.window) if request.HasField("window") else None


def _revision(session: Session, request: rpc.UpdateWorkingMemoryRequest) -> Revision:
    """Return the session's revision by the masked fields."""
    target, source = wm.WorkingMemory(), wm.WorkingMemory()
    translate.put_state(target, session.user, session.state)
    source.CopyFrom(request.working_memory)
    if source.HasField("data"):
        policy = translate.data_policy(request.data_policy)
        source.data.CopyFrom(combine(session.state.data, request.working_memory.data, policy))
    apply_mask(target, source, request.update_mask.paths, _MUTABLE)
    # An owner is set once; a mask that names it without a value changes no owner.
    return Revision(target.user_id or session.user, translate.state_of(target))
