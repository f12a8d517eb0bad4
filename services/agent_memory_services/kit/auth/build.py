"""Construction of the authenticator that the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore, LastUse
from agent_memory_services.kit.auth.api_keys.verifier import ApiKeyVerifier, read_pepper
from agent_memory_services.kit.auth.authenticator import (
    Authenticator,
    CheckCredentials,
    TokenVerifier,
    TrustEveryone,
)
from agent_memory_services.kit.auth.certificates import KnownCertificates
from agent_memory_services.kit.auth.credential_cache import CredentialCache
from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySet, read_keys
from agent_memory_services.kit.auth.json_web_tokens.verifier import ClaimNames, JwtVerifier
from agent_memory_services.kit.auth.settings import AuthMethod, AuthSettings

_KEY_SET_SECONDS = 5.0


@asynccontextmanager
async def opened(settings: AuthSettings, redis: Redis) -> AsyncIterator[Authenticator]:
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
