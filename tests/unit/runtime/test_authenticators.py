"""Recognising callers."""

import pytest

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime.authenticators import TrustEveryone
from agent_memory_services.runtime.errors import Unauthenticated


def test_who_names_no_tenant_gets_the_default_one():
    """And may do everything in it."""
    caller = TrustEveryone("acme").principal_of({})
    assert (caller.tenant, caller.access) == ("acme", Access.ACCESS_ADMIN)
    assert caller.users is None
    assert caller.namespaces is None


def test_a_named_tenant_is_believed():
    """That is how one service acts for a tenant towards the next."""
    caller = TrustEveryone("acme").principal_of({"x-agent-memory-tenant": "other"})
    assert caller.tenant == "other"


@pytest.mark.parametrize("tenant", ["", "a b", "x" * 129, "tab\t", "umlaut-ä", b"bytes"])
def test_a_tenant_that_cannot_be_one_is_refused(tenant: str | bytes):
    """It does not silently become the default tenant."""
    with pytest.raises(Unauthenticated):
        TrustEveryone("acme").principal_of({"x-agent-memory-tenant": tenant})
