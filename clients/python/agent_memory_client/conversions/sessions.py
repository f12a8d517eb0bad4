"""Sessions of working memory."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1 import strategy_pb2
from agent_memory.working_memory.v1 import service_pb2, working_memory_pb2
from agent_memory_client.conversions.enums import SESSION_CHANGES, STRATEGIES
from agent_memory_client.conversions.memories import from_memory, to_memory
from agent_memory_client.conversions.messages import from_message, to_messages
from agent_memory_client.conversions.scalars import (
    from_struct,
    from_timestamp,
    to_duration,
    to_struct,
)
from agent_memory_client.models.sessions import (
    AddMemoriesResult,
    AppendResult,
    MemoryStrategyConfig,
    SequenceRange,
    SessionChange,
    SessionInfo,
    SessionUpdate,
    StrategyOptions,
    WorkingMemory,
)

_UPDATE_PATHS = {"ttl_seconds": "ttl", "long_term_memory_strategy": "extraction"}


def to_working_memory(
    memory: WorkingMemory, *, session_id: str, namespace: str, user_id: str
) -> working_memory_pb2.WorkingMemory:
    """A session for the server, under the identity that the call resolved."""
    return working_memory_pb2.WorkingMemory(
        namespace=namespace,
        session_id=session_id,
        user_id=user_id,
        messages=to_messages(memory.messages),
        memories=[to_memory(record) for record in memory.memories],
        data=to_struct(memory.data, "data"),
        context=memory.context or "",
        extraction=to_extraction(memory.long_term_memory_strategy),
        ttl=_to_ttl(memory.ttl_seconds),
        time_zone=memory.time_zone or "",
    )


def apply_update(session: working_memory_pb2.WorkingMemory, update: SessionUpdate) -> FieldMask:
    """Set the new values; the mask names them, and those that are to be cleared."""
    strategy = update.long_term_memory_strategy
    session.MergeFrom(
        working_memory_pb2.WorkingMemory(
            data=to_struct(update.data or {}, "updates.data"),
            context=update.context or "",
            extraction=to_extraction(strategy) if strategy else None,
            ttl=_to_ttl(update.ttl_seconds),
            time_zone=update.time_zone or "",
        )
    )
    return FieldMask(paths=[_UPDATE_PATHS.get(n, n) for n in sorted(update.model_fields_set)])


def to_extraction(config: MemoryStrategyConfig) -> strategy_pb2.ExtractionConfig:
    """How messages become memories."""
    return strategy_pb2.ExtractionConfig(
        strategy=STRATEGIES.parse(config.strategy, "strategy"),
        custom_prompt=config.config.custom_prompt or "",
        max_summary_words=config.config.max_summary_length or 0,
    )


def from_working_memory(session: working_memory_pb2.WorkingMemory) -> WorkingMemory:
    """A session from the server."""
    usage = session.usage if session.HasField("usage") else None
    return WorkingMemory(
        session_id=session.session_id,
        namespace=session.namespace or None,
        user_id=session.user_id or None,
        messages=[from_message(message) for message in session.messages],
        memories=[from_memory(memory) for memory in session.memories],
        data=from_struct(session.data),
        context=session.context or None,
        long_term_memory_strategy=_from_extraction(session.extraction),
        ttl_seconds=session.ttl.seconds if session.HasField("ttl") else None,
        time_zone=session.time_zone or None,
        context_range=_from_range(session),
        expires_at=from_timestamp(session, "expire_time"),
        created_at=from_timestamp(session, "create_time"),
        updated_at=from_timestamp(session, "update_time"),
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


def from_appended(response: service_pb2.AppendMessagesResponse) -> AppendResult:
    """What became of appended messages."""
    return AppendResult(
        messages=[from_message(message) for message in response.messages],
        new_message_count=response.new_message_count,
        last_sequence=response.last_sequence,
        etag=response.etag,
        session_uid=response.session_uid,
        created=response.created,
    )


def from_added(response: service_pb2.AddMemoriesResponse) -> AddMemoriesResult:
    """What became of memories placed in a session."""
    return AddMemoriesResult(
        memories=[from_memory(memory) for memory in response.memories],
        etag=response.etag,
        session_uid=response.session_uid,
    )


def from_session_change(answer: service_pb2.WatchWorkingMemoryResponse) -> SessionChange:
    """What a watcher is told."""
    change = answer.change
    return SessionChange(
        kind=SESSION_CHANGES.name(change.kind),
        etag=change.etag or None,
        messages=[from_message(message) for message in change.messages],
        changed_at=from_timestamp(change, "change_time"),
        resume_token=answer.resume_token,
    )


def from_session_summary(summary: working_memory_pb2.SessionSummary) -> SessionInfo:
    """A session in a listing."""
    return SessionInfo(
        session_id=summary.session_id,
        namespace=summary.namespace or None,
        user_id=summary.user_id or None,
        created_at=from_timestamp(summary, "create_time"),
        updated_at=from_timestamp(summary, "update_time"),
        expires_at=from_timestamp(summary, "expire_time"),
        view_size=summary.view_size,
        last_sequence=summary.last_sequence,
    )


def _to_ttl(seconds: int | None) -> Duration | None:
    return None if seconds is None else to_duration(timedelta(seconds=seconds))


def _from_extraction(config: strategy_pb2.ExtractionConfig) -> MemoryStrategyConfig:
    options = StrategyOptions(
        custom_prompt=config.custom_prompt or None,
        max_summary_length=config.max_summary_words or None,
    )
    # The unspecified strategy is the discrete one, by contract.
    return MemoryStrategyConfig.model_validate(
        {"strategy": STRATEGIES.name(config.strategy) or "discrete", "config": options}
    )


def _from_range(session: working_memory_pb2.WorkingMemory) -> SequenceRange | None:
    if not session.HasField("context_range"):
        return None
    return SequenceRange(first=session.context_range.first, last=session.context_range.last)
