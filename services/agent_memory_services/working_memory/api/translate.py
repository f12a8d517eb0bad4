"""Translation between the messages of the contract and the domain."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.kit.auth.scope import require_namespace
from agent_memory_services.kit.contract import clock, context, cursors, errors
from agent_memory_services.working_memory.domain import windows
from agent_memory_services.working_memory.domain.session import (
    Actor,
    DataPolicy,
    Session,
    SessionKey,
    State,
    etag_of,
)
from agent_memory_services.working_memory.prompt.model import (
    Line,
    MemoryPart,
    Prompt,
    PromptRequest,
    Section,
    SectionKind,
    SessionPart,
)
from agent_memory_services.working_memory.sessions.watch import SessionWatchUpdate
from agent_memory_services.working_memory.store.events import Kind
from agent_memory_services.working_memory.store.listings import Listed, ListingPosition
from agent_memory_services.working_memory.store.records import StoredView

_MICROS = 1_000_000

_DATA_POLICIES = {
    wm.DATA_POLICY_UNSPECIFIED: DataPolicy.REPLACE,
    wm.DATA_POLICY_REPLACE: DataPolicy.REPLACE,
    wm.DATA_POLICY_MERGE: DataPolicy.MERGE,
    wm.DATA_POLICY_DEEP_MERGE: DataPolicy.DEEP_MERGE,
}


def data_policy(policy: wm.DataPolicy.ValueType) -> DataPolicy:
    """Return the requested policy; the server's default where none is named."""
    return _DATA_POLICIES[policy]


def window_tokens(window: wm.ContextWindow) -> int:
    """Return the tokens of the window: the explicit size, the model's, or the default."""
    if window.HasField("max_tokens"):
        return window.max_tokens
    return windows.window_of(window.model_name) if window.model_name else windows.DEFAULT_WINDOW


def state_of(message: wm.WorkingMemory) -> State:
    """Return the state that a caller sets on a session besides messages and memories."""
    return State(
        data=message.data if message.HasField("data") else None,
        context=message.context,
        extraction=message.extraction if message.HasField("extraction") else None,
        ttl=_micros(message.ttl) if message.HasField("ttl") else None,
        time_zone=message.time_zone,
        sliding=message.sliding_ttl,
    )


def put_state(message: wm.WorkingMemory, user: str, state: State) -> None:
    """Set a message's state and owner; the inverse of `state_of`."""
    message.user_id = user
    message.context = state.context
    message.time_zone = state.time_zone
    message.sliding_ttl = state.sliding
    if state.data is not None:
        message.data.CopyFrom(state.data)
        message.data.SetInParent()
    if state.extraction is not None:
        message.extraction.CopyFrom(state.extraction)
    if state.ttl is not None:
        message.ttl.CopyFrom(_duration(state.ttl))
    if state.context_range is not None:
        message.context_range.first = state.context_range.first
        message.context_range.last = state.context_range.last


def show(message: wm.WorkingMemory, session: Session, window: int | None) -> None:
    """Set an empty message to a session as a reader sees it, in the answer that it stands in.

    With a window (tokens) it tells the session's usage too.
    """
    if isinstance(session.shown, StoredView):
        message.MergeFromString(session.shown.serialized())
    else:
        message.messages.extend(shown.message for shown in session.shown)
    message.namespace = session.key.namespace
    message.session_id = session.key.session_id
    message.memories.extend(session.memories)
    clock.put(message.create_time, session.created)
    clock.put(message.update_time, session.updated)
    message.etag = session.etag
    message.session_uid = session.uid
    message.last_sequence = session.last_sequence
    message.view_size = session.view_size
    message.tokens = session.tokens
    put_state(message, session.user, session.state)
    if session.expires is not None:
        clock.put(message.expire_time, session.expires)
    if session.fork is not None:
        message.forked_from.session_id = session.fork.session_id
        message.forked_from.session_uid = session.fork.uid
        message.forked_from.last_sequence = session.fork.last
    if window is not None:
        usage = windows.usage_of(session.tokens, window)
        message.usage.total_percent = usage.total
        message.usage.until_summarization_percent = usage.until_summarization
        message.usage.window = usage.window


def summaries(sessions: Iterable[Listed]) -> Iterable[wm.SessionSummary]:
    """Return the sessions of a listing."""
    for listed in sessions:
        summary = wm.SessionSummary(
            namespace=listed.namespace,
            session_id=listed.session_id,
            user_id=listed.user,
            create_time=clock.to_timestamp(listed.created),
            update_time=clock.to_timestamp(listed.updated),
            view_size=listed.view_size,
            last_sequence=listed.last_sequence,
        )
        if listed.expires is not None:
            summary.expire_time.CopyFrom(clock.to_timestamp(listed.expires))
        yield summary


