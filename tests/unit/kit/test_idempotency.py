"""What makes two calls the same call."""

from dataclasses import replace

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.working_memory.v1.service_pb2 import AppendMessagesRequest
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.server.steps.idempotency import _digest, _key
from tests.contract.kit.shapes import policy_of

CALLER = Principal("t", "service", Access.ACCESS_WRITER, frozenset({"a", "b"}), None)
BODY = AppendMessagesRequest(session_id="s")


def test_another_credential_is_another_call() -> None:
    """Tenant, subject, method and id all count, wherever the separator stands in them."""
    policy = policy_of("unary")
    keys = {
        _key(CALLER, policy, "r"),
        _key(replace(CALLER, tenant="u"), policy, "r"),
        _key(replace(CALLER, subject="other"), policy, "r"),
        _key(CALLER, policy_of("client_stream"), "r"),
        _key(CALLER, policy, "r:r"),
        _key(replace(CALLER, subject="service:r"), policy, "r"),
    }
    assert len(keys) == 6


def test_another_scope_is_another_call() -> None:
    """What a service was told for one user is not told to another, and keeps no other waiting."""
    policy = policy_of("unary")
    same = replace(CALLER, users=frozenset({"b", "a"}))
    assert _key(CALLER, policy, "r") == _key(same, policy, "r")
    keys = {
        _key(CALLER, policy, "r"),
        _key(replace(CALLER, users=frozenset({"a"})), policy, "r"),
        _key(replace(CALLER, users=frozenset()), policy, "r"),
        _key(replace(CALLER, users=None), policy, "r"),
        _key(replace(CALLER, users=None, namespaces=frozenset({"a", "b"})), policy, "r"),
    }
    assert len(keys) == 5


def test_another_body_is_not_the_same_call() -> None:
    """A repeated call says what the first one said."""
    assert _digest(BODY) != _digest(AppendMessagesRequest(session_id="t"))
