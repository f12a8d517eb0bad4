"""Identities of callers, and a cache of those whose credentials were verified lately."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.scope import (
    SCOPE_HEADER,
    TENANT_HEADER,
    narrowed,
    tenant_named,
    valid_tenant,
)
from agent_memory_services.kit.contract import context, errors


class Role(StrEnum):
    """Purpose of a credential.

    A reader reads; a writer also writes; an admin also runs operations over its whole tenant. A
    service is one of the suite's own processes: it belongs to no tenant and acts for the one,
    and within the limits, that each of its calls names.
    """

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"
    SERVICE = "service"


_ACCESS = {
    Role.READER: Access.ACCESS_READER,
    Role.WRITER: Access.ACCESS_WRITER,
    Role.ADMIN: Access.ACCESS_ADMIN,
    Role.SERVICE: Access.ACCESS_ADMIN,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a credential.

    Attributes:
        subject: names the credential, for audit; stable as long as it is.
        role: what it is for.
        tenant: whose data it reaches; empty for a service, which names one with each call.
        users: the users it may act for, or None for every user of the tenant.
        namespaces: the namespaces it may touch, or None for all.
    """

    subject: str
    role: Role
    tenant: str = ""
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    def __post_init__(self) -> None:
        """Refuse an identity that would reach everything, or nothing.

        Raises:
            ValueError: a service has a tenant or limits, or another role has no valid tenant.
        """
        if self.role is Role.SERVICE:
            if self.tenant or self.users is not None or self.namespaces is not None:
                raise ValueError("a service belongs to no tenant and has no limits of its own")
        elif not valid_tenant(self.tenant):
            raise ValueError("the tenant must be 1 to 128 printable ASCII characters")

    def principal(self, metadata: Mapping[str, str | bytes]) -> context.Principal:
        """Return the principal of a call of this holder, given what the call carries along.

        Raises:
            AccessDenied: the call names a tenant that is not the credential's.
            Unauthenticated: a service names no tenant, or limits that cannot be read.
        """
        named = metadata.get(TENANT_HEADER)
        if self.role is Role.SERVICE:
            return self._acting(named, metadata.get(SCOPE_HEADER))
        if named is not None and named != self.tenant:
            raise errors.AccessDenied("a credential of the tenant it names")
        return context.Principal(
            self.tenant, self.subject, _ACCESS[self.role], self.users, self.namespaces
        )

    def _acting(self, tenant: str | bytes | None, scope: str | bytes | None) -> context.Principal:
        whole = context.Principal(tenant_named(tenant), self.subject, _ACCESS[self.role])
        return whole if scope is None else narrowed(whole, scope)


_MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """An identity that holds until a moment on the monotonic clock."""

    identity: Identity
    until: float


class CredentialCache:
    """A bounded memory of verified tokens that forgets the least recently used.

    Tokens are kept by digest: who reads this process's memory finds no token here.
    """

    def __init__(
        self, *, max_entries: int = _MAX_ENTRIES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max = max_entries
        self._clock = clock
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[Identity]] = {}
        self._generation = 0

    def recall(self, token: str) -> Identity | None:
        """Return the holder of a token, if that is known and still holds."""
        digest = _digest(token)
        known = self._verified.get(digest)
        if known is None:
            return None
        if known.until <= self._clock():
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return known.identity

    async def once(self, token: str, verify: Callable[[str], Awaitable[Verified]]) -> Identity:
        """Verify the token and remember it; calls that come meanwhile share the answer."""
        digest = _digest(token)
        running = self._running.get(digest)
        if running is None:
            running = asyncio.create_task(self._verify(digest, token, verify))
            self._running[digest] = running
            running.add_done_callback(lambda done: self._settle(digest, done))
        # A caller that goes away leaves the others their answer.
        return await asyncio.shield(running)

    def forget(self) -> None:
        """Forget every token, because what they were verified by has changed."""
        self._verified.clear()
        self._generation += 1

    def _settle(self, digest: bytes, done: asyncio.Task[Identity]) -> None:
        del self._running[digest]
        if not done.cancelled():
            # Whoever waited has it already; nobody may have.
            done.exception()

    async def _verify(
        self, digest: bytes, token: str, verify: Callable[[str], Awaitable[Verified]]
    ) -> Identity:
        generation = self._generation
        verified = await verify(token)
        if generation == self._generation:
            self._verified[digest] = verified
            while len(self._verified) > self._max:
                self._verified.popitem(last=False)
        return verified.identity


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
