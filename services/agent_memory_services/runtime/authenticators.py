"""Ways to recognise a caller by what it sends along."""

import re
from collections.abc import Mapping
from typing import Protocol

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime.errors import Unauthenticated
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.runtime.settings import TENANT_PATTERN

TENANT_HEADER = "x-agent-memory-tenant"
_VALID_TENANT = re.compile(TENANT_PATTERN).fullmatch


class Authenticator(Protocol):
    """Recognises callers. It is asked on every call, so it answers from memory."""

    def principal_of(self, metadata: Mapping[str, str | bytes]) -> Principal:
        """The caller that `metadata` identifies.

        Raises:
            Unauthenticated: it identifies nobody.
        """
        ...


class TrustEveryone:
    """Lets everybody act for the tenant they name; fit for a loopback address only."""

    def __init__(self, default_tenant: str) -> None:
        self._default = _trusted(default_tenant)

    def principal_of(self, metadata: Mapping[str, str | bytes]) -> Principal:
        """An administrator of the named tenant, or of the default one."""
        tenant = metadata.get(TENANT_HEADER)
        if tenant is None:
            return self._default
        if not isinstance(tenant, str) or not _VALID_TENANT(tenant):
            raise Unauthenticated(f"{TENANT_HEADER} must be 1 to 128 printable ASCII characters")
        return _trusted(tenant)


def _trusted(tenant: str) -> Principal:
    return Principal(tenant=tenant, subject="anyone", access=Access.ACCESS_ADMIN)
