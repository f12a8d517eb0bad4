"""Jobs, previews, summary views and erasing through the client."""

from datetime import timedelta

import grpc
import pytest

from agent_memory.extraction.v1 import extraction_pb2 as types
from agent_memory_client import (
    MemoryAPIClient,
    MemoryNotFoundError,
    MemoryRecord,
    MemoryValidationError,
    SummaryView,
)
from tests.contract.client.services.refusal import refusal
from tests.contract.client.services.running import Services

SECOND = timedelta(seconds=1)


async def test_jobs_are_read_listed_retried_and_cancelled(
    client: MemoryAPIClient, services: Services
) -> None:
    """States and reasons are names, and a job that is not there is not found."""
    services.extraction.jobs["j"] = types.Job(
        id="j",
        kind=types.JOB_KIND_EXTRACTION,
        state=types.JOB_STATE_FAILED,
        error=refusal(grpc.StatusCode.UNAVAILABLE, "MODEL_UNAVAILABLE"),
    )
    job = await client.get_job("j")
    assert (job.kind, job.state) == ("extraction", "failed")
    assert job.error is not None
    assert (job.error.code, job.error.reason) == ("UNAVAILABLE", "MODEL_UNAVAILABLE")
    assert [j.id for j in (await client.list_jobs(state="failed")).jobs] == ["j"]
    assert (await client.list_jobs(state="running")).jobs == []
    assert (await client.retry_job("j")).state == "pending"
    assert (await client.cancel_job("j")).state == "cancelled"
    with pytest.raises(MemoryNotFoundError):
        await client.get_job("nothing")


async def test_a_job_names_what_it_left_out(client: MemoryAPIClient, services: Services) -> None:
    """Messages by their position, placed memories by their id, each with the reason."""
    refused = refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", message="no time")
    services.extraction.jobs["j"] = types.Job(
        id="j",
        state=types.JOB_STATE_SUCCEEDED,
        skipped=[
            types.SkippedItem(message_id="m2", sequence=2, error=refused),
            types.SkippedItem(memory_id="m", error=refused),
        ],
    )
    message, memory = (await client.get_job("j")).skipped
    assert (message.message_id, message.sequence, message.memory_id) == ("m2", 2, None)
    assert (memory.message_id, memory.sequence, memory.memory_id) == (None, None, "m")
    assert (memory.error.code, memory.error.message) == ("INVALID_ARGUMENT", "no time")


async def test_a_caller_reads_who_it_is(client: MemoryAPIClient) -> None:
    """Limits are lists, and `None` where there are none."""
    found = await client.get_principal()
    assert (found.tenant, found.subject, found.access) == ("acme", "key:one", "writer")
    assert (found.users, found.namespaces) == (["alice", "bob"], None)


async def test_figures_of_a_tenant_are_read(client: MemoryAPIClient) -> None:
    """What nobody knows is `None`, and not zero."""
    found = await client.get_statistics()
    first, second = found.periods
    assert (first.succeeded_jobs, first.mean_lag, first.max_lag) == (3, 2 * SECOND, 4 * SECOND)
    assert (second.failed_jobs, second.max_lag, second.models) == (1, None, [])
    assert [(each.input_tokens, each.cost_dollars) for each in first.models] == [
        (900, 0.5),
        (0, None),
    ]
    assert (found.backlog.pending_jobs, found.backlog.oldest_due) == (7, 9 * SECOND)
    assert found.token_budget is not None
    assert found.token_budget.limit_tokens == 5000
    assert (await client.get_statistics("minute")).period_length == 60 * SECOND
    with pytest.raises(MemoryValidationError, match="'day' is none of minute, hour"):
        await client.get_statistics("day")


async def test_previews_store_nothing(client: MemoryAPIClient, services: Services) -> None:
    """Extraction and summaries of given messages come back directly."""
    messages = [{"role": "user", "content": "I like tea"}]
    preview = await client.preview_extraction(messages, {"strategy": "preferences"})
    summary = await client.summarize_messages(messages, previous_summary="So far.")
    assert [memory.text for memory in preview.memories] == ["I like tea"]
    assert (preview.extractor, summary) == ("echo", "So far. I like tea")
    assert services.long_term_memory.memories == {}


async def test_summary_views_live_and_die(client: MemoryAPIClient) -> None:
    """A view comes back as it was given, changes in part, and is deleted once."""
    view = SummaryView(
        name="per user",
        group_by=["user_id", "memory_type"],
        filters={"topics": {"any": ["tea"]}, "created_at": {"gte": "2024-01-01"}},
        time_window_days=30,
    )
    created = await client.create_summary_view(view)
    assert created.id is not None
    assert (created.group_by, created.time_window_days) == (view.group_by, 30)
    assert created.filters["topics"] == {"any": ["tea"]}
    changed = await client.update_summary_view(created.id, {"continuous": True, "name": None})
    assert (changed.continuous, changed.name, changed.group_by) == (True, None, view.group_by)
    assert (await client.get_summary_view(created.id)) == changed
    assert (await client.list_summary_views()).summary_views == [changed]
    assert await client.delete_summary_view(created.id)
    assert not await client.delete_summary_view(created.id)


async def test_summary_views_run(client: MemoryAPIClient) -> None:
    """A whole run is a job; a partition is answered at once."""
    group = {"user_id": "alice", "memory_type": "semantic"}
    job = await client.run_summary_view("v")
    partition = await client.run_summary_view_partition("v", group)
    listed = await client.list_summary_view_partitions("v", {"user_id": "alice"})
    assert (job.kind, job.view_id) == ("summary_view", "v")
    assert (partition.group, partition.summary) == (group, "all is well")
    assert listed.partitions[0].group == {"user_id": "alice"}


async def test_erasing_a_user_asks_all_three_in_the_order_of_the_flow(
    client: MemoryAPIClient, services: Services
) -> None:
    """One receipt holds the three, and the other user's memories stay."""
    await client.get_or_create_working_memory("s", user_id="alice")
    await client.create_long_term_memories(
        [MemoryRecord(text="a", user_id="alice"), MemoryRecord(text="b", user_id="bob")]
    )
    receipt = await client.erase_user("alice")
    assert [r.service for r in receipt.receipts] == [
        "working_memory",
        "extraction",
        "long_term_memory",
    ]
    assert receipt.erased == {"sessions": 1, "jobs": 2, "memories": 1}
    assert [m.text for m in services.long_term_memory.memories.values()] == ["b"]
