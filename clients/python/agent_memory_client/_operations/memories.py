"""Operations on memories by their ids: store, read, change and delete them."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.common.v1 import filter_pb2, memory_pb2, search_pb2
from agent_memory.long_term_memory.v1 import long_term_memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client import _types, _values, errors, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import records
from agent_memory_client._operations.operation import Operation
from agent_memory_client._status import from_status
from agent_memory_client._types import build, checked, items, texts

_LARGEST_BATCH = 500
_NEIGHBOURS = 5

Item = TypeVar("Item")

_PATHS = {
    "memory_type": "type",
    "event_date": "event_time",
    "event_precision": "event_time",
    "event_time_zone": "event_time",
    "expires_at": "expire_time",
    "sliding_ttl_seconds": "sliding_ttl",
}


@checked
def create(
    config: MemoryClientConfig,
    memories: Any,
    deduplicate: bool | _types.Text,
    request_id: _types.Text | None = None,
) -> list[Operation[rpc.CreateMemoriesResponse, list[models.CreateMemoryResult]]]:
    """Store memories, in calls of a size that the service takes."""
    policy = _policy(deduplicate)
    stored = [
        records.to_memory(
            build(models.MemoryRecord, memory, f"memories[{n}]"),
            namespace=config.namespace(None),
            user_id=config.user(None),
        )
        for n, memory in enumerate(items(memories, "memories"))
    ]
    requests = (
        rpc.CreateMemoriesRequest(
            memories=batch,
            deduplication=policy,
            request_id=f"{request_id}/{n}" if request_id and n else request_id or "",
        )
        for n, batch in enumerate(_batches(stored, _LARGEST_BATCH))
    )
    return [
        Operation(
            request,
            lambda response: [from_create_result(result) for result in response.results],
        )
        for request in requests
    ]


@checked
def bulk(
    memory_batches: Any,
    *,
    batch_size: _types.Limit,
    delay_between_batches: _types.Delay,
    deduplicate: bool | _types.Text,
) -> tuple[list[list[models.MemoryRecord]], float]:
    """Gather memories in batches of a size, and answer the delay between them."""
    _policy(deduplicate)
    gathered = [
        build(models.MemoryRecord, memory, f"memory_batches[{n}]")
        for n, group in enumerate(items(memory_batches, "memory_batches"))
        for memory in items(group, f"memory_batches[{n}]")
    ]
    batches = _batches(gathered, min(batch_size, _LARGEST_BATCH))
    return [list(batch) for batch in batches], delay_between_batches


@checked
def get(memory_id: _types.Text) -> Operation[rpc.GetMemoryResponse, models.MemoryRecord]:
    """Read a memory."""
    return Operation(
        rpc.GetMemoryRequest(memory_id=memory_id),
        lambda response: records.from_memory(response.memory),
    )


@checked
def batch_get(
    memory_ids: Any,
) -> list[Operation[rpc.BatchGetMemoriesResponse, models.BatchGetResult]]:
    """Read several memories, in calls of a size that the service takes."""
    return [
        _batch_get(batch) for batch in _batches(texts(memory_ids, "memory_ids"), _LARGEST_BATCH)
    ]


def _batch_get(
    memory_ids: Sequence[str],
) -> Operation[rpc.BatchGetMemoriesResponse, models.BatchGetResult]:
    return Operation(
        rpc.BatchGetMemoriesRequest(memory_ids=memory_ids),
        lambda response: from_batch(memory_ids, response),
    )


@checked
def edit(
    memory_id: _types.Text,
    updates: Any,
    *,
    etag: _types.Text | None,
    reason: _types.Text | None,
    request_id: _types.Text | None,
) -> Operation[rpc.UpdateMemoryResponse, models.MemoryRecord]:
    """Change the fields of a memory that are named."""
    request = to_update(memory_id, build(models.MemoryUpdate, updates, "updates"))
    request.memory.etag = etag or ""
    request.reason = reason or ""
    request.request_id = request_id or ""
    return Operation(request, lambda response: records.from_memory(response.memory))


@checked
def delete(
    memory_ids: Any, reason: _types.Text | None
) -> list[Operation[rpc.DeleteMemoriesResponse, list[str]]]:
    """Delete memories, in calls of a size that the service takes."""
    requests = (
        rpc.DeleteMemoriesRequest(memory_ids=batch, reason=reason or "")
        for batch in _batches(texts(memory_ids, "memory_ids"), _LARGEST_BATCH)
    )
    return [Operation(request, lambda response: list(response.deleted_ids)) for request in requests]


def choice(memory_ids: Any) -> set[str] | None:
    """Read which of a session's memories are meant; none for all of them."""
    return None if memory_ids is None else set(texts(memory_ids, "memory_ids"))


def placed_in(session: working_memory_pb2.WorkingMemory) -> dict[str, memory_pb2.Memory]:
    """List the memories of a session with the owner that they will be stored under, by id."""
    return {memory.id: _owned(memory, session) for memory in session.memories}


