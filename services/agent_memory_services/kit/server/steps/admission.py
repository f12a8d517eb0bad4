"""Admission of calls: the line in which calls of one kind wait, and the bound on streams."""

import asyncio
from collections.abc import Callable, Iterator

from agent_memory_services.kit.contract.errors import Overloaded, ShuttingDown
from agent_memory_services.kit.server.call import Call, Step

_WINDOW_SECONDS = 1.0
# A burst arrives within a few seconds; what goes on for longer does not end by waiting. A busy
# process looks at what has arrived in fits and starts, so that one calm second tells little.
_CLOSES_AT = 3
_OPENS_AT = 0
# After as long without a call, what was before tells nothing about now.
_PAUSE_SECONDS = 5.0
# How many times as many have to arrive as end before they count as more.
_MORE = 1.05
# How much the pace so far counts beside the latest end.
_MEMORY = 0.99


class WaitingLine:
    """A line that a burst stands in and a lasting crowd does not.

    Calls have holders, who take turns, and the calls of one are let in as they came: who asks for
    little does not wait for who asks for much. (After Nagle, "On Packet Switches with Infinite
    Storage", 1985.)

    While the line stands, its pace is measured: the time from one end of a call to the next. It
    is known after a second, when as many calls have ended as were running at its start. Where the
    line stands and for some seconds more calls arrive than end, it would grow until everybody
    waited as long as a deadline allows. Then it is closed, but for one call of each holder, until
    for some seconds no more arrive than end. (After Nichols and Jacobson, "Controlling Queue
    Delay", 2012: a queue is good that empties by itself, and bad that stays.)

    Times are seconds on the monotonic clock.
    """

    __slots__ = (
        "_arrived",
        "_began",
        "_closed",
        "_ended",
        "_gap_seconds",
        "_gaps",
        "_holders",
        "_last_end",
        "_pressure",
        "_refused",
        "_stood",
        "_untimed",
        "_waiting",
        "_window_ends",
    )

    def __init__(self, now: float) -> None:
        """Begin empty and open."""
        # The calls of each holder, of whom the first is next, and the holder of each call.
        self._waiting: dict[str, dict[asyncio.Future[None], object]] = {}
        self._holders: dict[asyncio.Future[None], str] = {}
        self._closed = False
        self._pressure = 0
        self._window_ends = now + _WINDOW_SECONDS
        self._arrived, self._ended, self._refused = 0, 0, 0
        self._stood = False
        self._untimed = 0
        self._began = self._last_end = now
        self._gap_seconds, self._gaps = 0.0, 0.0

    def __len__(self) -> int:
        """Return the number of calls that wait."""
        return len(self._holders)

    @property
    def closed(self) -> bool:
        """True if no more than one call of each holder may wait."""
        return self._closed

    @property
    def first(self) -> object | None:
        """The call that is let in next; None where none waits."""
        # Who was cancelled or refused a moment ago has not left yet, and must not be let in.
        for place in list(self._in_turn()):
            if not place.done():
                return self._waiting[self._holders[place]][place]
            self.leave(place)
        return None

    def admits(self, holder: str) -> bool:
        """Return true if a call of a holder may wait."""
        return not self._closed or holder not in self._waiting

    def expected_seconds(self, holder: str = "") -> float:
        """Return the seconds that one more call of a holder would wait; 0 where not known."""
        # While a burst arrives the process is busy with that, and ends come slowly.
        if self._untimed > 0 or self._last_end - self._began < _WINDOW_SECONDS:
            return 0.0
        own = len(self._waiting.get(holder, ()))
        ahead = own + sum(
            min(len(calls), own + 1) for other, calls in self._waiting.items() if other != holder
        )
        return (ahead + 1) * self._gap_seconds / self._gaps

    def arrived(self, now: float) -> None:
        """A call has come, to run, to wait or to be refused."""
        self._look_back(now)
        self._arrived += 1

    def refused(self) -> None:
        """A call that came was sent away."""
        self._refused += 1

    def join(
        self, call: object, running: int, now: float, holder: str = ""
    ) -> asyncio.Future[None]:
        """Let a call wait behind its holder's others; what is returned is done when it may run.

        Args:
            call: what tells it from others.
            running: how many calls of its kind run now.
            now: the time.
            holder: whose call it is.
        """
        if not self._waiting:
            self._untimed = running
            self._began = self._last_end = now
            self._gap_seconds, self._gaps = 0.0, 0.0
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(holder, {})[place] = call
        self._holders[place] = holder
        return place

    def leave(self, place: asyncio.Future[None]) -> None:
        """Take a call out of the line, if it still is in it."""
        if (holder := self._holders.pop(place, None)) is None:
            return
        del self._waiting[holder][place]
        if not self._waiting[holder]:
            del self._waiting[holder]
        self._stood = self._stood and bool(self._waiting)

    def let_in(self) -> None:
        """Tell the `first` that it may run; its holder is behind the others then."""
        place = next(self._in_turn())
        holder = self._holders[place]
        self.leave(place)
        if (others := self._waiting.pop(holder, None)) is not None:
            self._waiting[holder] = others
        place.set_result(None)

    def ended(self, now: float) -> None:
        """A call that ran is over."""
        self._look_back(now)
        self._ended += 1
        if self._waiting:
            self._untimed -= 1
            self._gap_seconds = _MEMORY * self._gap_seconds + now - self._last_end
            self._gaps = _MEMORY * self._gaps + 1
            self._last_end = now

    def send_away(self, refusal: Callable[[], Exception]) -> None:
        """Refuse everybody who waits, but for the first of each holder."""
        sent = [place for calls in self._waiting.values() for place in list(calls)[1:]]
        self._refused += len(sent)
        for place in sent:
            self.leave(place)
            if not place.done():
                place.set_exception(refusal())

    def _in_turn(self) -> Iterator[asyncio.Future[None]]:
        """Yield the calls of the holder whose turn it is, then those of the next."""
        for calls in self._waiting.values():
            yield from calls

    def _look_back(self, now: float) -> None:
        """Judge the window that is over, if it is."""
        if now < self._window_ends:
            return
        stands = self._stood or bool(self._refused)
        growing = stands and self._arrived > _MORE * self._ended
        if now - self._window_ends > _PAUSE_SECONDS:
            self._pressure = 0
        else:
            self._pressure += 1 if growing else -1
            self._pressure = max(0, min(_CLOSES_AT, self._pressure))
        self._closed = self._pressure > (_OPENS_AT if self._closed else _CLOSES_AT - 1)
        self._arrived, self._ended, self._refused = 0, 0, 0
        self._stood = bool(self._waiting)
        self._window_ends = now + _WINDOW_SECONDS


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