def _micros(duration: Duration) -> int:
    """Return a time to live; what is finer than a microsecond lasts one more."""
    return duration.seconds * _MICROS - (-duration.nanos // 1000)


def _duration(micros: int) -> Duration:
    seconds, rest = divmod(micros, _MICROS)
    return Duration(seconds=seconds, nanos=rest * 1000)


_SECTIONS = {
    SectionKind.STANDING: wm.PROMPT_SECTION_STANDING,
    SectionKind.SUMMARY: wm.PROMPT_SECTION_SUMMARY,
    SectionKind.MEMORIES: wm.PROMPT_SECTION_MEMORIES,
    SectionKind.HISTORY: wm.PROMPT_SECTION_HISTORY,
    SectionKind.QUERY: wm.PROMPT_SECTION_QUERY,
}


def prompt_request(
    request: rpc.BuildMemoryPromptRequest, principal: context.Principal
) -> PromptRequest:
    """Return the prompt request of a caller.

    Raises:
        AccessDenied: the credential does not reach the session's namespace or user.
    """
    return PromptRequest(
        query=request.query,
        session=_session_part(request.session, principal) if request.HasField("session") else None,
        memories=_memory_part(request.long_term_search)
        if request.HasField("long_term_search")
        else None,
        budget=request.token_budget if request.HasField("token_budget") else None,
        omit_query=request.omit_query,
    )


def prompt_response(prompt: Prompt) -> rpc.BuildMemoryPromptResponse:
    """Return the response."""
    ordered = sorted(prompt.sections, key=lambda section: _SECTIONS[section.kind])
    return rpc.BuildMemoryPromptResponse(
        messages=map(_message, prompt.lines),
        hits=prompt.sources.hits,
        standing=prompt.sources.standing,
        sections=map(_report, ordered),
        tokens=prompt.tokens,
    )


def _session_part(part: rpc.PromptSession, principal: context.Principal) -> SessionPart:
    require_namespace(principal, part.namespace)
    return SessionPart(
        key=SessionKey(principal.tenant, part.namespace, part.session_id),
        actor=Actor.of(principal, part.user_id),
        limits=windows.Limits(part.recent_messages_limit or None, window_tokens(part.window)),
    )


def _memory_part(part: rpc.LongTermSearch) -> MemoryPart:
    return MemoryPart(
        query=part.query,
        limit=part.limit,
        exclude_session=part.exclude_session,
        exclude_standing=part.exclude_standing,
    )


def _message(line: Line) -> wm.PromptMessage:
    return wm.PromptMessage(
        role=line.role,
        content=line.content,
        tool_calls=line.tool_calls,
        tool_call_id=line.tool_call_id,
        name=line.name,
        parts=line.parts,
        original=line.original,
    )


def _report(section: Section) -> wm.PromptSectionReport:
    return wm.PromptSectionReport(
        section=_SECTIONS[section.kind],
        tokens=section.tokens,
        cap=section.cap,
        included=section.included,
        left_out_ids=section.left_out,
        duplicate_ids=section.duplicates,
    )


_KINDS = {
    Kind.CREATED: wm.SESSION_CHANGE_KIND_CREATED,
    Kind.UPDATED: wm.SESSION_CHANGE_KIND_UPDATED,
    Kind.MESSAGES: wm.SESSION_CHANGE_KIND_MESSAGES,
    Kind.SUMMARIZED: wm.SESSION_CHANGE_KIND_SUMMARIZED,
    Kind.DELETED: wm.SESSION_CHANGE_KIND_DELETED,
}


def watch_response(update: SessionWatchUpdate) -> rpc.WatchWorkingMemoryResponse:
    """Return an update as a watcher gets it."""
    response = rpc.WatchWorkingMemoryResponse(resume_token=update.token)
    if (event := update.event) is not None:
        response.change.kind = _KINDS[event.kind]
        response.change.etag = etag_of(event.version)
        response.change.messages.extend(update.messages)
        response.change.change_time.CopyFrom(clock.to_timestamp(event.at))
    return response


def spell_position(position: ListingPosition) -> bytes:
    """Return the position in a listing that a cursor spells."""
    return b"%d:%b" % position


def read_position(payload: bytes) -> ListingPosition:
    """Return the inverse of `spell_position`.

    Raises:
        ValueError: it is none.
    """
    updated, _, member = payload.partition(b":")
    return ListingPosition(cursors.whole_number(updated), member)


def spell_sequence(uid: str, sequence: int) -> bytes:
    """Return the cursor of a position in the log of one incarnation of a session."""
    return f"{uid}:{sequence}".encode()


def read_sequence(payload: bytes) -> tuple[str, int]:
    """Return the inverse of `spell_sequence`.

    Raises:
        ValueError: it is none.
    """
    uid, _, sequence = payload.partition(b":")
    return uid.decode(), cursors.whole_number(sequence)


def check_incarnation(expected: str, found: str) -> None:
    """Refuse to go on in the log of a session that was created anew since.

    Raises:
        InvalidToken: it was.
    """
    if expected and expected != found:
        raise errors.InvalidToken("the session was created anew since the token was given out")


def principal(caller: context.Principal) -> wm.Principal:
    """Return a caller as the contract describes it."""
    return wm.Principal(
        tenant=caller.tenant,
        subject=caller.subject,
        access=caller.access,
        users=_limit(caller.users),
        namespaces=_limit(caller.namespaces),
    )


def _limit(names: frozenset[str] | None) -> wm.PrincipalLimit | None:
    return None if names is None else wm.PrincipalLimit(names=sorted(names))
