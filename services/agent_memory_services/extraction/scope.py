"""What a caller's credential lets it touch here."""

from collections.abc import Iterable

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.runtime.scope import require


def require_submission(
    principal: Principal, session: SessionRef, user_id: str, memories: Iterable[Memory]
) -> None:
    """Insist that a principal may hand over what belongs to a session, and each memory with it.

    A memory that names no owner or namespace of its own has those of the session.

    Raises:
        AccessDenied: it may not.
    """
    require(principal, session.namespace, user_id)
    for memory in memories:
        require(principal, memory.namespace or session.namespace, memory.user_id or user_id)


def sees(principal: Principal, job: Job) -> bool:
    """Whether a job exists for a principal, given that it is of its tenant.

    A job of a summary view that covers more than one owner or namespace is beyond whoever is
    confined to some.
    """
    if job.kind == JobKind.JOB_KIND_SUMMARY_VIEW:
        within_users = principal.users is None or (job.user_id in principal.users - {""})
        within_namespaces = principal.namespaces is None or job.HasField("session")
        if not (within_users and within_namespaces):
            return False
        return principal.allows_namespace(job.session.namespace)
    return principal.allows(job.session.namespace, job.user_id)
