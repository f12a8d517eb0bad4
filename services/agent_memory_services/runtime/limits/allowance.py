"""What one tenant or one method may take of a process."""

from collections import OrderedDict
from dataclasses import dataclass

from agent_memory_services.runtime.errors import Overloaded, QuotaExceeded
from agent_memory_services.runtime.limits.token_bucket import TokenBucket

_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits, by the names of their settings; 0 for none.

    Attributes:
        concurrent: calls that run at a time.
        per_second: calls per second, in the long run.
        burst_seconds: how many seconds' worth of them may come at once.
        rate_name: the setting that a refusal for its rate names.
    """

    concurrent: int
    per_second: float
    burst_seconds: float
    rate_name: str

    @property
    def unlimited(self) -> bool:
        """Whether there is nothing to watch."""
        return not self.concurrent and not self.per_second


class Allowance:
    """What is taken of some terms."""

    __slots__ = ("_bucket", "_running", "_terms")

    def __init__(self, terms: Terms, now: float) -> None:
        self._terms = terms
        self._running = 0
        capacity = terms.per_second * terms.burst_seconds
        self._bucket = TokenBucket(terms.per_second, capacity, now) if terms.per_second else None

    @property
    def idle(self) -> bool:
        """Whether no call of it runs."""
        return self._running == 0

    def require(self, now: float) -> None:
        """Refuse a call that would go beyond the terms.

        Raises:
            Overloaded: too many run at the moment.
            QuotaExceeded: too many came lately.
        """
        if self._terms.concurrent and self._running >= self._terms.concurrent:
            raise Overloaded(_RETRY_SECONDS)
        if self._bucket is not None and (wait := self._bucket.seconds_until_token(now)):
            raise QuotaExceeded(self._terms.rate_name, wait)

    def take(self, now: float) -> None:
        """Let a call in that `require` did not refuse."""
        self._running += 1
        if self._bucket is not None:
            self._bucket.take(now)

    def leave(self) -> None:
        """A call is over."""
        self._running -= 1


class Allowances:
    """The allowances of many holders, of whom the busiest are kept."""

    def __init__(self, terms: Terms, max_holders: int = 10_000) -> None:
        self._terms = terms
        self._max = max_holders
        self._held: OrderedDict[str, Allowance] = OrderedDict()

    def of(self, holder: str, now: float) -> Allowance:
        """The allowance of a holder; one not heard of for long begins anew."""
        found = self._held.get(holder)
        if found is None:
            found = self._held[holder] = Allowance(self._terms, now)
            self._forget_idle()
        self._held.move_to_end(holder)
        return found

    def _forget_idle(self) -> None:
        while len(self._held) > self._max:
            oldest, allowance = next(iter(self._held.items()))
            if not allowance.idle:
                return
            del self._held[oldest]
