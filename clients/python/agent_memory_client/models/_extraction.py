"""Background work: jobs, summary views, and the health of the services."""

from typing import Any, Literal

from pydantic import Field

from agent_memory_client._types import Days, Model, Text, UtcDatetime
from agent_memory_client.models._memories import MemoryRecord


class JobError(Model):
    """Reason for which the last attempt of a job failed, or for which it left something out."""

    code: Text = Field(description="Name of the status, such as `UNAVAILABLE`.")
    reason: Text
    message: Text


class SkippedItem(Model):
    """A message or a placed memory that a job left out, because nobody can work on it."""

    message_id: Text | None
    sequence: int | None = Field(description="The message's position in the session's log.")
    memory_id: Text | None
    error: JobError = Field(description="Why it was left out.")


class Job(Model):
    """A piece of background work."""

    id: Text
    kind: Text | None = Field(description="`extraction` or `summary_view`.")
    state: Text | None = Field(
        description="`pending`, `running`, `succeeded`, `failed` or `cancelled`."
    )
    session_id: Text | None
    namespace: Text | None
    session_uid: Text | None = Field(description="The session's incarnation.")
    user_id: Text | None
    view_id: Text | None
    first_sequence: int
    last_sequence: int
    attempt: int
    memory_ids: list[Text] = Field(description="The memories it stored.")
    error: JobError | None
    dropped_items: dict[str, int] = Field(
        default_factory=dict, description="What could not be taken, by why."
    )
    skipped: list[SkippedItem] = Field(
        default_factory=list, description="What it left out, at most the first 100."
    )
    created_at: UtcDatetime | None
    due_at: UtcDatetime | None
    started_at: UtcDatetime | None
    ended_at: UtcDatetime | None


class JobListResponse(Model):
    """A page of jobs, the latest first."""

    jobs: list[Job]
    next_cursor: Text | None = None


class ExtractionProgress(Model):
    """Progress of the extraction of a session."""

    session_uid: Text
    received_sequence: int = Field(description="Every message up to here has arrived.")
    extracted_sequence: int = Field(
        description="Every message up to here is extracted, and the results are stored."
    )


class JobChange(Model):
    """News for a watcher: a job as it is now, or a sign of life without one."""

    job: Job | None
    progress: ExtractionProgress | None = Field(description="How far the job's session is.")
    resume_token: Text = Field(description="Continues a watch after this.")


class ExtractionPreview(Model):
    """Memories that a strategy would find in messages; nothing of it is stored."""

    memories: list[MemoryRecord]
    extractor: Text
    dropped_items: dict[str, int] = Field(
        default_factory=dict, description="What could not be taken, by why."
    )


SummaryGroupName = Literal["user_id", "namespace", "session_id", "memory_type"]


class SummaryView(Model):
    """A standing summary over groups of memories."""

    id: Text | None = None
    name: Text | None = None
    group_by: list[SummaryGroupName] = Field(
        default_factory=list, description="One summary for each combination of these."
    )
    filters: dict[str, Any] = Field(
        default_factory=dict, description="Which memories take part, as in a search."
    )
    time_window_days: Days | None = Field(
        default=None,
        description="Only memories created within so many days; all when absent.",
    )
    continuous: bool = Field(default=False, description="Refreshed in the background while true.")
    prompt: Text | None = Field(default=None, description="What the summary shall say.")
    model_name: Text | None = None
    created_at: UtcDatetime | None = None
    updated_at: UtcDatetime | None = None
    etag: Text | None = None


class SummaryViewPartition(Model):
    """The summary of one group."""

    view_id: Text
    group: dict[str, Text]
    summary: Text
    memory_count: int
    empty_reason: Text | None = Field(description="Why there is no summary.")
    computed_at: UtcDatetime | None


class SummaryViewList(Model):
    """A page of summary views."""

    summary_views: list[SummaryView]
    next_cursor: Text | None = None


class SummaryViewPartitionList(Model):
    """A page of partitions."""

    partitions: list[SummaryViewPartition]
    next_cursor: Text | None = None


class HealthCheckResponse(Model):
    """Services by name, and whether each welcomes calls."""

    services: dict[str, bool]

    @property
    def healthy(self) -> bool:
        """Tell whether all of them do."""
        return all(self.services.values())
