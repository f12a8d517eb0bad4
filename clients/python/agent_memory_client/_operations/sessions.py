"""Operations on sessions, their messages and the memories placed in them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1 import strategy_pb2
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory.working_memory.v1.working_memory_pb2 import ContextWindow, SessionMemoryPolicy
from agent_memory_client import _types, _values, errors, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import operation, records
from agent_memory_client._operations.messages import from_message, to_messages
from agent_memory_client._types import build, checked, items

_UPDATE_PATHS = {"ttl_seconds": "ttl", "long_term_memory_strategy": "extraction"}


@checked
def get_or_create(
    config: MemoryClientConfig,
    session_id: _types.Text,
    namespace: _types.Text | None = None,
    user_id: _types.Text | None = None,
    *,
    model_name: _types.Text | None = None,
    context_window_max: _types.Position | None = None,
    recent_messages_limit: _types.Count | None = None,
) -> operation.Operation[rpc.GetOrCreateWorkingMemoryResponse, tuple[bool, models.WorkingMemory]]:
    """Read a session, creating it empty where it does not exist."""
    request = rpc.GetOrCreateWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        window=to_window(config, model_name, context_window_max),
        recent_messages_limit=recent_messages_limit or 0,
    )
    return operation.Operation(
        request,
        lambda response: (response.created, from_working_memory(response.working_memory)),
    )


@checked
def get(
    config: MemoryClientConfig,
    session_id: _types.Text,
    namespace: _types.Text | None = None,
    user_id: _types.Text | None = None,
    *,
    model_name: _types.Text | None = None,
    context_window_max: _types.Position | None = None,
    recent_messages_limit: _types.Count | None = None,
) -> operation.Operation[rpc.GetWorkingMemoryResponse, models.WorkingMemory]:
    """Read a session."""
    request = rpc.GetWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        window=to_window(config, model_name, context_window_max),
        recent_messages_limit=recent_messages_limit or 0,
    )
    return operation.Operation(
        request, lambda response: from_working_memory(response.working_memory)
    )


@checked
def look(
    config: MemoryClientConfig,
    session_id: _types.Text,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
) -> operation.Operation[rpc.GetWorkingMemoryResponse, working_memory_pb2.WorkingMemory]:
    """Read a session in the form of the contract, with its latest message only."""
    request = rpc.GetWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        recent_messages_limit=1,
    )
    return operation.Operation(request, lambda response: response.working_memory)


@checked
def replace(
    config: MemoryClientConfig,
    session_id: _types.Text,
    memory: Any,
    *,
    user_id: _types.Text | None = None,
    namespace: _types.Text | None = None,
    model_name: _types.Text | None = None,
    context_window_max: _types.Position | None = None,
    etag: _types.Text | None = None,
    request_id: _types.Text | None = None,
    keep_memories: bool = False,
) -> operation.Operation[rpc.SetWorkingMemoryResponse, models.WorkingMemory]:
    """Replace what a session shows."""
    memory = build(models.WorkingMemory, memory, "memory")
    session = to_working_memory(
        memory,
        session_id=_agree("session_id", session_id, memory.session_id) or "",
        namespace=config.namespace(_agree("namespace", namespace, memory.namespace)),
        user_id=config.user(_agree("user_id", user_id, memory.user_id)),
    )
    session.etag = etag or ""
    request = rpc.SetWorkingMemoryRequest(
        working_memory=session,
        window=to_window(config, model_name, context_window_max),
        request_id=request_id or "",
        forget=not keep_memories,
    )
    return operation.Operation(
        request, lambda response: from_working_memory(response.working_memory)
    )


@checked
def append(
    config: MemoryClientConfig,
    session_id: _types.Text,
    messages: Any,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    model_name: _types.Text | None,
    context_window_max: _types.Position | None,
    etag: _types.Text | None,
    request_id: _types.Text | None,
) -> operation.Operation[rpc.AppendMessagesResponse, models.AppendResult]:
    """Add messages to the end of a session."""
    request = rpc.AppendMessagesRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        messages=to_messages(messages),
        window=to_window(config, model_name, context_window_max),
        etag=etag or "",
        request_id=request_id or "",
    )
    return operation.Operation(request, from_appended)


@checked
def add_memories(
    config: MemoryClientConfig,
    session_id: _types.Text,
    memories: Any,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    replace: bool,
    etag: _types.Text | None,
    request_id: _types.Text | None,
) -> operation.Operation[rpc.AddMemoriesResponse, models.AddMemoriesResult]:
    """Place memories in a session."""
    policy = SessionMemoryPolicy
    request = rpc.AddMemoriesRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        memories=[
            records.to_memory(build(models.MemoryRecord, memory, f"memories[{n}]"))
            for n, memory in enumerate(items(memories, "memories"))
        ],
        policy=(
            policy.SESSION_MEMORY_POLICY_REPLACE if replace else policy.SESSION_MEMORY_POLICY_ADD
        ),
        etag=etag or "",
        request_id=request_id or "",
    )
    return operation.Operation(request, from_added)


@checked
def update(
    config: MemoryClientConfig,
    session_id: _types.Text,
    updates: Any,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    merge_strategy: _types.Text,
    etag: _types.Text | None = None,
    request_id: _types.Text | None = None,
) -> operation.Operation[rpc.UpdateWorkingMemoryResponse, models.WorkingMemory]:
    """Change the fields of a session that are named."""
    session = working_memory_pb2.WorkingMemory(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        etag=etag or "",
    )
    mask = apply_update(session, build(models.SessionUpdate, updates, "updates"))
    if not mask.paths:
        raise errors.invalid("updates", "names no field")
    request = rpc.UpdateWorkingMemoryRequest(
        working_memory=session,
        update_mask=mask,
        data_policy=_values.DATA_POLICIES.parse(merge_strategy, "merge_strategy"),
        request_id=request_id or "",
    )
    return operation.Operation(
        request, lambda response: from_working_memory(response.working_memory)
    )


@checked
def strategy_update(long_term_memory_strategy: Any) -> models.SessionUpdate:
    """Make the update that gives a session its strategy."""
    strategy = build(
        models.MemoryStrategyConfig, long_term_memory_strategy, "long_term_memory_strategy"
    )
    return models.SessionUpdate(long_term_memory_strategy=strategy)


@checked
def only_data(data: Any) -> models.WorkingMemory:
    """Make a session that shows data and nothing else."""
    if not isinstance(data, Mapping):
        raise errors.invalid("data", f"needs an object, not {type(data).__name__}")
    return models.WorkingMemory(data=dict(data))


@checked
def keeps(preserve_existing: bool) -> bool:
    """Read whether the rest of a session stays."""
    return preserve_existing


@checked
def fork(
    config: MemoryClientConfig,
    session_id: _types.Text,
    new_session_id: _types.Text,
    *,
    message_id: _types.Text | None,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    request_id: _types.Text | None,
) -> operation.Operation[rpc.ForkWorkingMemoryResponse, models.WorkingMemory]:
    """Copy a session."""
    request = rpc.ForkWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        new_session_id=new_session_id,
        message_id=message_id or "",
        request_id=request_id or "",
    )
    return operation.Operation(
        request, lambda response: from_working_memory(response.working_memory)
    )


@checked
def delete(
    config: MemoryClientConfig,
    session_id: _types.Text,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    etag: _types.Text | None,
    keep_memories: bool,
) -> operation.Operation[rpc.DeleteWorkingMemoryResponse, bool]:
    """Delete a session; answers whether there was one."""
    request = rpc.DeleteWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        etag=etag or "",
        forget=not keep_memories,
    )
    return operation.Operation(request, lambda response: response.deleted)


@checked
def page(
    config: MemoryClientConfig,
    *,
    limit: _types.Limit,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    token: str = "",
) -> operation.Operation[rpc.ListSessionsResponse, operation.Page[models.SessionInfo]]:
    """List one page of sessions."""
    request = rpc.ListSessionsRequest(
        namespace=config.default_namespace if namespace is None else namespace,
        user_id=config.default_user_id if user_id is None else user_id,
        page_size=min(limit, operation.LARGEST_PAGE),
        page_token=token,
    )
    return operation.Operation(
        request,
        lambda response: operation.Page(
            [from_session_summary(summary) for summary in response.sessions],
            response.next_page_token,
            response.total_size,
        ),
    )


@checked
def list_messages(
    config: MemoryClientConfig,
    session_id: _types.Text,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    limit: _types.Limit,
    after_sequence: _types.Position,
    descending: bool,
    cursor: _types.Text | None,
) -> operation.Operation[rpc.ListMessagesResponse, models.MessageListResponse]:
    """List a part of a session's log."""
    request = rpc.ListMessagesRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        after_sequence=after_sequence,
        page_size=min(limit, operation.LARGEST_PAGE),
        page_token=cursor or "",
        descending=descending,
    )
    return operation.Operation(
        request,
        lambda response: models.MessageListResponse(
            messages=[from_message(message) for message in response.messages],
            total=response.total_size,
            next_cursor=response.next_page_token or None,
        ),
    )


