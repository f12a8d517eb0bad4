"""Step that holds each tenant to its rates and quotas."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from agent_memory_services.kit.contract.errors import Overloaded, QuotaExceeded
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.server.call import Call, Step
from agent_memory_services.kit.server.settings import LimitSettings


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
        """Return the seconds to wait for a token; 0 where there is one."""
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


_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class QuotaLimits:
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
        """True if there is nothing to watch."""
        return not self.concurrent and not self.per_second


class Quota:
    """The use that is made of a limit."""

    __slots__ = ("_bucket", "_limits", "_running")

    def __init__(self, limits: QuotaLimits, now: float) -> None:
        self._limits = limits
        self._running = 0
        capacity = limits.per_second * limits.burst_seconds
        self._bucket = TokenBucket(limits.per_second, capacity, now) if limits.per_second else None

    @property
    def idle(self) -> bool:
        """True if no call of it runs."""
        return self._running == 0

    def require(self, now: float) -> None:
        """Refuse a call that would go beyond the limits.

        Raises:
            Overloaded: too many run at the moment.
            QuotaExceeded: too many came lately.
        """
        if self._limits.concurrent and self._running >= self._limits.concurrent:
            raise Overloaded(_RETRY_SECONDS)
        if self._bucket is not None and (wait := self._bucket.seconds_until_token(now)):
            raise QuotaExceeded(self._limits.rate_name, wait)

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

    def __init__(self, limits: QuotaLimits, max_holders: int = 10_000) -> None:
        self._limits = limits
        self._max = max_holders
        self._held: OrderedDict[str, Quota] = OrderedDict()

    def of(self, holder: str, now: float) -> Quota:
        """The quota of a holder; one not heard of for long begins anew."""
        found = self._held.get(holder)
        if found is None:
            found = self._held[holder] = Quota(self._limits, now)
            self._forget_idle()
        self._held.move_to_end(holder)
        return found

    def _forget_idle(self) -> None:
        while len(self._held) > self._max:
            oldest, quota = next(iter(self._held.items()))
            if not quota.idle:
                return
            del self._held[oldest]


class TenantQuotas(Step):
    """Refuses a call whose tenant or method has had its share.

    It stands after auth, because a tenant is what a credential says, and before the request is
    read. A call that is refused takes nothing of any share.
    """

    name = "fair shares"

    def __init__(self, methods: dict[str, Quota], tenants: Allowances | None) -> None:
        """Share by method, where its path is in `methods`, and by tenant, where there are any."""
        self._methods = methods
        self._tenants = tenants
        self._taken: dict[Call, list[Quota]] = {}

    def enter(self, call: Call) -> None:
        """Take a part of every share, or of none."""
        now = time.monotonic()
        shares = list(self._shares(call, now))
        for share in shares:
            share.require(now)
        for share in shares:
            share.take(now)
        self._taken[call] = shares

    def exit(self, call: Call) -> None:
        """Give the parts back."""
        for share in self._taken.pop(call):
            share.leave()

    def _shares(self, call: Call, now: float) -> Iterable[Quota]:
        if (method := self._methods.get(call.policy.full_name)) is not None:
            yield method
        if self._tenants is not None:
            if call.principal is None:
                raise RuntimeError("shares stand after auth")
            yield self._tenants.of(call.principal.tenant, now)


def tenant_quotas(settings: LimitSettings, policies: Iterable[MethodPolicy]) -> TenantQuotas | None:
    """The shares that the settings ask for; None where they ask for none."""
    now = time.monotonic()
    by_method = {
        policy.full_name: QuotaLimits(
            settings.max_concurrent_calls_by_method.get(policy.method, 0),
            settings.calls_per_second_by_method.get(policy.method, 0.0),
            settings.burst_seconds,
            "calls_per_second_by_method",
        )
        for policy in policies
    }
    methods = {
        path: Quota(limits, now) for path, limits in by_method.items() if not limits.unlimited
    }
    tenant = QuotaLimits(
        settings.max_concurrent_calls_per_tenant,
        settings.calls_per_second_per_tenant,
        settings.burst_seconds,
        "calls_per_second_per_tenant",
    )
    tenants = None if tenant.unlimited else Allowances(tenant)
    return TenantQuotas(methods, tenants) if methods or tenants is not None else None
