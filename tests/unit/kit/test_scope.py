"""What a request may name."""

import pytest

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.scope import require, require_namespace, require_user
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.errors import AccessDenied


def _principal(
    users: frozenset[str] | None = None, namespaces: frozenset[str] | None = None
) -> Principal:
    return Principal("acme", "key:k", Access.ACCESS_ADMIN, users, namespaces)


def test_without_limits_everything_of_the_tenant_may_be_named() -> None:
    """Nobody's things and the empty namespace among it."""
    for namespace in ("", "chat"):
        for user in ("", "alice"):
            require(_principal(), namespace, user)


def test_limits_are_exact() -> None:
    """No prefix, no case, no nobody."""
    principal = _principal(frozenset({"alice"}), frozenset({"chat"}))
    require(principal, "chat", "alice")
    for user in ("", "alic", "alice2", "ALICE", "bob"):
        with pytest.raises(AccessDenied):
            require_user(principal, user)
        with pytest.raises(AccessDenied):
            require(principal, "chat", user)
    for namespace in ("", "cha", "chat2", "Chat"):
        with pytest.raises(AccessDenied):
            require_namespace(principal, namespace)
        with pytest.raises(AccessDenied):
            require(principal, namespace, "alice")


def test_empty_limits_reach_nothing() -> None:
    """An empty list is not a missing one."""
    principal = _principal(frozenset(), frozenset())
    assert not principal.allows_user("")
    assert not principal.allows_namespace("")


def test_a_refusal_does_not_repeat_the_name() -> None:
    """It may be somebody's."""
    with pytest.raises(AccessDenied) as refused:
        require_user(_principal(frozenset({"alice"})), "canary")
    assert "canary" not in f"{refused.value} {refused.value.metadata}"
