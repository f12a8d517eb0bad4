"""What a caller's credential lets it touch here."""

from agent_memory.extraction.v1.extraction_pb2 import Job
from agent_memory_services.runtime.errors import AccessDenied
from agent_memory_services.runtime.principal import Principal


def allows(principal: Principal, namespace: str, user_id: str) -> bool:
    """Whether a principal may touch what belongs to a namespace and a user."""
    return (principal.namespaces is None or namespace in principal.namespaces) and (
        principal.users is None or user_id in principal.users
    )


def require(principal: Principal, namespace: str, user_id: str) -> None:
    """Insist that a principal may touch what belongs to a namespace and a user.

    Raises:
        AccessDenied: it may not.
    """
    if not allows(principal, namespace, user_id):
        raise AccessDenied("access to the user and the namespace")


def sees(principal: Principal, job: Job) -> bool:
    """Whether a job exists for a principal, given that it is of its tenant."""
    return allows(principal, job.session.namespace, job.user_id)
