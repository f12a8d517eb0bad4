"""Memories by id, through the client."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryConflictError,
    MemoryNotFoundError,
    MemoryPermissionError,
    MemoryRecord,
    MemoryResourceExhaustedError,
    MemoryValidationError,
)
from tests.contract.client.services.running import Services


async def test_create_answers_ids_and_outcomes(client: MemoryAPIClient) -> None:
    """Each record has its outcome; a rejected one hinders nobody and can be raised."""
    records = [
        MemoryRecord(text="Alice likes tea", user_id="alice"),
        MemoryRecord(text="Alice likes tea", user_id="alice"),
        MemoryRecord(text="reject me"),
    ]
    result = await client.create_long_term_memories(records)
    assert [item.outcome for item in result.results] == ["created", "duplicate", "rejected"]
    assert result.ids == [records[0].id, records[0].id]
    assert result.rejected[0].error is not None
    assert result.rejected[0].error.reason == "STORE_FULL"
    with pytest.raises(MemoryResourceExhaustedError, match="no room"):
        result.raise_for_rejected()


async def test_nothing_to_create_is_no_call(client: MemoryAPIClient, services: Services) -> None:
    """An empty batch answers an empty result."""
    assert (await client.create_long_term_memories([])).results == []
    assert services.recorder.received == []


async def test_the_callers_records_are_left_alone(services: Services) -> None:
    """Defaults of the client fill the request, not the objects."""
    record = MemoryRecord(text="a fact")
    before = record.model_copy(deep=True)
    async with MemoryAPIClient(
        base_url=services.url, default_namespace="home", default_user_id="alice"
    ) as client:
        await client.create_long_term_memories([record])
    stored = services.long_term_memory.memories[record.id]
    assert (stored.namespace, stored.user_id) == ("home", "alice")
    assert record == before


async def test_a_large_batch_goes_in_several_calls(
    client: MemoryAPIClient, services: Services
) -> None:
    """Each call has its own request id, and the results come back as one."""
    records = [MemoryRecord(text=f"fact {number}") for number in range(501)]
    result = await client.create_long_term_memories(records, request_id="mine")
    calls = services.recorder.calls("CreateMemories")
    assert [len(call.request.memories) for call in calls] == [500, 1]
    assert [call.request.request_id for call in calls] == ["mine", "mine/1"]
    assert result.ids == [record.id for record in records]


async def test_bulk_creation_bounds_each_call(client: MemoryAPIClient, services: Services) -> None:
    """Batches are cut to size, whatever groups they come in."""
    groups = [[{"text": "a"}, {"text": "b"}], [{"text": "c"}]]
    results = await client.bulk_create_long_term_memories(groups, batch_size=2)
    assert [len(result.results) for result in results] == [2, 1]
    assert len(services.long_term_memory.memories) == 3


@pytest.mark.parametrize(
    ("given", "sent"), [(True, 0), (False, 1), ("none", 1), ("exact", 2), ("consolidate", 3)]
)
async def test_deduplication_is_chosen_by_name(
    client: MemoryAPIClient, services: Services, given: Any, sent: int
) -> None:
    """True leaves the choice to the server, false stores everything."""
    await client.create_long_term_memories([{"text": "a"}], deduplicate=given)
    (call,) = services.recorder.calls("CreateMemories")
    assert call.request.deduplication == sent


async def test_a_malformed_memory_is_named_by_its_position(client: MemoryAPIClient) -> None:
    """The error names the record and the field."""
    with pytest.raises(MemoryValidationError, match=r"memories\[1\]\.txt"):
        await client.create_long_term_memories([{"text": "a"}, {"text": "b", "txt": "c"}])


async def test_get_answers_every_field(client: MemoryAPIClient) -> None:
    """A stored memory comes back as it was given, with the server's fields."""
    record = MemoryRecord(
        text="User completed MBA at Stanford in 2019",
        memory_type="episodic",  # type: ignore[arg-type] # as callers may write it
        event_date="2019-06-15T00:00:00Z",  # type: ignore[arg-type] # as callers may write it
        topics=["education"],
        metadata={"score": 3, "nested": {"list": [1, 2.5, None]}},
    )
    await client.create_long_term_memories([record])
    read = await client.get_long_term_memory(record.id)
    assert read.event_date == datetime(2019, 6, 15, tzinfo=UTC)
    assert (read.memory_type, read.topics) == ("episodic", ["education"])
    assert read.metadata == record.metadata
    assert read.created_at is not None


