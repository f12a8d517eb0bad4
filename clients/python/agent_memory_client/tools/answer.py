"""What a tool answers, for the application and for the model."""

from typing import Any, NamedTuple

from agent_memory_client.models.memories import MemoryRecord

_SHOWN = {
    "id",
    "text",
    "memory_type",
    "topics",
    "entities",
    "event_date",
    "created_at",
    "score",
}


class ToolAnswer(NamedTuple):
    """A JSON value, and the same in words."""

    result: Any
    text: str


def as_json(record: MemoryRecord) -> dict[str, Any]:
    """A memory as a model needs it."""
    return record.model_dump(mode="json", include=_SHOWN, exclude_none=True)


def in_words(record: MemoryRecord) -> str:
    """A memory in one line, with the id by which it can be edited."""
    when = f", {record.event_date:%Y-%m-%d}" if record.event_date else ""
    return f"- {record.text} ({record.memory_type}{when}; id: {record.id})"
