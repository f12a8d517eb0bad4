"""Between the contract's messages and the domain's values."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.working_memory.data import DataPolicy
from agent_memory_services.working_memory.listings import Listed
from agent_memory_services.working_memory.models import DEFAULT_WINDOW, window_of
from agent_memory_services.working_memory.session import Session, State
from agent_memory_services.working_memory.windows import usage_of

_MICROS = 1_000_000

_DATA_POLICIES = {
    wm.DATA_POLICY_UNSPECIFIED: DataPolicy.REPLACE,
    wm.DATA_POLICY_REPLACE: DataPolicy.REPLACE,
    wm.DATA_POLICY_MERGE: DataPolicy.MERGE,
    wm.DATA_POLICY_DEEP_MERGE: DataPolicy.DEEP_MERGE,
}


def data_policy(policy: wm.DataPolicy.ValueType) -> DataPolicy:
    """The policy meant; the server's default where none is named."""
    return _DATA_POLICIES[policy]


def window_tokens(window: wm.ContextWindow) -> int:
    """Tokens of the window meant: the explicit size, the model's, or the default."""
    if window.HasField("max_tokens"):
        return window.max_tokens
    return window_of(window.model_name) if window.model_name else DEFAULT_WINDOW


def state_of(message: wm.WorkingMemory) -> State:
    """What a caller sets on a session besides messages and memories."""
    return State(
        data=message.data if message.HasField("data") else None,
        context=message.context,
        extraction=message.extraction if message.HasField("extraction") else None,
        ttl=_micros(message.ttl) if message.HasField("ttl") else None,
        time_zone=message.time_zone,
    )


def put_state(message: wm.WorkingMemory, user: str, state: State) -> None:
    """The inverse of `state_of`, with the owner."""
    message.user_id = user
    message.context = state.context
    message.time_zone = state.time_zone
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


def working_memory(session: Session, window: int | None) -> wm.WorkingMemory:
    """A session as a reader sees it; with its usage where a window (tokens) is given."""
    message = wm.WorkingMemory(
        namespace=session.key.namespace,
        session_id=session.key.session_id,
        messages=(shown.message for shown in session.shown),
        memories=session.memories,
        create_time=to_timestamp(session.created),
        update_time=to_timestamp(session.updated),
        etag=session.etag,
        session_uid=session.uid,
        last_sequence=session.last_sequence,
        view_size=session.view_size,
        tokens=session.tokens,
    )
    put_state(message, session.user, session.state)
    if session.expires is not None:
        message.expire_time.CopyFrom(to_timestamp(session.expires))
    if window is not None:
        usage = usage_of(session.tokens, window)
        message.usage.total_percent = usage.total
        message.usage.until_summarization_percent = usage.until_summarization
        message.usage.window = usage.window
    return message


def summaries(sessions: Iterable[Listed]) -> Iterable[wm.SessionSummary]:
    """Sessions in a listing."""
    for listed in sessions:
        summary = wm.SessionSummary(
            namespace=listed.namespace,
            session_id=listed.session_id,
            user_id=listed.user,
            create_time=to_timestamp(listed.created),
            update_time=to_timestamp(listed.updated),
            view_size=listed.view_size,
            last_sequence=listed.last_sequence,
        )
        if listed.expires is not None:
            summary.expire_time.CopyFrom(to_timestamp(listed.expires))
        yield summary


def _micros(duration: Duration) -> int:
    """A time to live; what is finer than a microsecond lasts one more."""
    return duration.seconds * _MICROS - (-duration.nanos // 1000)


def _duration(micros: int) -> Duration:
    seconds, rest = divmod(micros, _MICROS)
    return Duration(seconds=seconds, nanos=rest * 1000)