async def test_what_is_not_there_is_not_found(client: MemoryAPIClient) -> None:
    """The error carries code, reason and the id."""
    with pytest.raises(MemoryNotFoundError) as raised:
        await client.get_long_term_memory("nothing")
    assert raised.value.reason == "MEMORY_NOT_FOUND"
    assert raised.value.metadata == {"memory_id": "nothing"}


async def test_batch_get_answers_each_or_why_not(client: MemoryAPIClient) -> None:
    """Missing ones are errors of their own, beside those that were found."""
    record = MemoryRecord(text="here")
    await client.create_long_term_memories([record])
    found = await client.batch_get_long_term_memories(["nothing", record.id])
    assert [memory.text for memory in found.memories] == ["here"]
    assert isinstance(found.errors["nothing"], MemoryNotFoundError)


async def test_edit_changes_what_it_names_and_clears_with_none(client: MemoryAPIClient) -> None:
    """Fields left out stay; none empties a field; precision and date go together."""
    record = MemoryRecord(text="old", topics=["a"], entities=["e"], slot="user/x")
    await client.create_long_term_memories([record])
    edited = await client.edit_long_term_memory(
        memory_id=record.id,
        updates={
            "text": "new",
            "topics": ["b", "c"],
            "slot": None,
            "memory_type": "episodic",
            "event_date": "2024-02-01",
            "event_precision": "month",
        },
    )
    assert (edited.text, edited.topics, edited.entities) == ("new", ["b", "c"], ["e"])
    assert (edited.slot, edited.memory_type, edited.event_precision) == (None, "episodic", "month")


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ({"txt": "typo"}, r"updates\.txt"),
        ({"memory_type": "vague"}, r"updates\.memory_type"),
        ({"event_precision": "day"}, r"updates\.event_precision"),
        ({}, "names no field"),
    ],
)
async def test_an_edit_refuses_what_it_does_not_know(
    client: MemoryAPIClient, updates: dict[str, Any], message: str
) -> None:
    """Unknown fields and wrong values are refused before any call."""
    with pytest.raises(MemoryValidationError, match=message):
        await client.edit_long_term_memory("m", updates)


async def test_an_edit_with_a_stale_etag_is_a_conflict(client: MemoryAPIClient) -> None:
    """Two editors cannot overwrite one another unseen."""
    record = MemoryRecord(text="old")
    await client.create_long_term_memories([record])
    first = await client.get_long_term_memory(record.id)
    await client.edit_long_term_memory(record.id, {"text": "mine"}, etag=first.etag)
    with pytest.raises(MemoryConflictError):
        await client.edit_long_term_memory(record.id, {"text": "yours"}, etag=first.etag)


async def test_delete_answers_what_is_gone(client: MemoryAPIClient) -> None:
    """What did not exist is no error, and nothing to delete is no call."""
    record = MemoryRecord(text="old")
    await client.create_long_term_memories([record])
    result = await client.delete_long_term_memories([record.id, "nothing"])
    assert result.deleted_ids == [record.id]
    assert (await client.delete_long_term_memories([])).deleted_ids == []
    assert (await client.delete_long_term_memory(record.id)).deleted_ids == []


async def test_forgetting_is_a_dry_run_unless_told(client: MemoryAPIClient) -> None:
    """By default nothing goes; kept ids stay even when it is meant."""
    records = [MemoryRecord(text=f"fact {n}", user_id="alice") for n in range(3)]
    await client.create_long_term_memories(records)
    planned = await client.forget_long_term_memories({"max_age_days": 1}, user_id="alice")
    done = await client.forget_long_term_memories(
        {"max_age_days": 1}, user_id="alice", dry_run=False, pinned_ids=[records[0].id]
    )
    assert (planned.dry_run, planned.deleted, planned.scanned) == (True, 3, 3)
    assert (done.dry_run, done.deleted) == (False, 2)
    assert done.forgotten[0].reason == "age"
    assert await client.count_long_term_memories(user_id="alice") == 1


