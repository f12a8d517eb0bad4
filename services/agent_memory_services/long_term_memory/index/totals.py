"""How many memories a selection holds, without a visit to each where that can be helped.

The engine counts by visiting. A whole tenant is selected by what it leaves out: hidden, expired,
not yet or no longer true. That is visited instead, and taken off the number of the tenant's
memories, which every commit keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redisvl.query import CountQuery

from agent_memory_services.long_term_memory.filtering.expression import (
    All,
    Node,
    Not,
    Tag,
    every,
    some,
)
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.scope import Selection


@dataclass(frozen=True, slots=True)
class Counting:
    """How to count a selection.

    Attributes:
        query: what the engine has to count.
        left_out: whether that is what the selection lacks of its tenant's memories.
    """

    query: CountQuery
    left_out: bool

    def total(self, counted: int, stored: int) -> int:
        """The size of the selection, by what was counted and what the tenant has stored."""
        return max(0, stored - counted) if self.left_out else counted


def counting(selection: Selection) -> Counting:
    """The cheapest way to count a selection."""
    tenant = Tag(schema.TENANT, (selection.tenant,))
    parts = _parts(selection.condition)
    excluded = [part.part for part in parts if isinstance(part, Not)]
    if len(excluded) == len(parts) - 1 and tenant in parts:
        return Counting(CountQuery(str(every([tenant, some(excluded)]))), left_out=True)
    return Counting(CountQuery(str(selection.condition)), left_out=False)


def _parts(condition: Node) -> Sequence[Node]:
    return condition.parts if isinstance(condition, All) else (condition,)
