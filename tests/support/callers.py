"""Everybody who may call a method, and what has to become of each call.

A table over the contracts: a method that is added later is covered the day it appears.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from redis.asyncio import Redis

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth import scope as acting_scope
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.support.credentials import Issuer

PEPPER = b"0123456789abcdef" * 2
TENANT = "x-agent-memory-tenant"
READER, WRITER, ADMIN = Access.ACCESS_READER, Access.ACCESS_WRITER, Access.ACCESS_ADMIN
ROLES = {Role.READER: READER, Role.WRITER: WRITER, Role.ADMIN: ADMIN}

Metadata = tuple[tuple[str, str | bytes], ...]


class Outcome(Enum):
    """What becomes of a call."""

    STRANGER = "UNAUTHENTICATED"
    DENIED = "ACCESS_DENIED"
    ADMITTED = ""


@dataclass(frozen=True)
class Caller:
    """Somebody who calls: its name, what it sends along, and what it may do at the most."""

    name: str
    metadata: Metadata
    access: Access.ValueType | None = None
    outcome: Outcome | None = None

    def expected(self, policy: MethodPolicy) -> Outcome:
        """What has to become of its call of a method."""
        if self.outcome is not None:
            return self.outcome
        assert self.access is not None
        return Outcome.ADMITTED if self.access >= policy.access else Outcome.DENIED


def bearer(token: str, *more: tuple[str, str | bytes]) -> Metadata:
    """Metadata with a credential, and more."""
    return (("authorization", f"Bearer {token}"), *more)


class Callers:
    """Makes the credentials of one deployment."""

    def __init__(self, redis: Redis, issuer: Issuer) -> None:
        self._keyring = Keyring(ApiKeyStore(redis))
        self._issuer = issuer

    async def key(self, role: Role, tenant: str = "acme", **terms: Any) -> str:
        """A new API key."""
        tenant = "" if role is Role.SERVICE else tenant
        _, token = await self._keyring.create(PEPPER, role=role, tenant=tenant, **terms)
        return token.text

    async def all(self) -> list[Caller]:
        """Strangers, callers of every role by key and by token, and services."""
        callers = [
            Caller(name, metadata, outcome=Outcome.STRANGER)
            for name, metadata in {**await self._keys_of_nobody(), **self._tokens()}.items()
        ]
        for role, access in ROLES.items():
            callers += [
                Caller(f"{role} by key", bearer(await self.key(role)), access),
                Caller(f"{role} by token", bearer(self._issuer.token(role=role)), access),
            ]
        return [*callers, *await self._strayed(), *await self._services()]

    async def _keys_of_nobody(self) -> Mapping[str, Metadata]:
        key, other = await self.key(Role.ADMIN), await self.key(Role.ADMIN)
        revoked = await self.key(Role.ADMIN)
        await self._keyring.revoke(revoked.split("_")[1])
        return {
            "no credential": (),
            "no credential, but a tenant": ((TENANT, "acme"),),
            "another scheme": (("authorization", f"Basic {key}"),),
            "no key of ours": bearer(key.replace("am_", "am_a")),
            "unknown key": bearer("am_" + "a" * 16 + "_" + "a" * 52),
            "wrong secret": bearer(f"am_{key.split('_')[1]}_{other.split('_')[2]}"),
            "expired key": bearer(await self.key(Role.ADMIN, lifetime=0)),
            "revoked key": bearer(revoked),
            "service without a tenant": bearer(await self.key(Role.SERVICE)),
        }

    def _tokens(self) -> Mapping[str, Metadata]:
        issuer, now = self._issuer, int(time.time())
        claims: Mapping[str, Callable[[], str]] = {
            "expired token": lambda: issuer.token(exp=now - 60),
            "token not valid yet": lambda: issuer.token(nbf=now + 60),
            "wrong audience": lambda: issuer.token(aud="another"),
            "wrong issuer": lambda: issuer.token(iss="https://another.test/"),
            "no tenant": lambda: issuer.token(tenant=None),
            "no role": lambda: issuer.token(role=None),
            "unknown role": lambda: issuer.token(role="root"),
            "algorithm none": lambda: issuer.forged("none", role="admin"),
            "public key as a secret": lambda: issuer.forged("HS256", role="admin"),
            "unknown kid": lambda: issuer.stranger("unknown", role="admin"),
            "another's signature": lambda: issuer.stranger(next(iter(issuer.keys)), role="admin"),
        }
        return {name: bearer(make()) for name, make in claims.items()}

    async def _strayed(self) -> list[Caller]:
        """Administrators of one tenant who ask for another's."""
        credentials = {
            "key": await self.key(Role.ADMIN),
            "token": self._issuer.token(role="admin"),
        }
        return [
            Caller(
                f"other tenant by {kind}",
                bearer(credential, (TENANT, "other")),
                outcome=Outcome.DENIED,
            )
            for kind, credential in credentials.items()
        ]

    async def _services(self) -> list[Caller]:
        """A service on its own account, and for callers of every role."""
        service = await self.key(Role.SERVICE)
        callers = [Caller("service", bearer(service, (TENANT, "acme")), ADMIN)]
        for role, access in ROLES.items():
            scope = acting_scope.scope_of(Principal("acme", "key:caller", access))
            metadata = bearer(service, (TENANT, "acme"), (acting_scope.SCOPE_HEADER, scope))
            callers.append(Caller(f"service for a {role}", metadata, access))
        return callers
