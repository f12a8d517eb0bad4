"""Background work."""

from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory_client.conversions.enums import JOB_KINDS, JOB_STATES
from agent_memory_client.conversions.scalars import from_timestamp
from agent_memory_client.error_details import from_status
from agent_memory_client.models.jobs import ExtractionProgress, Job, JobError, SkippedItem


def from_job(job: extraction_pb2.Job) -> Job:
    """A job from the server."""
    return Job(
        id=job.id,
        kind=JOB_KINDS.name(job.kind),
        state=JOB_STATES.name(job.state),
        session_id=job.session.session_id or None,
        namespace=job.session.namespace or None,
        session_uid=job.session_uid or None,
        user_id=job.user_id or None,
        view_id=job.view_id or None,
        first_sequence=job.first_sequence,
        last_sequence=job.last_sequence,
        attempt=job.attempt,
        memory_ids=list(job.memory_ids),
        error=_from_status(job.error) if job.HasField("error") else None,
        skipped=[_from_skipped(item) for item in job.skipped],
        created_at=from_timestamp(job, "create_time"),
        due_at=from_timestamp(job, "due_time"),
        started_at=from_timestamp(job, "start_time"),
        ended_at=from_timestamp(job, "end_time"),
    )


def from_progress(progress: extraction_pb2.SessionProgress) -> ExtractionProgress:
    """How far a session is."""
    return ExtractionProgress(
        session_uid=progress.session_uid,
        received_sequence=progress.received_sequence,
        extracted_sequence=progress.extracted_sequence,
    )


def _from_skipped(item: extraction_pb2.SkippedItem) -> SkippedItem:
    return SkippedItem(
        message_id=item.message_id or None,
        sequence=item.sequence or None,
        memory_id=item.memory_id or None,
        error=_from_status(item.error),
    )


def _from_status(status: Status) -> JobError:
    error = from_status(status)
    name = code_pb2.Code.Name(status.code)
    return JobError(code=name, reason=error.reason, message=status.message)
