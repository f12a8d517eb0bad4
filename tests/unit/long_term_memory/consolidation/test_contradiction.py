"""When facts of one slot exclude each other."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.rules.superseding import contradicts


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        ("I work at Acme", "I joined Globex", True),
        ("User lives in Lisbon", "User moved to Berlin in May 2024", True),
        ("User is vegetarian", "User is vegan", True),
        ("User's favourite colour is blue", "User's favourite colour is green", True),
        ("User works at Acme", "User does not work at Acme anymore", True),
        ("User works at Acme", "User is employed at Acme", False),
        ("User works at Acme", "User works for Acme Labs", False),
        ("User works at Globex", "User does not work at Acme anymore", False),
        ("User is vegetarian", "User does not eat meat", False),
        ("User lives in Lisbon", "User lives near the station", False),
        ("User is an engineer", "User is a railway engineer", False),
    ],
)
def test_only_another_value_excludes(one: str, other: str, *, excluded: bool) -> None:
    """Another value does; a refinement, another aspect, or a denial of another value does not."""
    first, second = Memory(text=one), Memory(text=other)
    assert contradicts(first, second) is excluded
    assert contradicts(second, first) is excluded
