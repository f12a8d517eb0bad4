"""What the connections of the client library lack."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as StoreTimeoutError

_BUSY: Final = "BUSY "
# Replies without a class of their own: a node that may not write, a query that ran out of the
# engine's time, a script that was ended, and one that cannot be ended.
_AWAY: Final = ("MISCONF ", "NOREPLICAS ", "UNKILLABLE ", "Timeout limit was reached")
_ENDED: Final = "Script killed by user"


class StoreAwayError(ResponseError):
    """A reply of a store that is there and does not serve for the moment."""


class StoreBusyError(StoreAwayError):
    """A reply of a store that runs one script for long, and serves nothing else meanwhile."""


def typed(error: ResponseError) -> ResponseError:
    """Give a reply that says that the store does not serve a class that says so."""
    said = str(error)
    if said.startswith(_BUSY):
        return StoreBusyError(said)
    if said.startswith(_AWAY) or _ENDED in said:
        return StoreAwayError(said)
    return error


def careful(kind: type[Any]) -> type[Any]:
    """The same kind of connection, with care about two things when it writes.

    A task that is cancelled while it writes stays cancelled: before Python 3.12 the library's own
    limit on the time of a write (`asyncio.wait_for`) loses a cancellation that comes at the
    moment when the write is done, and whoever was to end then goes on for good.

    A connection whose other side is gone says so: where uvloop has noticed it already, a write
    ends in a RuntimeError, which the library takes for a mistake in the program.

    Replies that say that the store does not serve have a class of their own, which they keep
    where a pipeline puts its commands in front of their text.
    """

    class Careful(kind):  # type: ignore[misc] # one for each transport of the library
        socket_timeout: float | None

        async def send_packed_command(
            self, command: bytes | str | Iterable[bytes], check_health: bool = True
        ) -> None:
            if not self.is_connected:
                await self.connect_check_health(check_health=False)
            if check_health:
                await self.check_health()
            seconds, self.socket_timeout = self.socket_timeout, None
            try:
                async with asyncio.timeout(seconds):
                    await super().send_packed_command(command, check_health=False)
            except TimeoutError as error:
                raise StoreTimeoutError("the store does not take what is written") from error
            except RuntimeError as error:
                raise StoreConnectionError("the store closed the connection") from error
            finally:
                self.socket_timeout = seconds

        async def read_response(self, *args: Any, **options: Any) -> Any:
            try:
                return await super().read_response(*args, **options)
            except ResponseError as error:
                raise typed(error) from None

    return Careful
