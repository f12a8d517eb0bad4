"""Step that limits how many calls of a method run at a time, by their own times."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from agent_memory_services.kit.contract.errors import DeadlineExceeded, Overloaded
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.server.call import Call, Pending, Step
from agent_memory_services.kit.server.settings import LimitSettings
from agent_memory_services.kit.server.steps.admission import WaitingLine

_WINDOW_SECONDS = 0.1
# A burst may make calls wait for each other for as long; what lasts is too much.
_PATIENCE_WINDOWS = 3
_PATIENCE_SECONDS = _PATIENCE_WINDOWS * _WINDOW_SECONDS
_FEWEST_SAMPLES = 5
_SHRINK_AT_MOST = 0.5
# However many are refused, as many keep a processor busy.
_FEWEST_OF_ALL = 4
# How much of what is known about refusals comes from the last window.
_NEWS = 0.2
_GROW = 1.1
_DOUBLE = 2.0
# What calls take alone may change; at this rate per window it is learnt anew.
_FORGET = 1.01
# No call takes nothing, whatever a clock says.
_SHORTEST_SECONDS = 1e-6


class CongestionLimit:
    """A number of calls that grows while it is used and they are quick, and shrinks while not.

    What a call takes when little else runs is the least that was seen lately. While calls take
    more than `slowdown` times as long, and go on doing so, they wait for each other: then fewer
    may run at a time, down to `fewest`. It begins with `fewest` and doubles until calls wait for
    each other for the first time. Calls that wait for somebody else, a model say, take long
    at any number, which does not count against them. Where calls take long it would be late to
    learn from their ends alone: while half of those that run are overdue, no more are let in
    beyond `fewest`. To refuse takes time as well, which those that run lack: where more than
    half are refused, `fewest` shrinks with the share of the rest. (After Brakmo and Peterson,
    "TCP Vegas", 1995, which tells a queue from a long way by the same comparison.)

    Times are seconds on the monotonic clock.
    """

    __slots__ = (
        "_alone",
        "_fewest",
        "_floor",
        "_let_in",
        "_limit",
        "_most",
        "_over",
        "_peak",
        "_refused",
        "_samples",
        "_seconds",
        "_slowdown",
        "_started",
        "_starting",
        "_usual",
        "_window_ends",
    )

    def __init__(self, fewest: int, most: int, slowdown: float, now: float) -> None:
        """Let `fewest` run to begin with, and `most` at the most."""
        self._fewest = self._floor = float(min(fewest, most))
        self._most = float(most)
        self._slowdown = slowdown
        self._limit = self._fewest
        self._starting = True
        self._peak = 0
        self._alone = math.inf
        self._usual = 0.0
        self._over = 0
        self._let_in = 1.0
        self._refused = 0
        self._samples = 0
        self._seconds = 0.0
        self._started: dict[object, float] = {}
        self._window_ends = now + _WINDOW_SECONDS

    @property
    def usual(self) -> float:
        """Seconds that a call took lately; 0 while that is not known."""
        return self._usual

    @property
    def limit(self) -> int:
        """Number of calls that may run now."""
        return int(max(self._limit, self._floor))

    @property
    def running(self) -> int:
        """Number of calls that run now."""
        return len(self._started)

    def begin(self, call: object, now: float) -> bool:
        """Let a call in, which is any object that tells it from others; says whether it may run."""
        running, limit = len(self._started), self.limit
        if running >= limit or (running >= self._floor and self._overdue(now)):
            self._peak = max(self._peak, limit)
            return False
        self._started[call] = now
        if running >= self._peak:
            self._peak = running + 1
        return True

    def refuse(self) -> None:
        """A call is not let in, now or later."""
        self._refused += 1

    def end(self, call: object, now: float) -> float:
        """A call that was let in is over; the seconds that it took."""
        return now - self._started.pop(call)

    def learn(self, seconds: float, now: float) -> None:
        """A call was answered, or not in time, after so many seconds."""
        self._samples += 1
        self._seconds += seconds
        if now < self._window_ends or self._samples < _FEWEST_SAMPLES:
            return
        windows = 1 + (now - self._window_ends) / _WINDOW_SECONDS
        let_in = self._samples / (self._samples + self._refused)
        self._let_in += _NEWS * (let_in - self._let_in)
        self._floor = min(self._fewest, max(_FEWEST_OF_ALL, 2 * self._let_in * self._fewest))
        self._conclude(self._seconds / self._samples, windows)
        self._samples, self._refused, self._seconds = 0, 0, 0.0
        self._peak = self.running
        self._window_ends = now + _WINDOW_SECONDS

    def _overdue(self, now: float) -> bool:
        """Return true if half of the running calls took too long, and longer than a burst may."""
        median = next(islice(self._started.values(), self.running // 2, None))
        return now - median > max(self._slowdown * self._alone, _PATIENCE_SECONDS)

    def _conclude(self, took: float, windows: float) -> None:
        self._usual = took
        self._alone = max(_SHORTEST_SECONDS, min(took, self._alone))
        tolerable = self._slowdown * self._alone
        if took <= tolerable:
            self._over = 0
            # What is not used proves nothing (Handley and others, RFC 2861).
            if self._peak > self._limit / 2:
                growth = _DOUBLE if self._starting else _GROW ** min(windows, 100.0)
                self._limit = min(self._most, self._limit * growth + 1)
            return
        if self._limit <= self._floor:
            # With so few it is no queue: this is what calls take now.
            self._alone *= _FORGET
        self._over += 1
        if self._over >= _PATIENCE_WINDOWS:
            self._starting = False
            shrunk = min(self._limit, self.running + 1) * max(_SHRINK_AT_MOST, tolerable / took)
            self._limit = max(self._floor, shrunk)


_RETRY_SECONDS = 0.5
# Beyond as many of a method in one process, more at a time only wait for each other.
_FEWEST = 16
# How much of its time a call may wait in any case, and at the most: its caller is to hear of it.
_MAY_WAIT = 0.5
_WAITS_AT_MOST = 0.95


@dataclass(frozen=True, slots=True)
class Kind:
    """The calls of one method.

    Attributes:
        limit: how many may run.
        line: those that wait.
    """

    limit: CongestionLimit
    line: WaitingLine


class Congestion(Step):
    """Lets as many calls run as do not make each other slow; a burst beyond them waits.

    Each method is judged by its own times, so that a costly one waits sooner than a cheap one.
    A call waits while its deadline allows, behind those of its tenant and method that came before;
    tenants take turns, and so do methods. It is refused where the calls before it could not be
    done in time, and at once where more has come for long than can be answered and its tenant has
    another one waiting. Streams take as long as they take, are not judged and do not wait.
    """

    name = "congestion"

    def __init__(
        self, kinds: Mapping[str, Kind], *, most: int, most_waiting: int, longest: float
    ) -> None:
        """Limit methods by their paths.

        Args:
            kinds: what is known of each method.
            most: how many calls may run in all.
            most_waiting: how many may wait in all.
            longest: seconds that a call may take, whatever its caller asks for.
        """
        self._kinds = kinds
        self._turns = deque(kinds.values())
        self._most = most
        self._most_waiting = most_waiting
        self._longest = longest
        self._running = 0
        self._waiting = 0

    def enter(self, call: Call) -> Pending:
        """Take a place, wait for one or refuse."""
        if (kind := self._kinds.get(call.policy.full_name)) is None:
            return None
        now = time.monotonic()
        kind.line.arrived(now)
        if kind.line.closed and kind.line:
            _send_away(kind)
        if not kind.line and self._begins(kind, call, now):
            return None
        tenant = call.principal.tenant if call.principal else ""
        seconds = self._left(call)
        late = kind.line.expected_seconds(tenant) + _service(kind, seconds) - seconds
        if not kind.line.admits(tenant) or late > 0 or self._waiting >= self._most_waiting:
            raise _refusal(kind, late)
        return self._wait(kind, call, seconds, tenant)

    def exit(self, call: Call) -> None:
        """Give the place to the next, and learn how long the call took."""
        if (kind := self._kinds.get(call.policy.full_name)) is None:
            return
        # What was refused tells nothing about the time that an answer takes.
        self._ends(kind, call, tells=call.error is None or isinstance(call.error, _TOO_LATE))

    async def _wait(self, kind: Kind, call: Call, seconds: float, tenant: str) -> None:
        came = time.monotonic()
        place = kind.line.join(call, kind.limit.running, came, tenant)
        self._waiting += 1
        try:
            while not place.done():
                patience = _WAITS_AT_MOST * seconds - _service(kind, seconds)
                if (left := came + patience - time.monotonic()) <= 0:
                    raise _refusal(kind)
                await asyncio.wait([place], timeout=left)
            place.result()
        except asyncio.CancelledError:
            if place.done() and place.exception() is None:
                self._ends(kind, call, tells=False)
            raise
        finally:
            kind.line.leave(place)
            self._waiting -= 1

    def _begins(self, kind: Kind, call: object, now: float) -> bool:
        if self._running >= self._most or not kind.limit.begin(call, now):
            return False
        self._running += 1
        return True

    def _ends(self, kind: Kind, call: Call, *, tells: bool) -> None:
        now = time.monotonic()
        self._running -= 1
        seconds = kind.limit.end(call, now)
        if tells:
            kind.limit.learn(seconds, now)
        kind.line.ended(now)
        if kind.line.closed and kind.line:
            _send_away(kind)
        passed_by = 0
        while self._waiting and passed_by < len(self._turns):
            first = self._turns[0]
            self._turns.rotate(-1)
            passed_by = 0 if self._lets_in(first, now) else passed_by + 1

    def _lets_in(self, kind: Kind, now: float) -> bool:
        if (first := kind.line.first) is None or not self._begins(kind, first, now):
            return False
        kind.line.let_in()
        return True

    def _left(self, call: Call) -> float:
        """Seconds until the answer is due."""
        given = call.context.time_remaining()
        if given is None:
            given = call.policy.deadline
        return self._longest if given is None else min(given, self._longest)


_TOO_LATE = (asyncio.CancelledError, DeadlineExceeded)


def _refusal(kind: Kind, late: float = 0.0) -> Overloaded:
    kind.limit.refuse()
    kind.line.refused()
    return Overloaded(max(_RETRY_SECONDS, late))


def _send_away(kind: Kind) -> None:
    before = len(kind.line)
    kind.line.send_away(lambda: Overloaded(_RETRY_SECONDS))
    for _ in range(before - len(kind.line)):
        kind.limit.refuse()


def _service(kind: Kind, seconds: float) -> float:
    """Return the part of a call's time to keep for the call, judged by the latest calls."""
    return min(kind.limit.usual, (_WAITS_AT_MOST - _MAY_WAIT) * seconds)


def congestion(settings: LimitSettings, policies: Iterable[MethodPolicy]) -> Congestion:
    """The limits that the settings ask for."""
    now, most = time.monotonic(), settings.max_concurrent_calls
    slowdown = settings.max_slowdown or math.inf
    fewest = _FEWEST if settings.max_slowdown else most
    kinds = {
        policy.full_name: Kind(CongestionLimit(fewest, most, slowdown, now), WaitingLine(now))
        for policy in policies
        if not policy.streaming
    }
    return Congestion(
        kinds,
        most=most,
        most_waiting=settings.max_waiting_calls,
        longest=settings.max_deadline_seconds,
    )
