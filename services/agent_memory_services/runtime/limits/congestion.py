"""How many calls of one kind may run at a time without all of them becoming slow."""

_WINDOW_SECONDS = 0.1
# A burst may make calls wait for each other for as long; what lasts is too much.
_PATIENCE_WINDOWS = 3
_FEWEST_SAMPLES = 5
_SHRINK_AT_MOST = 0.5
_GROW = 1.1
# What calls take alone may change; at this rate per window it is learnt anew.
_FORGET = 1.01


class CongestionLimit:
    """A number of calls that shrinks while they take long, and grows again when they do not.

    What a call takes when little else runs is the least that was seen lately. While calls take
    more than `slowdown` times as long, and go on doing so, they wait for each other: then fewer
    may run at a time, down to `fewest`. Calls that wait for somebody else, a model say, take long
    at any number, which does not count against them. (After Brakmo and Peterson, "TCP Vegas",
    1995, which tells a queue from a long way by the same comparison.)

    Times are seconds on the monotonic clock.
    """

    __slots__ = (
        "_alone",
        "_fewest",
        "_limit",
        "_most",
        "_over",
        "_samples",
        "_seconds",
        "_slowdown",
        "_window_ends",
        "running",
    )

    def __init__(self, fewest: int, most: int, slowdown: float, now: float) -> None:
        """Let `most` run to begin with."""
        self._fewest = float(min(fewest, most))
        self._most = float(most)
        self._slowdown = slowdown
        self._limit = self._most
        self._alone = float("inf")
        self._over = 0
        self._samples = 0
        self._seconds = 0.0
        self._window_ends = now + _WINDOW_SECONDS
        self.running = 0

    @property
    def limit(self) -> int:
        """How many may run now."""
        return int(self._limit)

    @property
    def full(self) -> bool:
        """Whether as many run as may."""
        return self.running >= self.limit

    def ended(self, seconds: float, now: float) -> None:
        """Learn from a call that was answered, or not in time, after so many seconds."""
        self._samples += 1
        self._seconds += seconds
        if now < self._window_ends or self._samples < _FEWEST_SAMPLES:
            return
        windows = 1 + (now - self._window_ends) / _WINDOW_SECONDS
        self._conclude(self._seconds / self._samples, windows)
        self._samples, self._seconds = 0, 0.0
        self._window_ends = now + _WINDOW_SECONDS

    def _conclude(self, took: float, windows: float) -> None:
        self._alone = min(took, self._alone)
        tolerable = self._slowdown * self._alone
        if took <= tolerable:
            self._over = 0
            self._limit = min(self._most, self._limit * _GROW ** min(windows, 100.0) + 1)
            return
        if self._limit <= self._fewest:
            # With so few it is no queue: this is what calls take now.
            self._alone *= _FORGET
        self._over += 1
        if self._over >= _PATIENCE_WINDOWS:
            shrunk = min(self._limit, self.running + 1) * max(_SHRINK_AT_MOST, tolerable / took)
            self._limit = max(self._fewest, shrunk)
