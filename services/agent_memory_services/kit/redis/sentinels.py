"""Sentinels, which watch the servers of a store and name the one that is the primary."""

from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote
from weakref import proxy

from redis.asyncio.sentinel import (
    Sentinel,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from agent_memory_services.kit.redis.pool import StorePool

SENTINEL_PORT: Final = 26379


class SentinelPool(StorePool):
    """Connections to the primary that sentinels name at the moment when each is opened.

    Attributes:
        is_master: connections lead to the primary, as the library's own kind asks.
        check_connection: none is tried with a command of its own.
    """

    is_master: Final = True
    check_connection: Final = False

    def __init__(self, sentinel: Sentinel, name: str, **options: Any) -> None:
        """Ask sentinels for the primary of the group `name`; options as of `StorePool`."""
        super().__init__(**options)
        # The library's connections ask their pool where they lead.
        self.connection_kwargs["connection_pool"] = proxy(self)
        self._sentinel = sentinel
        self._name = name

    async def get_master_address(self) -> tuple[str, int]:
        """Return host and port of the primary.

        Raises:
            ConnectionError: no sentinel that answers knows one.
        """
        host, port = await self._sentinel.discover_master(self._name)
        return str(host), int(port)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close connections, and those to the sentinels where all are meant."""
        await super().disconnect(inuse_connections)
        if inuse_connections:
            await self._sentinel.aclose()


def sentinel_pool(parts: SplitResult, options: dict[str, Any]) -> SentinelPool:
    """The pool for a URL of sentinels.

    It reads `redis+sentinel://user:password@host:port,host:port/name/db`. User, password and
    database are those of the store; `sentinel_username` and `sentinel_password` in the query are
    those of the sentinels. With `rediss+sentinel` both are spoken to over TLS.

    Args:
        parts: the URL.
        options: of the pool and of each of its connections.

    Raises:
        ValueError: no sentinel is named, or no group, or something is no number.
    """
    credentials, _, hosts = parts.netloc.rpartition("@")
    name, _, database = parts.path.strip("/").partition("/")
    if not hosts or not name:
        raise ValueError("a URL of sentinels is redis+sentinel://host:port,host:port/name")
    query = dict(parse_qsl(parts.query))
    theirs = {
        "username": query.pop("sentinel_username", None),
        "password": query.pop("sentinel_password", None),
    }
    username, _, password = credentials.partition(":")
    secure = parts.scheme.startswith("rediss")
    transport = {key: value for key, value in query.items() if secure and key.startswith("ssl_")}
    timeouts = {key: value for key, value in options.items() if key.startswith("socket_")}
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # without types
        [_address(host) for host in hosts.split(",")],
        sentinel_kwargs={
            **timeouts,
            **theirs,
            **transport,
            "ssl": secure,
            "decode_responses": True,
        },
    )
    return SentinelPool(
        sentinel,
        unquote(name),
        connection_class=SentinelManagedSSLConnection if secure else SentinelManagedConnection,
        username=unquote(username) or None,
        password=unquote(password) or None,
        db=int(database or query.get("db", "0")),
        **transport,
        **options,
    )


def _address(text: str) -> tuple[str, int]:
    """Read `host`, `host:port`, `[::1]` or `[::1]:port`."""
    found = SplitResult("", text, "", "", "")
    if not found.hostname:
        raise ValueError("a URL of sentinels names an empty host")
    return found.hostname, found.port or SENTINEL_PORT
