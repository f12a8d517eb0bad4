"""Background work and how far it is."""

from pydantic import Field

from agent_memory_client.models.base import Model
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.times import UtcDatetime


class JobError(Model):
    """Why the last attempt of a job failed, or why it left something out."""

    code: str = Field(description="Name of the status, such as `UNAVAILABLE`.")
    reason: str
    message: str


class SkippedItem(Model):
    """A message or a placed memory that a job left out, because nobody can work on it."""

    message_id: str | None
    sequence: int | None = Field(description="The message's position in the session's log.")
    memory_id: str | None
    error: JobError = Field(description="Why it was left out.")


class Job(Model):
    """A piece of background work."""

    id: str
    kind: str | None = Field(description="`extraction` or `summary_view`.")
    state: str | None = Field(
        description="`pending`, `running`, `succeeded`, `failed` or `cancelled`."
    )
    session_id: str | None
    namespace: str | None
    session_uid: str | None = Field(description="The session's incarnation.")
    user_id: str | None
    view_id: str | None
    first_sequence: int
    last_sequence: int
    attempt: int
    memory_ids: list[str] = Field(description="The memories it stored.")
    error: JobError | None
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
    next_cursor: str | None = None


class ExtractionProgress(Model):
    """How far a session is extracted."""

    session_uid: str
    received_sequence: int = Field(description="Every message up to here has arrived.")
    extracted_sequence: int = Field(
        description="Every message up to here is extracted, and the results are stored."
    )


class JobChange(Model):
    """What a watcher is told: a job as it is now, or a sign of life without one."""

    job: Job | None
    progress: ExtractionProgress | None = Field(description="How far the job's session is.")
    resume_token: str = Field(description="Continues a watch after this.")


class ExtractionPreview(Model):
    """What a strategy would find in messages; nothing of it is stored."""

    memories: list[MemoryRecord]
    extractor: str