@checked
def watch(
    config: MemoryClientConfig,
    session_id: _types.Text,
    *,
    namespace: _types.Text | None,
    user_id: _types.Text | None,
    resume_token: _types.Text | None,
    checkpoints: bool,
    patience: _types.Patience,
) -> operation.Watch[rpc.WatchWorkingMemoryResponse, models.SessionChange]:
    """Watch a session."""
    request = rpc.WatchWorkingMemoryRequest(
        namespace=config.namespace(namespace),
        session_id=session_id,
        user_id=config.user(user_id),
        resume_token=resume_token or "",
    )
    return operation.Watch(
        request,
        from_session_change,
        patience,
        lambda response: checkpoints or response.HasField("change"),
    )


def to_window(
    config: MemoryClientConfig, model_name: str | None, context_window_max: int | None
) -> ContextWindow | None:
    """Choose the window of a call; a size or a model of the call itself beats the defaults."""
    if model_name is None and context_window_max is None:
        model_name = config.default_model_name
        context_window_max = config.default_context_window_max
    if model_name is None and context_window_max is None:
        return None
    return ContextWindow(model_name=model_name or "", max_tokens=context_window_max)


def to_working_memory(
    memory: models.WorkingMemory, *, session_id: str, namespace: str, user_id: str
) -> working_memory_pb2.WorkingMemory:
    """Convert a session, under the identity that the call resolved."""
    return working_memory_pb2.WorkingMemory(
        namespace=namespace,
        session_id=session_id,
        user_id=user_id,
        messages=to_messages(memory.messages),
        memories=[records.to_memory(record) for record in memory.memories],
        data=_values.to_struct(memory.data, "data"),
        context=memory.context or "",
        extraction=to_extraction(memory.long_term_memory_strategy),
        ttl=_values.to_optional_seconds(memory.ttl_seconds),
        time_zone=memory.time_zone or "",
        sliding_ttl=memory.sliding_ttl,
    )


