"""How a tenant is named in metadata and in settings."""

import re

# The tenant that a call is for. A service acts for the one it names; everybody else may repeat
# the tenant of their credential.
TENANT_HEADER = "x-agent-memory-tenant"

# Tenants travel in metadata, which holds printable ASCII only.
TENANT_PATTERN = r"^[!-~]{1,128}$"

_VALID = re.compile(r"[!-~]{1,128}").fullmatch


def valid_tenant(name: str) -> bool:
    """Whether `name` can name a tenant."""
    return _VALID(name) is not None
