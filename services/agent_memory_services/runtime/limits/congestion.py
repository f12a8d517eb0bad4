"""How many calls of one kind may run at a time without all of them becoming slow."""

import math
from itertools import islice

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
        self._fewest = float(min(fewest, most))
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
        """How many may run now."""
        return int(max(self._limit, self._floor))

    @property
    def running(self) -> int:
        """How many run now."""
        return len(self._started)

    def begin(self, call: object, now: float) -> bool:
        """Let a call in, which is any object that tells it from others; says whether it may run."""
        running = self.running
        if running >= self.limit or (running >= self._floor and self._overdue(now)):
            self._peak = max(self._peak, self.limit)
            return False
        self._started[call] = now
        self._peak = max(self._peak, running + 1)
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
        self._conclude(self._seconds / self._samples, windows)
        self._samples, self._refused, self._seconds = 0, 0, 0.0
        self._peak = self.running
        self._window_ends = now + _WINDOW_SECONDS

    @property
    def _floor(self) -> float:
        return min(self._fewest, max(_FEWEST_OF_ALL, 2 * self._let_in * self._fewest))

    def _overdue(self, now: float) -> bool:
        """Whether half of the calls that run have taken too long, and longer than a burst may."""
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
