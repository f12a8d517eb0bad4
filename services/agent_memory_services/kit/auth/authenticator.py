"""Recognition of callers by their credentials."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.certificates import KnownCertificates
from agent_memory_services.kit.auth.credential_cache import CredentialCache, Verified
from agent_memory_services.kit.auth.credentials import CallCredentials, CredentialFault, Refused
from agent_memory_services.kit.auth.scope import SCOPE_HEADER, TENANT_HEADER, narrowed, tenant_named
from agent_memory_services.kit.contract.context import Principal


class Authenticator(Protocol):
    """Recognises callers."""

    def recognise(self, credentials: CallCredentials) -> Principal | Awaitable[Principal]:
        """Return the principal of a call: at once where it is known, else after a look-up.

        Raises:
            Unauthenticated: they identify nobody.
            AccessDenied: it identifies somebody who may not act for the tenant the call names.
        """
        ...


class TokenVerifier(Protocol):
    """Verifies bearer tokens of one kind."""

    def takes(self, token: str) -> bool:
        """Return true if the token looks like one of this kind."""
        ...

    async def verify(self, token: str) -> Verified:
        """Verify a token; return its holder, and until when that need not be verified again.

        Raises:
            Refused: it is not valid.
            Unavailable: what has to be asked for it is away.
        """
        ...


class TrustEveryone:
    """Lets everybody act for the tenant they name; fit for a loopback address only."""

    def __init__(self, default_tenant: str) -> None:
        self._default = _trusted(default_tenant)

    def recognise(self, credentials: CallCredentials) -> Principal:
        """An administrator of the named tenant, or of the default one.

        The limits of whom a service acts for hold here too: they cannot widen anything.
        """
        metadata = credentials.metadata
        tenant, scope = metadata.get(TENANT_HEADER), metadata.get(SCOPE_HEADER)
        whole = self._default if tenant is None else _trusted(tenant_named(tenant))
        return whole if scope is None else narrowed(whole, scope)


def _trusted(tenant: str) -> Principal:
    return Principal(tenant=tenant, subject="anyone", access=Access.ACCESS_ADMIN)


class CheckCredentials:
    """Recognises callers by a bearer token or, where they send none, by their certificate."""

    def __init__(
        self,
        tokens: tuple[TokenVerifier, ...],
        certificates: KnownCertificates | None,
        cache: CredentialCache,
    ) -> None:
        self._tokens = tokens
        self._certificates = certificates
        self._cache = cache

    def recognise(self, credentials: CallCredentials) -> Principal | Awaitable[Principal]:
        """Whoever holds the credential; a token seen lately costs a digest and a look-up."""
        token = credentials.token
        if token is None:
            return self._by_certificate(credentials)
        known = self._cache.recall(token)
        if known is not None:
            return known.principal(credentials.metadata)
        return self._by_token(token, credentials.metadata)

    async def _by_token(self, token: str, metadata: Mapping[str, str | bytes]) -> Principal:
        for verifier in self._tokens:
            if verifier.takes(token):
                identity = await self._cache.once(token, verifier.verify)
                return identity.principal(metadata)
        raise Refused(CredentialFault.MALFORMED)

    def _by_certificate(self, credentials: CallCredentials) -> Principal:
        if self._certificates is None:
            raise Refused(CredentialFault.NO_CREDENTIAL)
        return self._certificates.identity(credentials.connection()).principal(credentials.metadata)
