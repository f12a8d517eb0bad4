"""Redis-protocol server with the query engine, started and owned by this process."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agent_memory_services.embedded import binaries
from agent_memory_services.embedded.child import Child, Started
from agent_memory_services.embedded.errors import GivenStoreError
from agent_memory_services.embedded.ownership import own
from agent_memory_services.embedded.ports import free_port, require_free
from agent_memory_services.kit.contract.environment import SecretUrl
from agent_memory_services.kit.contract.store_errors import UnusableStoreError
from agent_memory_services.kit.redis.client import (
    StoreAddressError,
    connect,
    require_query_engine,
)
from agent_memory_services.kit.redis.scripts import mapping_of

Fsync = Literal["everysec", "always", "no"]

_HOST = "127.0.0.1"
_PROBE_SECONDS = 2.0
# The engine cuts a prefix after 200 terms by default, without a word. A filter must see them all.
_UNCUT = "1000000000"
_SEARCH_ARGUMENTS = (
    *("DEFAULT_DIALECT", "2"),
    *("TIMEOUT", "1000"),
    *("ON_TIMEOUT", "FAIL"),
    *("MINPREFIX", "1"),
    *("MAXPREFIXEXPANSIONS", _UNCUT),
)


class EmbeddedStore(Started):
    """An append-only store in one private folder, reachable from this machine alone.

    `fsync` says when a write is on disk, and so what a crash may cost. With "always" it is there
    before it is acknowledged, and nothing is lost. With "everysec" a power cut may cost a second;
    a crash of the server costs nothing, unless the disk was busy: while a sync runs, the server
    keeps what comes in to itself, for two seconds at most. With "no" a crash of the server costs
    nothing, and a power cut what the kernel had not written.

    Indexes are rebuilt from the data at every start, 100,000 HNSW vectors in 40 to 120 seconds
    (`benchmarks/restart.py`), which `ready_within` (seconds) has to cover.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        port: int = 0,
        fsync: Fsync = "everysec",
        ready_within: float = 600.0,
    ) -> None:
        """Describe a store that keeps its files in `state_dir`; port 0 means any free one."""
        self.state_dir = state_dir
        self._port = port
        self._fsync = fsync
        self._ready_within = ready_within
        self._lock: int | None = None
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Address of the store; known once it has been started."""
        return f"redis://{_HOST}:{self._port}"

    @property
    def child(self) -> Child:
        """The server process of the latest start."""
        if self._child is None:
            raise RuntimeError("the store was never started")
        return self._child

    async def start(self) -> None:
        """Start the server and return when its data and every index are complete.

        Raises:
            MissingBinaryError: no package carries the server or the query engine.
            StateInUseError: another live server owns the folder.
            PortTakenError: another process listens on the port.
            ChildFailedError: the server ended, or was not ready in time.
        """
        server, module = binaries.valkey_server(), binaries.search_module()
        self._lock = own(self.state_dir)
        try:
            self._port = self._port or free_port(_HOST)
            require_free("the store", _HOST, self._port)
            self._child = Child(
                "store",
                [server, *self._arguments(module)],
                log=self.state_dir / "store.log",
                # The server owns the folder as long as it lives, even if it outlives us.
                pass_fds=[self._lock],
            )
            await self._child.start()
            await self._child.ready(self._complete, within=self._ready_within)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server with everything on disk, and give the folder free."""
        if self._child is not None:
            await self._child.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _complete(self) -> bool:
        async with connect(self.url, timeout=_PROBE_SECONDS) as client:
            try:
                await client.ping()
                return not await _indexing(client)
            except (RedisConnectionError, RedisTimeoutError, BusyLoadingError):
                return False

    def _arguments(self, module: Path) -> list[str]:
        settings = {
            "bind": _HOST,
            "port": str(self._port),
            "protected-mode": "yes",
            "dir": str(self.state_dir.absolute()),
            "appendonly": "yes",
            "appendfsync": self._fsync,
            # The append-only file holds everything; a snapshot beside it would be a second truth.
            "save": "",
            # The fields of a memory as one list, which takes about a kilobyte less.
            "hash-max-listpack-value": "2048",
            "hash-max-listpack-entries": "64",
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [*flags, "--loadmodule", str(module), *_SEARCH_ARGUMENTS]


async def require_usable(url: str, named_by: str) -> None:
    """Refuse a store that is away, refuses us or cannot hold memories.

    A store that still reads its data is waited for by the services.

    Raises:
        GivenStoreError: the one that the setting `named_by` names cannot be used.
    """
    try:
        async with connect(url) as client:
            await require_query_engine(client)
    except BusyLoadingError:
        return
    except StoreAddressError as error:
        raise GivenStoreError(f"{named_by} {error}") from None
    except (RedisError, OSError, UnusableStoreError) as error:
        why = " ".join(str(error).split())
        raise GivenStoreError(
            f"{named_by} leads to {SecretUrl(url).redacted}, which cannot be used: {why}"
        ) from error


async def _indexing(client: Redis) -> bool:
    """Return true if any index still lacks documents that the store holds."""
    command: Callable[..., Awaitable[Any]] = client.execute_command
    for name in await command("FT._LIST"):
        info = await command("FT.INFO", name)
        if float(mapping_of(info)[b"indexing"]):
            return True
    return False