def not_stored(
    memories: dict[str, memory_pb2.Memory],
) -> Operation[rpc.BatchGetMemoriesResponse, list[memory_pb2.Memory]]:
    """Find those of the memories that are not stored under their ids."""
    return Operation(
        rpc.BatchGetMemoriesRequest(memory_ids=memories),
        lambda response: [
            memory
            for memory, item in zip(memories.values(), response.items, strict=True)
            if not item.HasField("memory")
        ],
    )


def is_duplicate(memory: memory_pb2.Memory) -> Operation[rpc.SearchMemoriesResponse, bool]:
    """Look for the same words of the same owner: a duplicate never gets an id of its own."""
    same_owner = filter_pb2.MemoryFilter(
        user_id=filter_pb2.TagFilter(eq=memory.user_id),
        namespace=filter_pb2.TagFilter(eq=memory.namespace),
        type=filter_pb2.TypeFilter(any=[memory.type] if memory.type else []),
    )
    query = search_pb2.SearchQuery(
        text=memory.text,
        mode=search_pb2.SearchMode.SEARCH_MODE_SEMANTIC,
        filter=same_owner,
        untracked=True,
    )
    words = memory.text.casefold().split()
    return Operation(
        rpc.SearchMemoriesRequest(query=query, page_size=_NEIGHBOURS),
        lambda response: any(hit.memory.text.casefold().split() == words for hit in response.hits),
    )


def to_update(memory_id: str, update: models.MemoryUpdate) -> rpc.UpdateMemoryRequest:
    """Make the request whose mask names what is given; what is given as none is cleared.

    Raises:
        MemoryValidationError: Nothing is given, or a precision without its date.
    """
    given = update.model_fields_set
    if not given:
        raise errors.invalid("updates", "names no field")
    for name in ("event_precision", "event_time_zone"):
        if name in given and update.event_date is None:
            raise errors.invalid(f"updates.{name}", "needs event_date beside it")
    return rpc.UpdateMemoryRequest(
        memory=_changed(memory_id, update),
        update_mask=FieldMask(paths=sorted({_PATHS.get(name, name) for name in given})),
    )


def _changed(memory_id: str, update: models.MemoryUpdate) -> memory_pb2.Memory:
    return memory_pb2.Memory(
        id=memory_id,
        text=update.text or "",
        type=_values.MEMORY_TYPES.parse_optional(update.memory_type, "updates.memory_type"),
        namespace=update.namespace or "",
        user_id=update.user_id or "",
        session_id=update.session_id or "",
        topics=update.topics or (),
        entities=update.entities or (),
        event_time=records.to_event_time(
            update.event_date,
            update.event_precision or models.TimePrecision.INSTANT,
            update.event_time_zone,
        ),
        pinned=bool(update.pinned),
        standing=bool(update.standing),
        metadata=_values.to_struct(update.metadata, "updates.metadata")
        if update.metadata
        else None,
        context=update.context or "",
        validity=records.to_validity(update.validity),
        expire_time=_values.to_optional_timestamp(update.expires_at),
        sliding_ttl=_values.to_optional_seconds(update.sliding_ttl_seconds),
        slot=update.slot or "",
        language=update.language or "",
        claims=records.to_claims(update.claims or ()),
    )


def from_create_result(
    result: long_term_memory_pb2.CreateMemoryResult,
) -> models.CreateMemoryResult:
    """Read what became of one memory."""
    return models.CreateMemoryResult(
        outcome=_values.CREATE_OUTCOMES.name(result.outcome),
        memory_id=result.memory_id or None,
        related_memory_ids=list(result.related_memory_ids),
        memory=records.from_memory(result.memory) if result.HasField("memory") else None,
        error=from_status(result.error) if result.HasField("error") else None,
    )


def from_batch(
    memory_ids: Sequence[str], response: rpc.BatchGetMemoriesResponse
) -> models.BatchGetResult:
    """Read several memories, each or why there is none."""
    items = list(zip(memory_ids, response.items, strict=True))
    return models.BatchGetResult(
        memories=[records.from_memory(item.memory) for _, item in items if item.HasField("memory")],
        errors={
            memory_id: from_status(item.error)
            for memory_id, item in items
            if item.HasField("error")
        },
    )


def _owned(
    memory: memory_pb2.Memory, session: working_memory_pb2.WorkingMemory
) -> memory_pb2.Memory:
    """Copy a memory with the owner and namespace that it will be stored under."""
    owned = memory_pb2.Memory()
    owned.CopyFrom(memory)
    owned.user_id = memory.user_id or session.user_id
    owned.namespace = memory.namespace or session.namespace
    return owned


def _batches(given: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a list into runs of at most a size."""
    return (given[start : start + size] for start in range(0, len(given), size))


def _policy(deduplicate: bool | str) -> long_term_memory_pb2.DeduplicationPolicy.ValueType:
    if deduplicate is True:
        return long_term_memory_pb2.DeduplicationPolicy.DEDUPLICATION_POLICY_UNSPECIFIED
    return _values.DEDUPLICATION_POLICIES.parse(deduplicate or "none", "deduplicate")
