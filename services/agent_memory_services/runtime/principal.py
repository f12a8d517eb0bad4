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

    def allows_user(self, user_id: str) -> bool:
        """Whether it may act for a user; what belongs to nobody is beyond a confined caller."""
        return self.users is None or user_id in self.users

    def allows_namespace(self, namespace: str) -> bool:
        """Whether it may touch a namespace; the empty one is a namespace too."""
        return self.namespaces is None or namespace in self.namespaces

    def allows(self, namespace: str, user_id: str) -> bool:
        """Whether it may touch what belongs to a user in a namespace."""
        return self.allows_namespace(namespace) and self.allows_user(user_id)


current: ContextVar[Principal] = ContextVar("principal")


def current_principal() -> Principal:
    """The principal of the present call.

    Raises:
        LookupError: nothing authenticated this code path; it runs outside any call.
    """
    return current.get()
