"""Holders of verified credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.scope import (
    SCOPE_HEADER,
    TENANT_HEADER,
    narrowed,
    tenant_named,
    valid_tenant,
)
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import AccessDenied


class Role(StrEnum):
    """Purpose of a credential.

    A reader reads; a writer also writes; an admin also runs operations over its whole tenant. A
    service is one of the suite's own processes: it belongs to no tenant and acts for the one,
    and within the limits, that each of its calls names.
    """

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"
    SERVICE = "service"


_ACCESS = {
    Role.READER: Access.ACCESS_READER,
    Role.WRITER: Access.ACCESS_WRITER,
    Role.ADMIN: Access.ACCESS_ADMIN,
    Role.SERVICE: Access.ACCESS_ADMIN,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a credential.

    Attributes:
        subject: names the credential, for audit; stable as long as it is.
        role: what it is for.
        tenant: whose data it reaches; empty for a service, which names one with each call.
        users: the users it may act for, or None for every user of the tenant.
        namespaces: the namespaces it may touch, or None for all.
    """

    subject: str
    role: Role
    tenant: str = ""
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    def __post_init__(self) -> None:
        """Refuse an identity that would reach everything, or nothing.

        Raises:
            ValueError: a service has a tenant or limits, or another role has no valid tenant.
        """
        if self.role is Role.SERVICE:
            if self.tenant or self.users is not None or self.namespaces is not None:
                raise ValueError("a service belongs to no tenant and has no limits of its own")
        elif not valid_tenant(self.tenant):
            raise ValueError("the tenant must be 1 to 128 printable ASCII characters")

    def principal(self, metadata: Mapping[str, str | bytes]) -> Principal:
        """Return the principal of a call of this holder, given what the call carries along.

        Raises:
            AccessDenied: the call names a tenant that is not the credential's.
            Unauthenticated: a service names no tenant, or limits that cannot be read.
        """
        named = metadata.get(TENANT_HEADER)
        if self.role is Role.SERVICE:
            return self._acting(named, metadata.get(SCOPE_HEADER))
        if named is not None and named != self.tenant:
            raise AccessDenied("a credential of the tenant it names")
        return Principal(self.tenant, self.subject, _ACCESS[self.role], self.users, self.namespaces)

    def _acting(self, tenant: str | bytes | None, scope: str | bytes | None) -> Principal:
        whole = Principal(tenant_named(tenant), self.subject, _ACCESS[self.role])
        return whole if scope is None else narrowed(whole, scope)
