"""Owners with more memories than a budget has room for."""

from typing import Final

from redis.commands.search import reducers
from redis.commands.search.aggregation import AggregateRequest

from agent_memory_services.long_term_memory.filtering.expression import Node
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.keys import decode

_MOST: Final = 100_000
_COUNT: Final = "memories"
_PATIENCE_MS: Final = 30_000


class _Census(AggregateRequest):
    """Counts everything there is, which may take longer than a search."""

    def build_args(self) -> list[str]:
        """The request in the engine's words."""
        query, *rest = super().build_args()
        return [query, "TIMEOUT", str(_PATIENCE_MS), *rest]


async def owners_beyond(
    index: MemoryIndex, scope: Scope, condition: Node, budget: int
) -> list[str]:
    """Users of whom more memories than a budget meet a condition; "" stands for nobody.

    The engine counts all of them in one go. More than a hundred thousand such users are looked at
    in several rounds: whoever was brought down to the budget is no longer among them.
    """
    request = (
        _Census(str(scope.select(condition).condition))
        .dialect(2)
        .group_by([f"@{schema.USER}"], reducers.count().alias(_COUNT))
        .filter(f"@{_COUNT} > {budget}")
        .limit(0, _MOST)
    )
    rows = await index.rows(scope.tenant, request)
    found = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
    return [decode(fields[schema.USER.encode()].decode()) for fields in found]
