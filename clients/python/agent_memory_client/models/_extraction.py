"""Background work: jobs, summary views, and the health of the services."""

from typing import Any, Literal

from pydantic import Field

from agent_memory_client import _types
from agent_memory_client.models._memories import MemoryRecord


class JobError(_types.Model):
    """Reason for which the last attempt of a job failed, or for which it left something out."""

    code: _types.Text = Field(description="Name of the status, such as `UNAVAILABLE`.")
    reason: _types.Text
    message: _types.Text


class SkippedItem(_types.Model):
    """A message or a placed memory that a job left out, because nobody can work on it."""

    message_id: _types.Text | None
    sequence: int | None = Field(description="The message's position in the session's log.")
    memory_id: _types.Text | None
    error: JobError = Field(description="Why it was left out.")


class ForgetReceipt(_types.Model):
    """A user's request to forget something, and what was done."""

    message_id: _types.Text = Field(description="The message that asks.")
    outcome: _types.Text | None = Field(
        description="`forgotten`, `marked`, `nothing_found`, `too_many`, `unclear` or `ignored`."
    )
    memory_ids: list[_types.Text] = Field(description="The memories that it was done to.")
    matched: int = Field(description="How many memories it could be about.")


class Job(_types.Model):
    """A piece of background work."""

    id: _types.Text
    kind: _types.Text | None = Field(description="`extraction` or `summary_view`.")
    state: _types.Text | None = Field(
        description="`pending`, `running`, `succeeded`, `failed` or `cancelled`."
    )
    session_id: _types.Text | None
    namespace: _types.Text | None
    session_uid: _types.Text | None = Field(description="The session's incarnation.")
    user_id: _types.Text | None
    view_id: _types.Text | None
    first_sequence: int
    last_sequence: int
    attempt: int
    memory_ids: list[_types.Text] = Field(description="The memories it stored.")
    error: JobError | None
    dropped_items: dict[str, int] = Field(
        default_factory=dict, description="What could not be taken, by why."
    )
    skipped: list[SkippedItem] = Field(
        default_factory=list, description="What it left out, at most the first 100."
    )
    forget_receipts: list[ForgetReceipt] = Field(
        default_factory=list, description="What became of requests to forget something."
    )
    created_at: _types.UtcDatetime | None
    due_at: _types.UtcDatetime | None
    started_at: _types.UtcDatetime | None
    ended_at: _types.UtcDatetime | None


class JobListResponse(_types.Model):
    """A page of jobs, the latest first."""

    jobs: list[Job]
    next_cursor: _types.Text | None = None


class ExtractionProgress(_types.Model):
    """Progress of the extraction of a session."""

    session_uid: _types.Text
    received_sequence: int = Field(description="Every message up to here has arrived.")
    extracted_sequence: int = Field(
        description="Every message up to here is extracted, and the results are stored."
    )


class JobChange(_types.Model):
    """News for a watcher: a job as it is now, or a sign of life without one."""

    job: Job | None
    progress: ExtractionProgress | None = Field(description="How far the job's session is.")
    resume_token: _types.Text = Field(description="Continues a watch after this.")


class ExtractionPreview(_types.Model):
    """Memories that a strategy would find in messages; nothing of it is stored."""

    memories: list[MemoryRecord]
    extractor: _types.Text
    dropped_items: dict[str, int] = Field(
        default_factory=dict, description="What could not be taken, by why."
    )


SummaryGroupName = Literal["user_id", "namespace", "session_id", "memory_type"]


class SummaryView(_types.Model):
    """A standing summary over groups of memories."""

    id: _types.Text | None = None
    name: _types.Text | None = None
    group_by: list[SummaryGroupName] = Field(
        default_factory=list, description="One summary for each combination of these."
    )
    filters: dict[str, Any] = Field(
        default_factory=dict, description="Which memories take part, as in a search."
    )
    time_window_days: _types.Days | None = Field(
        default=None,
        description="Only memories created within so many days; all when absent.",
    )
    continuous: bool = Field(default=False, description="Refreshed in the background while true.")
    prompt: _types.Text | None = Field(default=None, description="What the summary shall say.")
    model_name: _types.Text | None = None
    created_at: _types.UtcDatetime | None = None
    updated_at: _types.UtcDatetime | None = None
    etag: _types.Text | None = None


class SummaryViewPartition(_types.Model):
    """The summary of one group."""

    view_id: _types.Text
    group: dict[str, _types.Text]
    summary: _types.Text
    memory_count: int
    empty_reason: _types.Text | None = Field(description="Why there is no summary.")
    computed_at: _types.UtcDatetime | None


class SummaryViewList(_types.Model):
    """A page of summary views."""

    summary_views: list[SummaryView]
    next_cursor: _types.Text | None = None


class SummaryViewPartitionList(_types.Model):
    """A page of partitions."""

    partitions: list[SummaryViewPartition]
    next_cursor: _types.Text | None = None


class HealthCheckResponse(_types.Model):
    """Services by name, and whether each welcomes calls."""

    services: dict[str, bool]

    @property
    def healthy(self) -> bool:
        """Tell whether all of them do."""
        return all(self.services.values())
