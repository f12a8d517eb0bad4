"""One connection to a server of the store that many calls share.

The library takes a connection out of its pool for every command, writes to it, and waits on it
alone for the answer. Here the commands that one turn of the event loop gathers are written by one
call of the system. Answers come in the order of the commands and are handed to whoever asked.
"""

import asyncio
import select
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import hiredis
from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import InvalidResponse, RedisError, ResponseError
from redis.exceptions import TimeoutError as StoreTimeoutError

from agent_memory_services.kit.contract.store_errors import typed

LARGEST: Final = 256 * 1024
"""Bytes of a command that may travel here; a larger one would hold up those behind it."""
_MORE: Final = object()
_GONE: Final = getattr(select, "POLLRDHUP", 0)


class SharedLine:
    """A connection that is opened when somebody asks, and again after it broke.

    A command whose answer was lost may have run: it fails, as all that wait for answers do, and
    nothing is sent twice. Who is cancelled leaves the answer of the store to nobody.
    """

    def __init__(self, pool: ConnectionPool, seconds: float) -> None:
        """Open connections as a pool makes them; an answer may take `seconds`."""
        self._pool = pool
        self._seconds = seconds
        self._line: _Line | None = None
        self._leaving: dict[asyncio.Task[None], _Line] = {}
        self._opening: asyncio.Task[_Line] | None = None

    def ask(self, command: bytes) -> Awaitable[Any]:
        """Send a packed command; what is returned waits for the store's answer.

        Waiting raises:
            ConnectionError: the store cannot be reached, or went away.
            TimeoutError: it does not answer.
            ResponseError: it answered with an error.
        """
        line = self._line
        return self._ask_later(command) if line is None or line.is_busy else line.ask(command)

    async def _ask_later(self, command: bytes) -> Any:
        return await (await self._usable()).ask(command)

    async def ask_all(self, commands: Sequence[bytes]) -> list[Any]:
        """Send packed commands together and return their answers, those that are errors as such.

        Raises:
            ConnectionError: the store cannot be reached, or went away.
            TimeoutError: it does not answer.
        """
        line = await self._usable()
        answers = [line.ask(command) for command in commands]
        found = await asyncio.gather(*answers, return_exceptions=True)
        for answer in found:
            if isinstance(answer, Exception) and not isinstance(answer, ResponseError):
                raise answer
        return found

    def renew(self) -> None:
        """Ask nothing more on the connection that is open; the next command opens another."""
        line, self._line = self._line, None
        if line is not None:
            leaving = asyncio.create_task(line.leave())
            self._leaving[leaving] = line
            leaving.add_done_callback(self._leaving.pop)

    async def _usable(self) -> "_Line":
        if self._line is not None and self._line.is_old:
            self.renew()
        line = self._line
        if line is None or line.is_broken:
            line = await self._opened()
        if line.is_full:
            await line.drained()
        return line

    async def aclose(self) -> None:
        """Close the connection; whoever waits for an answer is told that it is gone."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        self.renew()
        for line in self._leaving.values():
            line.end()
        await asyncio.gather(*self._leaving)

    async def _opened(self) -> "_Line":
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._settle)
        # One of those who wait may be cancelled; the others need it all the same.
        return await asyncio.shield(self._opening)

    def _settle(self, opening: "asyncio.Task[_Line]") -> None:
        self._opening = None
        if not opening.cancelled():
            # Whoever waited has it already; nobody may have.
            opening.exception()

    async def _open(self) -> "_Line":
        if self._line is not None:
            await self._line.aclose()
            self._line = None
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call] # without types
        await connection.connect()
        self._line = _Line(connection, self._seconds)
        return self._line


class _Line(asyncio.Protocol):
    """One open connection, and those who wait for its answers in order."""

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._asked: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._unwritten: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._fault: RedisError | None = None
        self._is_leaving = False
        self._room = asyncio.Event()
        self._room.set()
        self._lost = asyncio.Event()
        self._replies = hiredis.Reader(
            protocolError=InvalidResponse,
            replyError=_error_of(connection.parse_error),
            notEnoughData=_MORE,
        )
        self._transport: asyncio.Transport = connection.handed_over(self)
        self._hung_up = select.poll()
        self._hung_up.register(self._transport.get_extra_info("socket").fileno(), _GONE)

    @property
    def is_broken(self) -> bool:
        """True if nothing can be asked any more."""
        if self._fault is not None:
            return True
        # While nobody waits for an answer, the end of the other side may not have been noticed.
        if not self._asked and self._hung_up.poll(0):
            self._break(StoreConnectionError("the store closed the connection"))
            return True
        return False

    @property
    def is_busy(self) -> bool:
        """True if a command cannot be written at once."""
        return self.is_old or self.is_broken or self.is_full

    @property
    def is_old(self) -> bool:
        """True if another should take its place."""
        return bool(self._connection.is_old)

    async def leave(self) -> None:
        """Close it when the answers are there that somebody waits for; nothing more is asked."""
        self._is_leaving = True
        if not self._asked:
            self.end()
        await self._closed()

    def end(self) -> None:
        """Close it; whoever waits for an answer is told that it is gone."""
        self._break(StoreConnectionError("the connection was closed"))

    @property
    def is_full(self) -> bool:
        """True if the store does not take what was written."""
        return not self._room.is_set()

    async def drained(self) -> None:
        """Wait until there is room, or the connection broke.

        Raises:
            TimeoutError: the store does not take what is written.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._room.wait()
        except TimeoutError as error:
            raise StoreTimeoutError("the store does not take what is written") from error

    def ask(self, command: bytes) -> asyncio.Future[Any]:
        """Write a command in this turn of the loop; what is returned is done by its answer."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._fault is not None:
            answer.set_exception(self._fault)
            return answer
        self._asked.append((answer, self._loop.time() + self._seconds))
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)
        if not self._unwritten:
            self._loop.call_soon(self._write)
        self._unwritten.append(command)
        return answer

    async def aclose(self) -> None:
        """Close it, and return when that is done."""
        self.end()
        await self._closed()

    async def _closed(self) -> None:
        await self._lost.wait()
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """Hand answers out."""
        replies = self._replies
        try:
            replies.feed(data)
            while (reply := replies.gets()) is not _MORE:
                answer, _ = self._asked.popleft()
                if answer.done():
                    continue
                if isinstance(reply, Exception):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)
        except (InvalidResponse, IndexError):
            self._break(StoreConnectionError("the store does not speak its protocol"))
        if self._is_leaving and not self._asked:
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as the loop calls it
        """Tell those who wait."""
        self._break(StoreConnectionError("the store closed the connection"))
        self._lost.set()

    def pause_writing(self) -> None:
        """Let askers wait: the store does not take what was written."""
        self._room.clear()

    def resume_writing(self) -> None:
        """Let them go on."""
        self._room.set()

    def _write(self) -> None:
        commands, self._unwritten = self._unwritten, []
        if self._fault is None:
            self._transport.write(b"".join(commands))

    def _look(self) -> None:
        """See that the oldest answer is not overdue."""
        self._timer = None
        if not self._asked:
            return
        due = self._asked[0][1]
        if due <= self._loop.time():
            self._break(StoreTimeoutError("the store does not answer"))
        else:
            self._timer = self._loop.call_at(due, self._look)

    def _break(self, fault: RedisError) -> None:
        if self._fault is not None:
            return
        self._fault = fault
        self._room.set()
        if self._timer is not None:
            self._timer.cancel()
        self._transport.abort()
        while self._asked:
            answer, _ = self._asked.popleft()
            if not answer.done():
                answer.set_exception(type(fault)(*fault.args))


def _error_of(parse: Callable[[str], Exception]) -> Callable[[str], Exception]:
    def error(text: str) -> Exception:
        found = parse(text)
        return typed(found) if isinstance(found, ResponseError) else found

    return error
