"""Callers of sessions, and the sessions that a credential reaches."""

from dataclasses import dataclass
from typing import Final, Self

from agent_memory_services.kit.auth.scope import require_user
from agent_memory_services.kit.contract import context, errors


@dataclass(frozen=True, slots=True)
class Actor:
    """Caller of a request: the user that it names, within the limits of its credential.

    A session is within a credential that is bound to users when one of them owns it. One without
    an owner is not, and naming a user does not make it so.

    Attributes:
        user: the owner that the call names, or the only one that it could name; else empty.
        users: the owners whose sessions it reaches; None for all.
        namespaces: the namespaces that it reaches; None for all.
    """

    user: str = ""
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    @classmethod
    def of(cls, principal: context.Principal, user: str) -> Self:
        """Return the actor of a call that names `user`, or no user.

        Raises:
            AccessDenied: the credential does not allow to act for this user.
        """
        users = principal.users
        if user:
            require_user(principal, user)
        if not user and users is not None and len(users) == 1:
            (user,) = users
        return cls(user, users, principal.namespaces)

    def sees(self, owner: str) -> bool:
        """Return true if a session of this owner is visible to the actor; empty means no owner."""
        if self.users is not None and owner not in self.users:
            return False
        return not self.user or not owner or owner == self.user

    def check_memory(self, namespace: str, user: str) -> None:
        """Refuse to place a memory where the credential does not reach.

        Raises:
            AccessDenied: it does not.
        """
        if self.users is not None and user not in self.users:
            raise errors.AccessDenied("a credential for the memory's user")
        if self.namespaces is not None and namespace not in self.namespaces:
            raise errors.AccessDenied("a credential for the memory's namespace")


def reachable(asked: str | None, allowed: frozenset[str] | None, what: str) -> list[str | None]:
    """Return the names that a listing covers: the requested one, or all within reach.

    A None in the answer stands for all there are.

    Raises:
        AccessDenied: the credential does not reach the one asked for, a `what`.
    """
    if asked is None:
        return [None] if allowed is None else list[str | None](sorted(allowed))
    if allowed is not None and asked not in allowed:
        raise errors.AccessDenied(f"a credential for the {what}")
    return [asked]


ANYBODY: Final = Actor()
"""Caller that names no user, with a credential that is bound to none."""
