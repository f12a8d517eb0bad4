"""Connections to a server of the store: how they write, and how old they get.

Behind an address may be another server tomorrow, after a failover: no connection lives for ever.
"""

import asyncio
import random
from collections.abc import Iterable
from typing import Any, Final, cast

from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as StoreTimeoutError

from agent_memory_services.kit.contract.store_errors import typed

AGE_SECONDS: Final = 60.0
"""About how old a connection gets before another takes its place."""


def safe_connection(kind: type[Any]) -> type[Any]:
    """The same kind of connection, with care about two things when it writes.

    A task that is cancelled while it writes stays cancelled: before Python 3.12 the library's own
    limit on the time of a write (`asyncio.wait_for`) loses a cancellation that comes at the
    moment when the write is done, and whoever was to end then goes on for good.

    A connection whose other side is gone says so: where uvloop has noticed it already, a write
    ends in a RuntimeError, which the library takes for a mistake in the program.

    Replies that say that the store does not serve have a class of their own, which they keep
    where a pipeline puts its commands in front of their text.

    It knows when it is old. One that is open can be handed over to a protocol of ours.
    """

    class Careful(_aging(kind)):  # type: ignore[misc] # one for each transport of the library
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

        def parse_error(self, text: str) -> Exception:
            return cast("Exception", self._parser.parse_error(text))

        def handed_over(self, protocol: asyncio.Protocol) -> asyncio.Transport:
            transport = cast("asyncio.Transport", self._writer.transport)
            transport.set_protocol(protocol)
            return transport

    return Careful


def _aging(kind: type[Any]) -> type[Any]:
    """The same kind of connection, which tells when another should take its place."""

    class Aging(kind):  # type: ignore[misc] # one for each transport of the library
        _old_at: float = 0

        async def _connect(self) -> None:
            await super()._connect()
            # Not all at the same moment, and no two processes in step.
            age = AGE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret
            self._old_at = asyncio.get_running_loop().time() + age

        @property
        def is_old(self) -> bool:
            return asyncio.get_running_loop().time() >= self._old_at

    return Aging
