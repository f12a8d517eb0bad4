"""How a selection is counted."""

import pytest

from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    NEVER,
    Node,
    Tag,
    every,
    visible,
)
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.index.index import counting

OWNED = Tag(fields.USER, ("ann",))


def test_a_whole_tenant_is_counted_by_what_it_leaves_out() -> None:
    """What a tenant's readers do not see is visited, and taken off what is stored."""
    counted = counting(Scope("acme").select(visible(5)))
    asked = counted.query.query_string()
    assert "@hidden" in asked
    assert "-(" not in asked
    assert counted.total(counted=2, stored=10) == 8


def test_everything_of_a_tenant_needs_no_visit() -> None:
    """Without any exclusion the number of what is stored is the answer."""
    assert counting(Scope("acme").select(ALWAYS)).total(counted=0, stored=10) == 10


@pytest.mark.parametrize("condition", [OWNED, every([OWNED, visible(5)]), NEVER], ids=str)
def test_others_are_counted_one_by_one(condition: Node) -> None:
    """A selection that names what it wants is visited."""
    counted = counting(Scope("acme").select(condition))
    assert counted.total(counted=3, stored=10) == 3
