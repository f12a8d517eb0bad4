"""Tools over long-term memory."""

from typing import Any

from agent_memory_client.calls import MemoryCalls
from agent_memory_client.errors import MemoryNotFoundError
from agent_memory_client.models.lifecycle import CreateMemoryResult
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.tools import arguments
from agent_memory_client.tools.answer import ToolAnswer, as_json, in_words
from agent_memory_client.tools.scope import ToolScope

_NARROWING = ("user_id", "memory_type")
_NARROWING_TO_ONE_OF = ("topics", "entities")


async def search_memory(
    client: MemoryCalls, scope: ToolScope, asked: arguments.SearchMemory
) -> ToolAnswer:
    """Find memories within the scope."""
    narrowing: dict[str, Any] = {
        name: value for name in _NARROWING if (value := getattr(asked, name)) is not None
    }
    for name in _NARROWING_TO_ONE_OF:
        if values := getattr(asked, name):
            narrowing[name] = {"any": values}
    found = await client.search_long_term_memory(
        asked.query,
        filters=scope.filters(narrowing),
        search_mode=asked.search_mode,
        min_score=asked.min_relevance,
        limit=asked.max_results,
        offset=asked.offset,
    )
    memories = [as_json(memory) for memory in found.memories]
    more = found.next_offset is not None
    result = {"memories": memories, "has_more": more, "next_offset": found.next_offset}
    if not memories:
        return ToolAnswer(result, "Nothing that is remembered matches.")
    lines = [in_words(memory) for memory in found.memories]
    if more:
        lines.append(f"There is more from offset {found.next_offset} on.")
    return ToolAnswer(result, "\n".join(lines))


async def get_memory(
    client: MemoryCalls, scope: ToolScope, asked: arguments.GetMemory
) -> ToolAnswer:
    """Read a memory within the scope."""
    record = await _within_reach(client, scope, asked.memory_id)
    return ToolAnswer({"memory": as_json(record)}, in_words(record))


async def create_memories(
    client: MemoryCalls, scope: ToolScope, asked: arguments.CreateMemories
) -> ToolAnswer:
    """Store memories of the scope's owner."""
    records = [scope.own(**memory.model_dump(exclude_none=True)) for memory in asked.memories]
    created = await client.create_long_term_memories(records)
    outcomes = [
        {"memory_id": item.memory_id, "outcome": item.outcome, "text": record.text}
        for record, item in zip(records, created.results, strict=True)
    ]
    lines = [
        _outcome_in_words(record, item)
        for record, item in zip(records, created.results, strict=True)
    ]
    return ToolAnswer({"memories": outcomes}, "\n".join(lines))


async def edit_memory(
    client: MemoryCalls, scope: ToolScope, asked: arguments.EditMemory
) -> ToolAnswer:
    """Change a memory within the scope, as long as it is the one that was checked."""
    record = await _within_reach(client, scope, asked.memory_id)
    updates = asked.model_dump(exclude={"memory_id"}, exclude_none=True)
    edited = await client.edit_long_term_memory(record.id, updates, etag=record.etag)
    return ToolAnswer({"memory": as_json(edited)}, f"Changed:\n{in_words(edited)}")


async def delete_memories(
    client: MemoryCalls, scope: ToolScope, asked: arguments.DeleteMemories
) -> ToolAnswer:
    """Delete those memories that are within the scope."""
    found = await client.batch_get_long_term_memories(asked.memory_ids)
    for error in found.errors.values():
        if not isinstance(error, MemoryNotFoundError):
            raise error
    reachable = [record.id for record in found.memories if scope.admits(record)]
    deleted = (await client.delete_long_term_memories(reachable)).deleted_ids
    missing = [memory_id for memory_id in asked.memory_ids if memory_id not in deleted]
    text = f"Deleted {len(deleted)}." + (f" Not found: {', '.join(missing)}." if missing else "")
    return ToolAnswer({"deleted": deleted, "not_found": missing}, text)


async def _within_reach(client: MemoryCalls, scope: ToolScope, memory_id: str) -> MemoryRecord:
    """A memory; one outside the scope is as absent as one that does not exist."""
    try:
        record = await client.get_long_term_memory(memory_id)
    except MemoryNotFoundError:
        record = None
    if record is None or not scope.admits(record):
        raise MemoryNotFoundError(f"there is no memory {memory_id}")
    return record


def _outcome_in_words(record: MemoryRecord, result: CreateMemoryResult) -> str:
    if result.error is not None:
        return f"- not stored: {record.text} ({result.error.message})"
    return f"- {result.outcome}: {record.text} (id: {result.memory_id})"
