"""Background work."""

from google.rpc import code_pb2

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory_client.conversions.enums import JOB_KINDS, JOB_STATES
from agent_memory_client.conversions.scalars import from_timestamp
from agent_memory_client.error_details import from_status
from agent_memory_client.models.jobs import ExtractionProgress, Job, JobError


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
        error=_from_error(job),
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


def _from_error(job: extraction_pb2.Job) -> JobError | None:
    if not job.HasField("error"):
        return None
    error = from_status(job.error)
    name = code_pb2.Code.Name(job.error.code)
    return JobError(code=name, reason=error.reason, message=job.error.message)
