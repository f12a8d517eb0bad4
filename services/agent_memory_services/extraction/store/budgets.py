"""Token budgets of tenants for the model, kept in one store for all processes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.shared.model_api.failures import Bill, BudgetSpent


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


class TenantBudgets:
    """Token budgets of the tenants for whom calls are made, in one store for all processes."""

    def __init__(self, client: Redis, budget: Budget) -> None:
        self._client = client
        self._budget = budget

    @asynccontextmanager
    async def opened(self, tokens: int) -> AsyncIterator[Bill]:
        """Take a call's tokens from the budget, and set that right at its end."""
        tenant = current_principal().tenant
        budget, bill = self._budget.of(tenant), Bill(tokens)
        if not budget:
            yield bill
            return
        if await self._spend(tenant, budget, tokens, is_used=False) < 0:
            raise BudgetSpent
        try:
            yield bill
        finally:
            if bill.tokens != tokens:
                await self._spend(tenant, budget, bill.tokens - tokens, is_used=True)

    async def _spend(self, tenant: str, budget: int, tokens: int, *, is_used: bool) -> int:
        key = f"am:ex:tokens:{encode(tenant)}"
        span = self._budget.window_seconds
        left = await _spend(
            self._client, key, budget=budget, span=span, tokens=tokens, is_used=is_used
        )
        return int(left)