async def test_memories_of_a_filter_are_changed_and_deleted_in_batches(
    client: MemoryAPIClient,
) -> None:
    """By default nothing happens; what was done in several calls is one report."""
    records = [MemoryRecord(text=f"fact {n}", user_id="alice") for n in range(5)]
    await client.create_long_term_memories(records)
    planned = await client.update_long_term_memories_by_filter({"pinned": True}, user_id="alice")
    assert (planned.dry_run, planned.matched, planned.done) == (True, 5, 0)
    done = await client.update_long_term_memories_by_filter(
        {"pinned": True}, user_id="alice", dry_run=False, batch_size=2
    )
    assert (done.dry_run, done.matched, done.done, len(done.sample_ids)) == (False, 5, 5, 5)
    assert done.skipped_ids == ["taken"] * 3
    assert await client.count_long_term_memories(pinned=True) == 5
    assert (await client.delete_long_term_memories_by_filter(user_id="alice")).matched == 5
    gone = await client.delete_long_term_memories_by_filter(
        user_id="alice", dry_run=False, batch_size=2
    )
    assert (gone.done, await client.count_long_term_memories()) == (5, 0)


async def test_history_revert_and_compaction(client: MemoryAPIClient) -> None:
    """A memory's revisions are listed, a change taken back, and compaction reports."""
    record = MemoryRecord(text="fact")
    await client.create_long_term_memories([record])
    (revision,) = (await client.list_memory_revisions(record.id)).revisions
    (reverted,) = await client.revert_long_term_memory(record.id, revision.revision_id)
    report = await client.compact_long_term_memories()
    assert (revision.cause, revision.before, revision.after) == ("create", None, reverted)
    assert report.considered == 1


async def test_memories_move_as_they_are_made(client: MemoryAPIClient) -> None:
    """From any iterable, and out again with all that they were."""
    made = [MemoryRecord(text=f"fact {number}", access_count=number) for number in range(20)]

    def some() -> Iterator[MemoryRecord]:
        yield from made

    assert (await client.import_long_term_memories(some())).created == 20
    out = [memory async for part in client.export_long_term_memories() for memory in part.memories]
    assert [(memory.id, memory.access_count) for memory in reversed(out)] == [
        (memory.id, memory.access_count) for memory in made
    ]


@pytest.mark.parametrize("client", ["asynchronous"], indirect=True)
async def test_memories_may_come_from_an_asynchronous_iterable(client: MemoryAPIClient) -> None:
    """Which belongs to the loop of the call."""

    async def some() -> AsyncIterator[dict[str, str]]:
        for number in range(3):
            yield {"text": f"fact {number}"}

    assert (await client.import_long_term_memories(some())).created == 3


async def test_an_import_that_is_refused_unread_says_why(
    client: MemoryAPIClient, services: Services
) -> None:
    """Although the call may end while a memory is sent, for which gRPC has a status of its own."""
    services.long_term_memory.takes_imports = False
    for _ in range(200):
        with pytest.raises(MemoryPermissionError) as raised:
            await client.import_long_term_memories({"text": "fact" * 200} for _ in range(20))
        assert raised.value.reason == "ACCESS_DENIED"


async def test_an_error_of_the_memories_themselves_is_raised(client: MemoryAPIClient) -> None:
    """As it is, where it is the caller's own, and with the position of what is no memory."""

    def broken() -> Iterator[dict[str, str]]:
        yield {"text": "fact"}
        raise ValueError("the file ends in the middle")

    with pytest.raises(ValueError, match="ends in the middle"):
        await client.import_long_term_memories(broken())
    with pytest.raises(MemoryValidationError) as raised:
        await client.import_long_term_memories([{"text": "fact"}, {"text": 5}])
    assert [each.field for each in raised.value.field_violations] == ["memories[1].text"]
