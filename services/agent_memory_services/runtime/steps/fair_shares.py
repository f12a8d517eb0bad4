"""Keeps one tenant, or one kind of call, from taking all of a process."""

import time
from collections.abc import Iterable

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.limits.allowance import Allowance, Allowances, Terms
from agent_memory_services.runtime.limits.settings import LimitSettings
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.steps.base import Step


class FairShares(Step):
    """Refuses a call whose tenant or method has had its share.

    It stands after auth, because a tenant is what a credential says, and before the request is
    read. A call that is refused takes nothing of any share.
    """

    name = "fair shares"

    def __init__(self, methods: dict[str, Allowance], tenants: Allowances | None) -> None:
        """Share by method, where its path is in `methods`, and by tenant, where there are any."""
        self._methods = methods
        self._tenants = tenants
        self._taken: dict[Call, list[Allowance]] = {}

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

    def _shares(self, call: Call, now: float) -> Iterable[Allowance]:
        if (method := self._methods.get(call.policy.full_name)) is not None:
            yield method
        if self._tenants is not None:
            if call.principal is None:
                raise RuntimeError("shares stand after auth")
            yield self._tenants.of(call.principal.tenant, now)


def fair_shares(settings: LimitSettings, policies: Iterable[MethodPolicy]) -> FairShares | None:
    """The shares that the settings ask for; None where they ask for none."""
    now = time.monotonic()
    by_method = {
        policy.full_name: Terms(
            settings.max_concurrent_calls_by_method.get(policy.method, 0),
            settings.calls_per_second_by_method.get(policy.method, 0.0),
            settings.burst_seconds,
            "calls_per_second_by_method",
        )
        for policy in policies
    }
    methods = {
        path: Allowance(terms, now) for path, terms in by_method.items() if not terms.unlimited
    }
    tenant = Terms(
        settings.max_concurrent_calls_per_tenant,
        settings.calls_per_second_per_tenant,
        settings.burst_seconds,
        "calls_per_second_per_tenant",
    )
    tenants = None if tenant.unlimited else Allowances(tenant)
    return FairShares(methods, tenants) if methods or tenants is not None else None