def apply_update(
    session: working_memory_pb2.WorkingMemory, update: models.SessionUpdate
) -> FieldMask:
    """Set the new values; the mask names them, and those that are to be cleared."""
    strategy = update.long_term_memory_strategy
    session.MergeFrom(
        working_memory_pb2.WorkingMemory(
            data=_values.to_struct(update.data or {}, "updates.data"),
            context=update.context or "",
            extraction=to_extraction(strategy) if strategy else None,
            ttl=_values.to_optional_seconds(update.ttl_seconds),
            time_zone=update.time_zone or "",
            sliding_ttl=update.sliding_ttl or False,
        )
    )
    return FieldMask(paths=[_UPDATE_PATHS.get(n, n) for n in sorted(update.model_fields_set)])


def to_extraction(config: models.MemoryStrategyConfig) -> strategy_pb2.ExtractionConfig:
    """Convert the way in which messages become memories."""
    return strategy_pb2.ExtractionConfig(
        strategy=_values.STRATEGIES.parse(config.strategy, "strategy"),
        custom_prompt=config.config.custom_prompt or "",
        max_summary_words=config.config.max_summary_length or 0,
        language=config.config.language or "",
        index_messages=config.index_messages,
    )


def from_working_memory(session: working_memory_pb2.WorkingMemory) -> models.WorkingMemory:
    """Read a session."""
    usage = session.usage if session.HasField("usage") else None
    return models.WorkingMemory(
        session_id=session.session_id,
        namespace=session.namespace or None,
        user_id=session.user_id or None,
        messages=[from_message(message) for message in session.messages],
        memories=[records.from_memory(memory) for memory in session.memories],
        data=_values.from_struct(session.data),
        context=session.context or None,
        long_term_memory_strategy=_from_extraction(session.extraction),
        ttl_seconds=session.ttl.seconds if session.HasField("ttl") else None,
        sliding_ttl=session.sliding_ttl,
        forked_from=_from_origin(session),
        time_zone=session.time_zone or None,
        context_range=_from_range(session),
        expires_at=_values.from_timestamp(session, "expire_time"),
        created_at=_values.from_timestamp(session, "create_time"),
        updated_at=_values.from_timestamp(session, "update_time"),
        etag=session.etag or None,
        session_uid=session.session_uid or None,
        last_sequence=session.last_sequence,
        view_size=session.view_size,
        tokens=session.tokens,
        context_percentage_total_used=usage.total_percent if usage else None,
        context_percentage_until_summarization=(
            usage.until_summarization_percent if usage else None
        ),
    )


