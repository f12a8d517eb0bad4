"""Scope of a caller: what a request may name, and how one service tells the next.

A request is held against the credential before anything is looked up, so that a refusal tells
nothing but what the caller knows: its own limits. What is found under a name that is allowed, but
belongs to another, does not exist for the caller; the services see to that where they read.

A service calls others under its own identity. The limits of the caller it acts for go along, so
that a reader of one user's memories is just that wherever its call leads.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.contract import context, errors


def require_user(principal: context.Principal, user_id: str) -> None:
    """Insist that the credential allows to act for a user.

    Raises:
        AccessDenied: it does not.
    """
    if not principal.allows_user(user_id):
        raise errors.AccessDenied("a credential for the user")


def require_namespace(principal: context.Principal, namespace: str) -> None:
    """Insist that the credential reaches a namespace.

    Raises:
        AccessDenied: it does not.
    """
    if not principal.allows_namespace(namespace):
        raise errors.AccessDenied("a credential for the namespace")


def require(principal: context.Principal, namespace: str, user_id: str) -> None:
    """Insist on both.

    Raises:
        AccessDenied: the credential does not reach one of them.
    """
    require_namespace(principal, namespace)
    require_user(principal, user_id)


def require_every_user(principal: context.Principal) -> None:
    """Insist that the credential is confined to no users.

    Raises:
        AccessDenied: it is.
    """
    if principal.users is not None:
        raise errors.AccessDenied("a credential for every user")


def require_whole_tenant(principal: context.Principal) -> None:
    """Insist that the credential is confined to no users and no namespaces.

    Raises:
        AccessDenied: it is.
    """
    require_every_user(principal)
    if principal.namespaces is not None:
        raise errors.AccessDenied("a credential for every namespace")


def require_erasable(
    principal: context.Principal, user: str, sessions: Iterable[ErasedSession] = ()
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
        raise errors.AccessDenied("a credential for every namespace")
    if any(session.owned_late for session in sessions):
        require_every_user(principal)


# The tenant that a call is for. A service acts for the one it names; everybody else may repeat
# the tenant of their credential.
TENANT_HEADER = "x-agent-memory-tenant"

# Tenants travel in metadata, which holds printable ASCII only.
TENANT_PATTERN = r"^[!-~]{1,128}$"

_VALID = re.compile(r"[!-~]{1,128}").fullmatch


def valid_tenant(name: str) -> bool:
    """Return true if `name` can name a tenant."""
    return _VALID(name) is not None


def tenant_named(header: str | bytes | None) -> str:
    """The tenant that the header of a call names.

    Raises:
        Unauthenticated: there is none, or it cannot be one.
    """
    if not isinstance(header, str) or not valid_tenant(header):
        raise errors.Unauthenticated(f"{TENANT_HEADER} must be 1 to 128 printable ASCII characters")
    return header


SCOPE_HEADER = "x-agent-memory-scope-bin"

_ROLES = {
    "reader": Access.ACCESS_READER,
    "writer": Access.ACCESS_WRITER,
    "admin": Access.ACCESS_ADMIN,
}
_NAMES = {access: role for role, access in _ROLES.items()}
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def scope_of(principal: context.Principal) -> bytes:
    """The limits of a principal, for the header."""
    scope = Struct()
    scope.update({"subject": principal.subject, "access": _NAMES[principal.access]})
    for name in ("users", "namespaces"):
        values: frozenset[str] | None = getattr(principal, name)
        if values is not None:
            scope.get_or_create_list(name).extend(sorted(values))
    return scope.SerializeToString(deterministic=True)


@lru_cache(_REMEMBERED)
def narrowed(whole: context.Principal, scope: str | bytes) -> context.Principal:
    """A principal within the limits that a header tells.

    Raises:
        Refused: the header is damaged.
    """
    if isinstance(scope, str):
        raise Refused(CredentialFault.MALFORMED)
    try:
        limits = Struct.FromString(scope)
        return context.Principal(
            whole.tenant,
            str(limits["subject"]),
            min(whole.access, _ROLES[str(limits["access"])]),
            _names(limits, "users"),
            _names(limits, "namespaces"),
        )
    except (DecodeError, KeyError, TypeError, ValueError):
        raise Refused(CredentialFault.MALFORMED) from None


def _names(limits: Struct, field: str) -> frozenset[str] | None:
    if field not in limits.fields:
        return None
    values = limits.fields[field]
    if values.WhichOneof("kind") != "list_value":
        raise ValueError(field)
    if any(value.WhichOneof("kind") != "string_value" for value in values.list_value.values):
        raise ValueError(field)
    return frozenset(value.string_value for value in values.list_value.values)
