"""What the claims of a verified token say about its holder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_memory_services.runtime.auth.identity import Identity, Role
from agent_memory_services.runtime.auth.refusals import Refused, Why

# The most that a list of roles allows; the role of a service is never one of several.
_BY_POWER = (Role.ADMIN, Role.WRITER, Role.READER)


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where an issuer puts what we need to know.

    Attributes:
        tenant: the claim with the tenant.
        role: the claim with a role, or a list that holds one.
        users: the claim with the user or users the holder is confined to.
        namespaces: the claim with the namespace or namespaces it is confined to.
    """

    tenant: str = "tenant"
    role: str = "role"
    users: str = "users"
    namespaces: str = "namespaces"


def identity_of(claims: Mapping[str, Any], names: ClaimNames) -> Identity:
    """Who holds a token of these claims.

    Raises:
        Refused: a claim is missing or is not what it should be.
    """
    role = _role(claims.get(names.role))
    tenant = claims.get(names.tenant, "")
    subject = claims.get("sub")
    if not isinstance(tenant, str) or not isinstance(subject, str) or not subject:
        raise Refused(Why.WRONG_CLAIM)
    try:
        return Identity(
            f"jwt:{subject}",
            role,
            tenant,
            _limits(claims, names.users),
            _limits(claims, names.namespaces),
        )
    except ValueError:
        raise Refused(Why.WRONG_CLAIM) from None


def _role(claim: Any) -> Role:
    if claim == Role.SERVICE:
        return Role.SERVICE
    held = claim if isinstance(claim, list) else [claim]
    for role in _BY_POWER:
        if role in held:
            return role
    raise Refused(Why.WRONG_CLAIM)


def _limits(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    """The values of a claim; None only where the token does not have it at all."""
    if name not in claims:
        return None
    claim = claims[name]
    values: Sequence[Any] = claim if isinstance(claim, list) else [claim]
    if not all(isinstance(value, str) for value in values):
        raise Refused(Why.WRONG_CLAIM)
    return frozenset(values)