def _from_origin(session: working_memory_pb2.WorkingMemory) -> models.ForkOrigin | None:
    if not session.HasField("forked_from"):
        return None
    origin = session.forked_from
    return models.ForkOrigin(
        session_id=origin.session_id,
        session_uid=origin.session_uid,
        last_sequence=origin.last_sequence,
    )


def from_appended(response: rpc.AppendMessagesResponse) -> models.AppendResult:
    """Read what became of appended messages."""
    return models.AppendResult(
        messages=[from_message(message) for message in response.messages],
        new_message_count=response.new_message_count,
        last_sequence=response.last_sequence,
        etag=response.etag,
        session_uid=response.session_uid,
        created=response.created,
    )


def from_added(response: rpc.AddMemoriesResponse) -> models.AddMemoriesResult:
    """Read what became of memories placed in a session."""
    return models.AddMemoriesResult(
        memories=[records.from_memory(memory) for memory in response.memories],
        etag=response.etag,
        session_uid=response.session_uid,
    )


def from_session_change(answer: rpc.WatchWorkingMemoryResponse) -> models.SessionChange:
    """Read what a watcher is told."""
    change = answer.change
    return models.SessionChange(
        kind=_values.SESSION_CHANGES.name(change.kind),
        etag=change.etag or None,
        messages=[from_message(message) for message in change.messages],
        changed_at=_values.from_timestamp(change, "change_time"),
        resume_token=answer.resume_token,
    )


def from_session_summary(summary: working_memory_pb2.SessionSummary) -> models.SessionInfo:
    """Read a session of a listing."""
    return models.SessionInfo(
        session_id=summary.session_id,
        namespace=summary.namespace or None,
        user_id=summary.user_id or None,
        created_at=_values.from_timestamp(summary, "create_time"),
        updated_at=_values.from_timestamp(summary, "update_time"),
        expires_at=_values.from_timestamp(summary, "expire_time"),
        view_size=summary.view_size,
        last_sequence=summary.last_sequence,
    )


def _from_extraction(config: strategy_pb2.ExtractionConfig) -> models.MemoryStrategyConfig:
    options = models.StrategyOptions(
        custom_prompt=config.custom_prompt or None,
        max_summary_length=config.max_summary_words or None,
        language=config.language or None,
    )
    # The unspecified strategy is the discrete one, by contract.
    return models.MemoryStrategyConfig.model_validate(
        {
            "strategy": _values.STRATEGIES.name(config.strategy) or "discrete",
            "config": options,
            "index_messages": config.index_messages if config.HasField("index_messages") else None,
        }
    )


def _from_range(session: working_memory_pb2.WorkingMemory) -> models.SequenceRange | None:
    if not session.HasField("context_range"):
        return None
    return models.SequenceRange(first=session.context_range.first, last=session.context_range.last)


def _agree(name: str, of_call: str | None, of_memory: str | None) -> str | None:
    if of_call is not None and of_memory is not None and of_call != of_memory:
        raise errors.invalid(f"memory.{name}", f"is {of_memory!r}, but the call says {of_call!r}")
    return of_memory if of_call is None else of_call
