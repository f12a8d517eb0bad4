"""Who a call acts for."""

from contextvars import ContextVar
from dataclasses import dataclass

from agent_memory.common.v1.policy_pb2 import Access


@dataclass(frozen=True, slots=True)
class Principal:
    """What a caller's credential says; nothing in a request can widen it.

    Attributes:
        tenant: the tenant that every key and every query of the call belongs to.
        subject: names the credential, for audit.
        access: the most that the credential allows.
        users: the users it may act for, or None for every user of the tenant.
        namespaces: the namespaces it may touch, or None for all.
    """

    tenant: str
    subject: str
    access: Access.ValueType
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None


current: ContextVar[Principal] = ContextVar("principal")


def current_principal() -> Principal:
    """The principal of the present call.

    Raises:
        LookupError: nothing authenticated this code path; it runs outside any call.
    """
    return current.get()
