"""What a verified credential lets a call do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth import scope
from agent_memory_services.kit.auth.identity import Identity, Role
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import AccessDenied, Unauthenticated

TENANT = "x-agent-memory-tenant"
LIMITS = st.none() | st.frozensets(st.text(max_size=8), max_size=4)


@pytest.mark.parametrize(
    ("role", "access"),
    [
        (Role.READER, Access.ACCESS_READER),
        (Role.WRITER, Access.ACCESS_WRITER),
        (Role.ADMIN, Access.ACCESS_ADMIN),
    ],
)
def test_a_role_is_an_access_to_one_tenant(role: Role, access: Access.ValueType) -> None:
    """With the limits that the credential has."""
    identity = Identity("key:k", role, "acme", frozenset({"alice"}), frozenset({"chat"}))
    assert identity.principal({}) == Principal(
        "acme", "key:k", access, frozenset({"alice"}), frozenset({"chat"})
    )


def test_naming_the_own_tenant_changes_nothing() -> None:
    """A client that always names its tenant is no stranger."""
    identity = Identity("key:k", Role.READER, "acme")
    assert identity.principal({TENANT: "acme"}) == identity.principal({})


@pytest.mark.parametrize("named", ["other", "", "ACME", b"acme"])
def test_no_caller_chooses_another_tenant(named: str | bytes) -> None:
    """It is refused, rather than answered from a tenant that was not meant."""
    with pytest.raises(AccessDenied):
        Identity("key:k", Role.ADMIN, "acme").principal({TENANT: named})


def test_only_a_service_acts_for_the_tenant_it_names() -> None:
    """It has none of its own."""
    service = Identity("key:s", Role.SERVICE)
    assert service.principal({TENANT: "acme"}) == Principal("acme", "key:s", Access.ACCESS_ADMIN)
    for metadata in ({}, {TENANT: ""}, {TENANT: "a b"}, {TENANT: b"acme"}):
        with pytest.raises(Unauthenticated):
            service.principal(metadata)


def test_limits_of_others_than_services_are_not_read_from_metadata() -> None:
    """A caller cannot become another subject, or any less confined, by what it sends."""
    told = scope.scope_of(Principal("acme", "key:other", Access.ACCESS_ADMIN))
    identity = Identity("key:k", Role.READER, "acme", frozenset({"alice"}))
    assert identity.principal({scope.SCOPE_HEADER: told}) == identity.principal({})


@given(
    st.sampled_from([Access.ACCESS_READER, Access.ACCESS_WRITER, Access.ACCESS_ADMIN]),
    LIMITS,
    LIMITS,
)
def test_limits_arrive_as_they_were(
    access: Access.ValueType, users: frozenset[str] | None, namespaces: frozenset[str] | None
) -> None:
    """What one service tells another about its caller is what the caller may do, exactly."""
    caller = Principal("acme", "key:k", access, users, namespaces)
    metadata: dict[str, str | bytes] = {
        TENANT: "acme",
        scope.SCOPE_HEADER: scope.scope_of(caller),
    }
    assert Identity("key:s", Role.SERVICE).principal(metadata) == caller


@given(st.binary(max_size=64) | st.text(max_size=16))
def test_damaged_limits_are_refused(told: bytes | str) -> None:
    """Never read as no limits."""
    metadata = {TENANT: "acme", scope.SCOPE_HEADER: told}
    with pytest.raises(Unauthenticated):
        Identity("key:s", Role.SERVICE).principal(metadata)


@pytest.mark.parametrize(
    ("role", "tenant", "users"),
    [
        (Role.SERVICE, "acme", None),
        (Role.SERVICE, "", frozenset({"alice"})),
        (Role.READER, "", None),
        (Role.READER, "a b", None),
        (Role.READER, "x" * 129, None),
    ],
)
def test_an_identity_that_makes_no_sense_cannot_be(
    role: Role, tenant: str, users: frozenset[str] | None
) -> None:
    """A service of one tenant, or a reader of none, is a mistake in a table."""
    with pytest.raises(ValueError, match="tenant"):
        Identity("key:k", role, tenant, users)
