"""What is left of a filter that named a user."""

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory_services.extraction.views.erasure import without_user


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (MemoryFilter(), MemoryFilter()),
        (MemoryFilter(user_id=TagFilter(eq="zoe")), None),
        (MemoryFilter(user_id=TagFilter(ne="zoe")), MemoryFilter()),
        (MemoryFilter(user_id=TagFilter(any=["zoe"])), None),
        (
            MemoryFilter(user_id=TagFilter(none=["zoe", "bob"])),
            MemoryFilter(user_id=TagFilter(none=["bob"])),
        ),
        (MemoryFilter(any_of=[MemoryFilter(user_id=TagFilter(eq="zoe"))]), None),
        (MemoryFilter(none_of=[MemoryFilter(user_id=TagFilter(eq="zoe"))]), MemoryFilter()),
    ],
)
def test_a_filter_without_a_user_means_the_same(
    given: MemoryFilter, left: MemoryFilter | None
) -> None:
    """What asks for the user alone asks for nothing, and what leaves the user out need not."""
    assert without_user(given, "zoe") == left
