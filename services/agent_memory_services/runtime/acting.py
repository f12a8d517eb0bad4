"""Who a downstream call is made for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime import deadline, principal, request_id
from agent_memory_services.runtime.auth import acting_scope
from agent_memory_services.runtime.auth.tenants import TENANT_HEADER
from agent_memory_services.runtime.principal import Principal


def call_metadata() -> list[tuple[str, str | bytes]]:
    """What a downstream call of the present call carries along.

    Raises:
        LookupError: nobody is acted for; see `acting_for`.
    """
    caller = principal.current_principal()
    metadata: list[tuple[str, str | bytes]] = [
        (TENANT_HEADER, caller.tenant),
        (acting_scope.HEADER, acting_scope.scope_of(caller)),
    ]
    if (current := request_id.current.get()) is not None:
        metadata.append((request_id.HEADER, current))
    return metadata


@contextmanager
def acting_for(
    tenant: str,
    *,
    users: frozenset[str] | None = None,
    namespaces: frozenset[str] | None = None,
) -> Iterator[None]:
    """Do background work for a tenant: a principal and a request id of its own, no deadline.

    The work reaches `users` and `namespaces` only, where they are given.
    """
    worker = Principal(
        tenant=tenant,
        subject="background",
        access=Access.ACCESS_ADMIN,
        users=users,
        namespaces=namespaces,
    )
    settings: list[tuple[Any, Any]] = [
        (principal.current, worker),
        (request_id.current, request_id.accept(None)),
        (deadline.due_at, None),
    ]
    tokens = [(variable, variable.set(value)) for variable, value in settings]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)
