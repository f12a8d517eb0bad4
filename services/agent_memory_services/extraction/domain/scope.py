"""Access of a caller's credential to jobs."""

from collections.abc import Iterable

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind
from agent_memory_services.kit.auth.scope import require_every_user, require_namespace
from agent_memory_services.kit.contract.context import Principal


def require_submission(
    principal: Principal, session: SessionRef, memories: Iterable[Memory]
) -> None:
    """Insist that a principal may hand over what belongs to a session, and each memory with it.

    Extraction takes the caller's word for whose a session is. It takes it from those alone who
    reach every user: a service of the suite, or an administrator. A memory that names no
    namespace of its own has that of the session.

    Raises:
        AccessDenied: it may not.
    """
    require_every_user(principal)
    require_namespace(principal, session.namespace)
    for memory in memories:
        require_namespace(principal, memory.namespace or session.namespace)


def sees(principal: Principal, job: Job) -> bool:
    """Return true if a job of the principal's tenant is visible to the principal.

    A job of a summary view that covers more than one owner or namespace is invisible to a caller
    confined to some.
    """
    if job.kind == JobKind.JOB_KIND_SUMMARY_VIEW:
        within_users = principal.users is None or (job.user_id in principal.users - {""})
        within_namespaces = principal.namespaces is None or job.HasField("session")
        if not (within_users and within_namespaces):
            return False
        return principal.allows_namespace(job.session.namespace)
    return principal.allows(job.session.namespace, job.user_id)
