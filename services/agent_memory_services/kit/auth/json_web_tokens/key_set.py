"""Published keys of an identity provider, read in the background."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from agent_memory_services.kit.contract import clock, errors, transport
from agent_memory_services.kit.contract.shown_errors import described
from agent_memory_services.kit.redis.background import Periodic, end

_MAX_BYTES = 1024 * 1024


class KeySourceError(Exception):
    """The keys could not be read."""


def check_source(location: str) -> str:
    """Refuse a place that keys must not come from.

    Raises:
        ValueError: it is neither a file nor an https URL, nor an http URL of this machine.
    """
    parts = urlsplit(location)
    plain = parts.scheme == "http" and transport.is_loopback(parts.hostname or "")
    file = parts.scheme == "file" and not parts.netloc and bool(parts.path)
    if not (parts.scheme == "https" or plain or file):
        raise ValueError("must be an https: URL, or a file: URL with an absolute path")
    return location


async def read_keys(location: str, *, timeout: float) -> bytes:  # noqa: ASYNC109 - for the whole
    """Read the key set as its source has it.

    Raises:
        KeySourceError: it cannot be read within `timeout` seconds, or is larger than a key set
            can be.
    """
    parts = urlsplit(location)
    try:
        async with asyncio.timeout(timeout):
            if parts.scheme == "file":
                return _bounded(await asyncio.to_thread(Path(parts.path).read_bytes))
            return await _fetched(location)
    except (OSError, ValueError) as error:
        raise KeySourceError(type(error).__name__) from error


async def _fetched(location: str) -> bytes:
    """Read over HTTP without redirects: keys come from the place that was named, or nowhere."""
    # Takes long to import, and is of use where keys are published over HTTP alone.
    import httpx2  # noqa: PLC0415

    # To read the authorities of the system takes long enough to hold up calls.
    trusted = await asyncio.to_thread(ssl.create_default_context)
    # What is decompressed could be of any size.
    plain = {"accept-encoding": "identity"}
    try:
        async with (
            httpx2.AsyncClient(verify=trusted, timeout=None, headers=plain) as client,
            client.stream("GET", location, follow_redirects=False) as answer,
        ):
            answer.raise_for_status()
            data = b""
            async for part in answer.aiter_raw():
                data = _bounded(data + part)
            return data
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise KeySourceError(type(error).__name__) from error


def _bounded(data: bytes) -> bytes:
    if len(data) > _MAX_BYTES:
        raise ValueError("too large")
    return data


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
        self._keys: Mapping[str, KeysByAlgorithm] | None = None
        self._source: bytes | None = None
        self._fresh = clock.Timer(min_seconds_between, over=True, clock=monotonic)
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def refreshed(self) -> AsyncIterator[None]:
        """Read the keys, and keep them fresh for as long as the block runs."""
        await self._refresh()
        rest = self._rest()
        try:
            async with Periodic(self._step, rest, delay=rest).running():
                yield
        finally:
            await end(self._reading)

    def find(self, kid: str) -> KeysByAlgorithm | None:
        """The key of an id, if it is known, for each algorithm that it may be used with."""
        return (self._keys or {}).get(kid)

    async def find_anew(self, kid: str) -> KeysByAlgorithm | None:
        """The same after another reading, if the last one is not too fresh for that.

        Raises:
            DependencyUnavailable: no reading has ever succeeded.
        """
        if self._reading is not None or self._fresh.is_over:
            await self._refresh()
        if self._keys is None:
            raise errors.DependencyUnavailable("the token issuer's key set", self._min_between)
        return self.find(kid)

    async def _refresh(self) -> None:
        """Read once, however many wait for it."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_once())
            self._reading.add_done_callback(self._done)
        await asyncio.shield(self._reading)

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read_once(self) -> None:
        self._fresh.restart()
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

    async def _step(self) -> float:
        await self._refresh()
        return self._rest()

    def _rest(self) -> float:
        """Seconds until the next reading, which is soon where none has succeeded."""
        wait = self._refresh_seconds if self._keys is not None else self._min_between
        return min(wait, self._refresh_seconds)


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
