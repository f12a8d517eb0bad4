"""Token budgets of tenants for the model and their usage, in one store for all processes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from agent_memory_services.extraction.store.statistics import UsageBook
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.shared.model_api.failures import Bill, BudgetSpent, Usage


@script("agent_memory_services.extraction.store", "lua/spend")
def _spend(spent: Key, *, budget: int, span: int, tokens: int, is_used: bool) -> Any:
    """Take tokens from a budget of so many in each span of seconds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens that tenants may spend in a window.

    Attributes:
        tokens: of each tenant; 0 is no limit.
        own: of tenants with a budget of their own; likewise.
        window_seconds: how long a window is; windows begin at multiples of it since the epoch.
    """

    tokens: int
    own: Mapping[str, int]
    window_seconds: int

    def of(self, tenant: str) -> int:
        """Return the tenant's budget."""
        return self.own.get(tenant, self.tokens)


@dataclass(frozen=True, slots=True)
class BudgetWindow:
    """The present window of a tenant's budget.

    Attributes:
        tokens: The budget.
        used: What was taken from it.
        start: When it began, in seconds since the epoch.
        end: When the next one begins, likewise.
    """

    tokens: int
    used: int
    start: int
    end: int


class TenantBudgets:
    """Token budgets of the tenants for whom calls are made, in one store for all processes."""

    def __init__(self, client: Redis, budget: Budget) -> None:
        self._client = client
        self._budget = budget
        self._usage = UsageBook(client)

    @asynccontextmanager
    async def opened(self, model: str, expected: Usage) -> AsyncIterator[Bill]:
        """Take a call's tokens from the budget, and at its end set that right and count it."""
        tenant = current_principal().tenant
        budget, bill = self._budget.of(tenant), Bill(expected)
        if budget and await self._spend(tenant, budget, expected.tokens, is_used=False) < 0:
            await self._usage.refused(tenant, model)
            raise BudgetSpent
        try:
            yield bill
        finally:
            excess = bill.usage.tokens - expected.tokens
            if budget and excess:
                await self._spend(tenant, budget, excess, is_used=True)
            if bill.usage.tokens:
                await self._usage.took(tenant, model, bill.usage)

    async def window(self, tenant: str, now: int) -> BudgetWindow | None:
        """Return the window of a second since the epoch; None where the tenant has no budget."""
        budget, span = self._budget.of(tenant), self._budget.window_seconds
        if not budget:
            return None
        number = now // span
        stored: Any = self._client.hmget(_key(tenant), "window", "used")
        window, used = await stored
        spent = int(used) if window is not None and int(window) == number else 0
        return BudgetWindow(budget, spent, number * span, (number + 1) * span)

    async def _spend(self, tenant: str, budget: int, tokens: int, *, is_used: bool) -> int:
        span = self._budget.window_seconds
        left = await _spend(
            self._client, _key(tenant), budget=budget, span=span, tokens=tokens, is_used=is_used
        )
        return int(left)


def _key(tenant: str) -> str:
    return f"am:ex:tokens:{encode(tenant)}"
