"""Authenticators of calls, and the one that the settings ask for."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Protocol

from redis.asyncio import Redis

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore, LastUse
from agent_memory_services.kit.auth.api_keys.verifier import ApiKeyVerifier, read_pepper
from agent_memory_services.kit.auth.certificates import KnownCertificates
from agent_memory_services.kit.auth.credentials import CallCredentials, CredentialFault, Refused
from agent_memory_services.kit.auth.identity import CredentialCache, Verified
from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySet, read_keys
from agent_memory_services.kit.auth.json_web_tokens.verifier import ClaimNames, JwtVerifier
from agent_memory_services.kit.auth.scope import SCOPE_HEADER, TENANT_HEADER, narrowed, tenant_named
from agent_memory_services.kit.auth.settings import AuthMethod, AuthSettings
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


_KEY_SET_SECONDS = 5.0


@asynccontextmanager
async def open_authenticator(settings: AuthSettings, redis: Redis) -> AsyncIterator[Authenticator]:
    """Recognise callers as the settings say, for as long as the block runs.

    Raises:
        PepperError: API keys are to be accepted and their pepper cannot be used.
        OSError: the file of known certificates cannot be read.
        ValueError: that file does not say what it should.
    """
    if settings.trusts_everyone:
        yield TrustEveryone(settings.default_tenant)
        return
    cache = CredentialCache()
    tokens: list[TokenVerifier] = []
    async with AsyncExitStack() as stack:
        if AuthMethod.API_KEY in settings.auth:
            tokens.append(await _api_keys(settings, redis, stack))
        if AuthMethod.JWT in settings.auth:
            tokens.append(await _json_web_tokens(settings, cache, stack))
        yield CheckCredentials(tuple(tokens), _certificates(settings), cache)


async def _api_keys(settings: AuthSettings, redis: Redis, stack: AsyncExitStack) -> ApiKeyVerifier:
    if settings.api_key_pepper_file is None:
        raise ValueError("no pepper")
    pepper = read_pepper(settings.api_key_pepper_file)
    store = ApiKeyStore(redis)
    last_use = LastUse(store)
    await stack.enter_async_context(last_use.written())
    return ApiKeyVerifier(store, pepper, last_use, recheck_seconds=settings.auth_recheck_seconds)


async def _json_web_tokens(
    settings: AuthSettings, cache: CredentialCache, stack: AsyncExitStack
) -> JwtVerifier:
    keys = KeySet(
        partial(read_keys, settings.jwt_key_set, timeout=_KEY_SET_SECONDS),
        settings.jwt_algorithms,
        refresh_seconds=settings.jwt_key_set_refresh_seconds,
        # What a withdrawn key has signed is not to be remembered.
        on_change=cache.forget,
    )
    await stack.enter_async_context(keys.refreshed())
    return JwtVerifier(
        keys,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        algorithms=settings.jwt_algorithms,
        names=ClaimNames(
            settings.jwt_tenant_claim,
            settings.jwt_role_claim,
            settings.jwt_users_claim,
            settings.jwt_namespaces_claim,
        ),
        required=settings.jwt_required_claims,
        leeway_seconds=settings.jwt_leeway_seconds,
    )


def _certificates(settings: AuthSettings) -> KnownCertificates | None:
    if AuthMethod.MTLS not in settings.auth or settings.mtls_identities_file is None:
        return None
    return KnownCertificates(settings.mtls_identities_file)
