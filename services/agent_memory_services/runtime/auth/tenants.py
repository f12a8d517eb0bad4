"""How a tenant is named in metadata and in settings."""

import re

from agent_memory_services.runtime.errors import Unauthenticated

# The tenant that a call is for. A service acts for the one it names; everybody else may repeat
# the tenant of their credential.
TENANT_HEADER = "x-agent-memory-tenant"

# Tenants travel in metadata, which holds printable ASCII only.
TENANT_PATTERN = r"^[!-~]{1,128}$"

_VALID = re.compile(r"[!-~]{1,128}").fullmatch


def valid_tenant(name: str) -> bool:
    """Whether `name` can name a tenant."""
    return _VALID(name) is not None


def tenant_named(header: str | bytes | None) -> str:
    """The tenant that the header of a call names.

    Raises:
        Unauthenticated: there is none, or it cannot be one.
    """
    if not isinstance(header, str) or not valid_tenant(header):
        raise Unauthenticated(f"{TENANT_HEADER} must be 1 to 128 printable ASCII characters")
    return header
