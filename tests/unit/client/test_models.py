"""What callers may write."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError
from ulid import ULID

from agent_memory_client import MemoryClient
from agent_memory_client.models import (
    ClientMemoryRecord,
    ExtractedMemoryRecord,
    MemoryMessage,
    MemoryRecord,
    MemoryRecordResults,
    MemoryTypeEnum,
    MemoryUpdate,
    PromptSectionReport,
    ToolCall,
    WorkingMemory,
)


def test_a_record_needs_only_its_text() -> None:
    """The id is a new ULID and the type semantic; each object has its own."""
    one, other = MemoryRecord(text="a"), MemoryRecord(text="a", id=None)  # type: ignore[arg-type] # null is what a caller may have
    assert ULID.from_str(one.id)
    assert one.id != other.id
    assert one.memory_type == "semantic"
    assert one.memory_type is MemoryTypeEnum.SEMANTIC
    assert ClientMemoryRecord is ExtractedMemoryRecord is MemoryRecord


def test_dates_are_read_and_kept_in_utc() -> None:
    """ISO texts, zones and naive times all become moments in UTC."""
    zone = timezone(timedelta(hours=2))
    for written in (
        "2019-06-15T00:00:00Z",
        "2019-06-15T02:00:00+02:00",
        datetime(2019, 6, 15),  # noqa: DTZ001
        datetime(2019, 6, 15, 2, tzinfo=zone),
    ):
        record = MemoryRecord(text="a", event_date=written)  # type: ignore[arg-type] # as callers may write it
        assert record.event_date == datetime(2019, 6, 15, tzinfo=UTC)
        assert record.event_date.tzinfo is UTC


@pytest.mark.parametrize("model", [MemoryRecord, MemoryUpdate])
@pytest.mark.parametrize(
    ("written", "zone", "start", "precision"),
    [
        ("2026-11-28", "Asia/Tokyo", "2026-11-27T15:00:00+00:00", "day"),
        (date(2026, 11, 28), "Asia/Tokyo", "2026-11-27T15:00:00+00:00", "day"),
        ("2026-11-28", None, "2026-11-28T00:00:00+00:00", "day"),
        ("2026-11-28T09:30", "America/New_York", "2026-11-28T14:30:00+00:00", None),
        ("2026-11-28T09:30Z", "America/New_York", "2026-11-28T09:30:00+00:00", None),
    ],
)
def test_a_day_alone_is_a_day_of_the_events_zone(
    model: type[MemoryRecord | MemoryUpdate],
    written: object,
    zone: str | None,
    start: str,
    precision: str | None,
) -> None:
    """A time without a zone is one of it too; a time with a zone is a moment wherever it is."""
    values = {"text": "a", "event_date": written, "event_time_zone": zone}
    record = model.model_validate(values)
    assert record.event_date == datetime.fromisoformat(start)
    assert ("event_precision" in record.model_fields_set) is (precision is not None)
    assert precision is None or record.event_precision == precision
    coarse = model.model_validate(values | {"event_precision": "month"})
    assert coarse.event_precision == "month"


@pytest.mark.parametrize("values", [{"txt": "a"}, {"text": "a", "memory_type": "vague"}])
def test_a_record_refuses_what_it_does_not_know(values: dict[str, Any]) -> None:
    """Misspelt fields and unknown types are errors."""
    with pytest.raises(ValidationError):
        MemoryRecord(**values)


def test_later_assignments_are_checked_too() -> None:
    """A field set after construction has to be valid as well."""
    memory = WorkingMemory()
    with pytest.raises(ValidationError):
        memory.ttl_seconds = 0


def test_absent_lists_are_empty() -> None:
    """None stands for nothing in every list and object."""
    memory = WorkingMemory(messages=None, memories=None, data=None)  # type: ignore[arg-type] # null is what a caller may have
    assert (memory.messages, memory.memories, memory.data) == ([], [], {})
    assert MemoryRecord(text="a", topics=None).topics == []  # type: ignore[arg-type] # null is what a caller may have
    assert MemoryRecordResults(memories=[], total=0) == MemoryRecordResults()


def test_a_message_keeps_its_identity_open() -> None:
    """Without id and time the server matches it with what is in view."""
    message = MemoryMessage(role="user", content="hi")
    assert (message.id, message.created_at) == (None, None)


def test_tool_calls_are_read_in_both_forms() -> None:
    """The nested form of chat APIs and the plain one mean the same."""
    nested = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    call = ToolCall.model_validate(nested)
    assert call == ToolCall(id="c", name="f", arguments="{}")
    assert call.as_openai() == nested


def test_a_model_is_shown_in_short() -> None:
    """What nobody set is left out, and of long values there is a beginning."""
    record = MemoryRecord(id="m", text="x" * 500, topics=["a", "b", "c", "d", "e"])
    shown = repr(record)
    assert "topics=['a', 'b', 'c', … 2 more]" in shown
    assert "user_id" not in shown
    assert len(shown) < 250
    assert repr(MemoryRecordResults(memories=[], total=7)) == "MemoryRecordResults(total=7)"
    report = PromptSectionReport(
        section="summary", tokens=9, cap=90, included=1, left_out_ids=[], duplicate_ids=[]
    )
    assert repr(report) == "PromptSectionReport(section='summary', tokens=9, cap=90, included=1)"
    dated = MemoryRecord(id="m", text="x", created_at=datetime(2026, 1, 2, 3, tzinfo=UTC))
    assert "created_at=2026-01-02 03:00:00+00:00" in repr(dated)
    assert repr(MemoryClient("http://a:1")) == "MemoryClient('http://a:1')"
