"""What a caller may do, told by one service of the suite to the next.

A service calls others under its own identity. The limits of the caller it acts for go along, so
that a reader of one user's memories is just that wherever its call leads.
"""

from functools import lru_cache

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime.auth.refusals import Refused, Why
from agent_memory_services.runtime.principal import Principal

HEADER = "x-agent-memory-scope-bin"

_ROLES = {
    "reader": Access.ACCESS_READER,
    "writer": Access.ACCESS_WRITER,
    "admin": Access.ACCESS_ADMIN,
}
_NAMES = {access: role for role, access in _ROLES.items()}
_REMEMBERED = 4096


@lru_cache(_REMEMBERED)
def scope_of(principal: Principal) -> bytes:
    """The limits of a principal, for the header."""
    scope = Struct()
    scope.update({"subject": principal.subject, "access": _NAMES[principal.access]})
    for name in ("users", "namespaces"):
        values: frozenset[str] | None = getattr(principal, name)
        if values is not None:
            scope.get_or_create_list(name).extend(sorted(values))
    return scope.SerializeToString(deterministic=True)


@lru_cache(_REMEMBERED)
def narrowed(whole: Principal, scope: str | bytes) -> Principal:
    """A principal within the limits that a header tells.

    Raises:
        Refused: the header is damaged.
    """
    if isinstance(scope, str):
        raise Refused(Why.MALFORMED)
    try:
        told = Struct.FromString(scope)
        return Principal(
            whole.tenant,
            str(told["subject"]),
            min(whole.access, _ROLES[str(told["access"])]),
            _names(told, "users"),
            _names(told, "namespaces"),
        )
    except (DecodeError, KeyError, TypeError, ValueError):
        raise Refused(Why.MALFORMED) from None


def _names(told: Struct, field: str) -> frozenset[str] | None:
    if field not in told.fields:
        return None
    values = told.fields[field]
    if values.WhichOneof("kind") != "list_value":
        raise ValueError(field)
    if any(value.WhichOneof("kind") != "string_value" for value in values.list_value.values):
        raise ValueError(field)
    return frozenset(value.string_value for value in values.list_value.values)
