"""What a request may name, given who makes it.

A request is held against the credential before anything is looked up, so that a refusal tells
nothing but what the caller knows: its own limits. What is found under a name that is allowed, but
belongs to another, does not exist for the caller; the services see to that where they read.
"""

from collections.abc import Iterable

from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory_services.runtime.errors import AccessDenied
from agent_memory_services.runtime.principal import Principal


def require_user(principal: Principal, user_id: str) -> None:
    """Insist that the credential allows to act for a user.

    Raises:
        AccessDenied: it does not.
    """
    if not principal.allows_user(user_id):
        raise AccessDenied("a credential for the user")


def require_namespace(principal: Principal, namespace: str) -> None:
    """Insist that the credential reaches a namespace.

    Raises:
        AccessDenied: it does not.
    """
    if not principal.allows_namespace(namespace):
        raise AccessDenied("a credential for the namespace")


def require(principal: Principal, namespace: str, user_id: str) -> None:
    """Insist on both.

    Raises:
        AccessDenied: the credential does not reach one of them.
    """
    require_namespace(principal, namespace)
    require_user(principal, user_id)


def require_every_user(principal: Principal) -> None:
    """Insist that the credential is confined to no users.

    Raises:
        AccessDenied: it is.
    """
    if principal.users is not None:
        raise AccessDenied("a credential for every user")


def require_erasable(
    principal: Principal, user: str, sessions: Iterable[ErasedSession] = ()
) -> None:
    """Insist that the credential reaches everything of a user, as a receipt says that all is gone.

    What a session held before it had an owner names nobody, and so is beyond a credential that is
    confined to users.

    Args:
        principal: the caller.
        user: the user.
        sessions: the sessions that the caller says were the user's.

    Raises:
        AccessDenied: it does not.
    """
    require_user(principal, user)
    if principal.namespaces is not None:
        raise AccessDenied("a credential for every namespace")
    if any(session.owned_late for session in sessions):
        require_every_user(principal)
