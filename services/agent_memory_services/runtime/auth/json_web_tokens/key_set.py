"""The keys an issuer signs with, kept fresh behind the calls' backs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import orjson
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from agent_memory_services.runtime.auth.json_web_tokens.key_source import KeySourceError
from agent_memory_services.runtime.errors import DependencyUnavailable
from agent_memory_services.runtime.shown_errors import described

log = structlog.get_logger()

# Below this a token of a key we do not know cannot make us ask again.
_MIN_SECONDS_BETWEEN = 10.0
# A shared secret has no place in a published set, and would be taken for one to sign with.
_KEY_TYPES = ("RSA", "EC", "OKP")

KeysByAlgorithm: TypeAlias = Mapping[str, PyJWK]


class KeySet:
    """Public keys by their id.

    They are read again every so often, and once when a token names a key that is not among them.
    A reading that fails changes nothing: the keys of the one before go on.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        algorithms: Collection[str],
        *,
        refresh_seconds: float,
        on_change: Callable[[], None],
        min_seconds_between: float = _MIN_SECONDS_BETWEEN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._algorithms = tuple(algorithms)
        self._refresh_seconds = refresh_seconds
        self._on_change = on_change
        self._min_between = min_seconds_between
        self._monotonic = monotonic
        self._keys: Mapping[str, KeysByAlgorithm] | None = None
        self._source: bytes | None = None
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def refreshed(self) -> AsyncIterator[None]:
        """Read the keys, and keep them fresh for as long as the block runs."""
        await self._refresh()
        refreshing = asyncio.create_task(self._refresh_on())
        try:
            yield
        finally:
            for task in (refreshing, self._reading):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

    def find(self, kid: str) -> KeysByAlgorithm | None:
        """The key of an id, if it is known, for each algorithm that it may be used with."""
        return (self._keys or {}).get(kid)

    async def find_anew(self, kid: str) -> KeysByAlgorithm | None:
        """The same after another reading, if the last one is not too fresh for that.

        Raises:
            DependencyUnavailable: no reading has ever succeeded.
        """
        if self._reading is not None or self._may_read():
            await self._refresh()
        if self._keys is None:
            raise DependencyUnavailable("the token issuer's key set", self._min_between)
        return self.find(kid)

    def _may_read(self) -> bool:
        since = None if self._read_at is None else self._monotonic() - self._read_at
        return since is None or since >= self._min_between

    async def _refresh(self) -> None:
        """Read once, however many wait for it."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_once())
            self._reading.add_done_callback(self._done)
        await asyncio.shield(self._reading)

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read_once(self) -> None:
        self._read_at = self._monotonic()
        try:
            source = await self._read()
            keys = _parsed(source, self._algorithms)
        except (KeySourceError, ValueError) as error:
            log.warning("key_set.unread", error=described(error), keys=len(self._keys or {}))
            return
        if source != self._source:
            self._source, self._keys = source, keys
            self._on_change()
            log.info("key_set.read", keys=len(keys))

    async def _refresh_on(self) -> None:
        while True:
            fresh = self._keys is not None
            wait = self._refresh_seconds if fresh else self._min_between
            await asyncio.sleep(min(wait, self._refresh_seconds))
            await self._refresh()


def _parsed(source: bytes, algorithms: Collection[str]) -> Mapping[str, KeysByAlgorithm]:
    """The keys of a set that can verify signatures; others in it do no harm.

    Raises:
        ValueError: it is no key set, or has no key that is of use.
    """
    found = orjson.loads(source)
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")  # noqa: TRY004 - what a server answered, not a bug
    keys = {entry["kid"]: _usable(entry, algorithms) for entry in entries if _signs(entry)}
    if not any(keys.values()):
        raise ValueError("no usable key")
    return {kid: by_algorithm for kid, by_algorithm in keys.items() if by_algorithm}


def _signs(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("use", "sig") == "sig"
        and entry.get("kty") in _KEY_TYPES
        and isinstance(entry.get("kid"), str)
    )


def _usable(entry: dict[str, Any], algorithms: Collection[str]) -> KeysByAlgorithm:
    """The key for the algorithm it declares, or else for each that fits its kind."""
    found = {}
    for algorithm in algorithms:
        if entry.get("alg", algorithm) == algorithm:
            with suppress(PyJWTError):
                found[algorithm] = PyJWK(entry, algorithm)
    return found
