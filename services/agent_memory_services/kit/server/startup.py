"""Start of a process: a store that is away is waited for, what no waiting mends is said."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Final, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
)

from agent_memory_services.kit.contract import environment
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.clock import Timer
from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.kit.contract.status import STORE_AWAY
from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis.client import StoreAddressError, connect
from agent_memory_services.kit.server.settings import ProcessSettings

log = structlog.get_logger()

# For keys of callers and answers of calls: two short commands of each call that changes something.
_MAX_OWN_CONNECTIONS: Final = 16
_REPORT_SECONDS: Final = 30.0
_REFUSED = (AuthenticationError, AuthorizationError, NoPermissionError, UnusableStoreError)
_Owned = TypeVar("_Owned")


def own_store(settings: ProcessSettings) -> Redis:
    """The process's own client of the store; nothing is sent yet.

    Raises:
        SettingsError: the URL is none of a store.
    """
    try:
        return connect(
            settings.redis_url,
            timeout=settings.redis_timeout_seconds,
            max_connections=_MAX_OWN_CONNECTIONS,
        )
    except StoreAddressError as error:
        raise SettingsError(f"{_setting(settings)} {error}") from None


@asynccontextmanager
async def opened(
    settings: ProcessSettings, store: Redis, own: Callable[[], AbstractAsyncContextManager[_Owned]]
) -> AsyncIterator[_Owned]:
    """Open what needs the store, as soon as that answers, and close it in the end.

    Raises:
        SettingsError: the store refuses our credentials, or cannot be used.
    """
    async with AsyncExitStack() as stack:
        while True:
            try:
                owned = await stack.enter_async_context(own())
                break
            except _REFUSED as error:
                raise SettingsError(
                    f"{_setting(settings)} leads to {settings.redis_url.redacted}: {error}"
                ) from error
            except STORE_AWAY as error:
                await _answering(settings, store, error)
        yield owned


async def _answering(settings: ProcessSettings, store: Redis, error: Exception) -> None:
    """Return when the store answers anything, which `error` says it does not."""
    backoff, report = Backoff(0.2, 5.0), Timer(_REPORT_SECONDS, over=True)
    for failures in count():
        if report.is_over:
            report.restart()
            log.warning(
                "server.awaits_store",
                address=settings.redis_url.redacted,
                setting=_setting(settings),
                error=type(error).__name__,
                reason=str(error),
            )
        await asyncio.sleep(backoff.wait(failures))
        try:
            await store.ping()
        except _REFUSED:
            # An answer all the same; what it means is found where more is asked.
            return
        except STORE_AWAY as again:
            error = again
        else:
            return


def _setting(settings: ProcessSettings) -> str:
    """Return the variable that says where the store is."""
    kind = type(settings)
    found = environment.source_of(kind, "redis_url", os.environ)
    return found or environment.variables_of(kind, "redis_url")[0]
