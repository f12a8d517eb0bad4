"""A rate with room for bursts."""


class TokenBucket:
    """Fills with `per_second` tokens a second up to `capacity`; each call takes one.

    Times are seconds on the monotonic clock. (Turner, "New directions in communications", 1986.)
    """

    __slots__ = ("_capacity", "_filled_at", "_per_second", "_tokens")

    def __init__(self, per_second: float, capacity: float, now: float) -> None:
        """Begin full; a capacity below one token would admit nobody and counts as one."""
        self._per_second = per_second
        self._capacity = max(1.0, capacity)
        self._tokens = self._capacity
        self._filled_at = now

    def seconds_until_token(self, now: float) -> float:
        """How long to wait for a token; 0 where there is one."""
        self._fill(now)
        return max(0.0, (1.0 - self._tokens) / self._per_second)

    def take(self, now: float) -> None:
        """Take one that is there."""
        self._fill(now)
        self._tokens -= 1.0

    def _fill(self, now: float) -> None:
        gained = (now - self._filled_at) * self._per_second
        self._tokens = min(self._capacity, self._tokens + gained)
        self._filled_at = now
