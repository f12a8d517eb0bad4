"""Step that bounds the streams of one process, and what has to end before it can stop."""

import asyncio

from agent_memory_services.kit.contract.errors import Overloaded, ShuttingDown
from agent_memory_services.kit.server.call import Call, Step

_RETRY_SECONDS = 0.5


class Admission(Step):
    """Counts calls, those that wait for a place too, and refuses streams beyond a bound.

    Streams have a bound of their own, so that watchers do not lock out everybody else. Health
    checks never come here: a busy process is not a sick one.
    """

    name = "admission"

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._calls = 0
        self._streams: set[Call] = set()
        self._admitted = 0
        self._emptied = asyncio.Event()

    @property
    def running(self) -> int:
        """Number of calls and streams that run or wait for a place."""
        return self._calls + len(self._streams)

    def enter(self, call: Call) -> None:
        """Take a place or refuse."""
        if call.policy.streaming:
            if len(self._streams) >= self._max_streams:
                raise Overloaded(_RETRY_SECONDS)
            call.task = asyncio.current_task()
            self._streams.add(call)
        else:
            self._calls += 1
        self._admitted += 1

    def exit(self, call: Call) -> None:
        """Give the place back."""
        if call.policy.streaming:
            self._streams.discard(call)
        else:
            self._calls -= 1
        if not self.running:
            self._emptied.set()

    async def emptied(self) -> None:
        """Wait until nothing runs."""
        while self.running:
            self._emptied.clear()
            await self._emptied.wait()

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing has run for so long.

        A call that reached the process before its door was closed may begin late, and an answer
        that was given may still be on its way.
        """
        while True:
            await self.emptied()
            before = self._admitted
            await asyncio.sleep(seconds)
            if self._admitted == before and not self.running:
                return

    def end_open_streams(self) -> None:
        """End the streams that would go on as long as their callers like.

        Their callers continue elsewhere from the last token they saw.
        """
        for call in tuple(self._streams):
            if call.policy.deadline is None:
                call.end(ShuttingDown())
