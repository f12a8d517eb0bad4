"""Pool of connections to one server of the store.

The library's own keeps every connection that it ever opened. It also loses some: where a task is
cancelled at the moment when a connection is free for it, the next one in the line goes on waiting,
and a connection is never used again whose release is cancelled.
"""

import asyncio
from typing import Any, Final

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection, Connection
from redis.exceptions import ConnectionError as StoreConnectionError

from agent_memory_services.kit.redis.connections import safe_connection

IDLE_SECONDS: Final = 30.0
"""How long a connection that nobody needs is kept."""


class StorePool(ConnectionPool):
    """A bounded number of connections, for tasks that wait for them in order.

    The connection that was used last is used first, so that those which only a burst needed are
    idle and are closed. A connection that comes back is handed to whoever waits longest, and goes
    on to the next where that one is cancelled at the same moment. Giving back never waits and so
    cannot be cancelled. A connection that was asked for before the pool was disconnected, and is
    opened or opened again after that, is closed when it comes back.

    Attributes:
        timeout: seconds to wait for a connection.
    """

    def __init__(
        self,
        *,
        max_connections: int,
        timeout: float,
        idle_seconds: float = IDLE_SECONDS,
        **options: Any,
    ) -> None:
        """Open nothing yet.

        Args:
            max_connections: the most that are open at a time.
            timeout: seconds to wait for a free one.
            idle_seconds: after as long without use, a connection is closed.
            options: of each connection.
        """
        kind = safe_connection(options.pop("connection_class", Connection))
        super().__init__(connection_class=kind, max_connections=max_connections, **options)
        self.timeout = timeout
        self._idle_seconds = idle_seconds
        self._waiting: dict[asyncio.Future[AbstractConnection], None] = {}
        self._idle_since: dict[AbstractConnection, float] = {}
        # How often the pool was disconnected, and had been when each that is used was asked for.
        self._disconnected = 0
        self._asked: dict[AbstractConnection, int] = {}
        self._next_look: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def get_connection(
        self,
        command_name: str | None = None,  # noqa: ARG002 - as the library may call it
        *keys: Any,  # noqa: ARG002
        **options: Any,  # noqa: ARG002
    ) -> AbstractConnection:
        """Take a connection, waiting for a free one, and see that it is open.

        Raises:
            ConnectionError: none was free in time, or the store cannot be reached.
        """
        asked = self._disconnected
        connection = await self._taken()
        try:
            await self.ensure_connection(connection)
        except BaseException:
            # Interrupted in its first exchange it would give an old answer to the next question.
            await _close(connection)
            self._give_back(connection)
            raise
        self._asked[connection] = asked
        return connection

    async def release(self, connection: Any) -> None:
        """Give a connection back."""
        try:
            outdated = self._asked.pop(connection, None) != self._disconnected
            if outdated or connection.is_old or connection.should_reconnect():
                await _close(connection)
        finally:
            self._give_back(connection)

    async def renew(self) -> None:
        """Close connections that are idle now, and those that are used when they come back."""
        self._disconnected += 1
        await self.disconnect(inuse_connections=False)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the connections that are idle, and those that are used where that is wanted."""
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        if inuse_connections:
            self._disconnected += 1
        await asyncio.gather(*self._closing)
        await super().disconnect(inuse_connections)

    async def _taken(self) -> AbstractConnection:
        if self.can_get_connection():
            free: Any = self.get_available_connection  # without types
            connection: AbstractConnection = free()
            self._idle_since.pop(connection, None)
            return connection
        place: asyncio.Future[AbstractConnection] = asyncio.get_running_loop().create_future()
        self._waiting[place] = None
        try:
            async with asyncio.timeout(self.timeout):
                return await self._handed(place)
        except TimeoutError as error:
            raise StoreConnectionError("no connection to the store became free") from error

    async def _handed(self, place: asyncio.Future[AbstractConnection]) -> AbstractConnection:
        try:
            return await place
        except asyncio.CancelledError:
            self._waiting.pop(place, None)
            if not place.cancelled():
                self._give_back(place.result())
            raise

    def _give_back(self, connection: AbstractConnection) -> None:
        while self._waiting:
            place = next(iter(self._waiting))
            del self._waiting[place]
            # Who was cancelled a moment ago has not left yet.
            if not place.done():
                place.set_result(connection)
                return
        self._in_use_connections.remove(connection)
        self._available_connections.append(connection)
        now = asyncio.get_running_loop().time()
        self._idle_since[connection] = now
        if self._next_look is None:
            self._look_at(now + self._idle_seconds)

    def _look_at(self, due: float) -> None:
        self._next_look = asyncio.get_running_loop().call_at(due, self._close_idle)

    def _close_idle(self) -> None:
        loop, self._next_look = asyncio.get_running_loop(), None
        # The first was used least recently.
        while self._available_connections:
            connection = self._available_connections[0]
            due = self._idle_since[connection] + self._idle_seconds
            if due > loop.time():
                self._look_at(due)
                return
            del self._available_connections[0], self._idle_since[connection]
            closing = loop.create_task(_close(connection))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)


async def _close(connection: AbstractConnection) -> None:
    """Close a connection without waiting, so that nothing can interrupt it."""
    await connection.disconnect(nowait=True)
