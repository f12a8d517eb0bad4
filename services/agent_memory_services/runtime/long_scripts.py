"""Ending a script that keeps the store from serving anybody."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger()

_PAUSE_SECONDS: Final = 1.0
"""The least time between two attempts of one client."""
_OVER: Final = "NOTBUSY"


class LongScripts:
    """Asks a store to end the script that it is busy with, at most once a second.

    The store answers that it is busy only when a script has run for its `busy-reply-threshold`,
    which is far longer than any script of ours takes. It ends a script that has written nothing
    and refuses for any other, so nothing is ever left half done. It does not say whose script
    runs: where other applications use the same store, a long reading script of theirs ends too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure the pause on a clock in seconds."""
        self._clock = clock
        self._next_attempt = -math.inf

    async def end(self, kill: Callable[[], Awaitable[Any]]) -> None:
        """Let `kill` send SCRIPT KILL, unless that was tried a moment ago."""
        now = self._clock()
        if now < self._next_attempt:
            return
        self._next_attempt = now + _PAUSE_SECONDS
        try:
            await kill()
        except RedisError as error:
            # Another process was quicker, or the other nodes of a cluster run nothing.
            if not str(error).startswith(_OVER):
                log.warning("store.script_not_ended", error=type(error).__name__)
        else:
            log.warning("store.script_ended")
