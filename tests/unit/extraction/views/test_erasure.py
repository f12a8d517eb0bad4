"""What is left of a filter that named a user."""

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory_services.extraction.erasure.targets import stripped, without_user


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
        (MemoryFilter(user_id=TagFilter(prefix="zoe")), None),
        (MemoryFilter(user_id=TagFilter(prefix="zoe/")), None),
        (
            MemoryFilter(user_id=TagFilter(prefix="zo")),
            MemoryFilter(user_id=TagFilter(prefix="zo")),
        ),
        (
            MemoryFilter(user_id=TagFilter(prefix="zoey")),
            MemoryFilter(user_id=TagFilter(prefix="zoey")),
        ),
        (
            MemoryFilter(
                any_of=[
                    MemoryFilter(user_id=TagFilter(prefix="zoe")),
                    MemoryFilter(user_id=TagFilter(eq="bob")),
                ]
            ),
            MemoryFilter(any_of=[MemoryFilter(user_id=TagFilter(eq="bob"))]),
        ),
        (MemoryFilter(none_of=[MemoryFilter(user_id=TagFilter(eq="zoe"))]), MemoryFilter()),
    ],
)
def test_a_filter_without_a_user_means_the_same(
    given: MemoryFilter, left: MemoryFilter | None
) -> None:
    """What asks for the user alone asks for nothing, and what leaves the user out need not."""
    assert without_user(given, "zoe") == left


@pytest.mark.parametrize(
    "view",
    [
        SummaryView(id="about-zoe"),
        SummaryView(filter=MemoryFilter(entities=TagFilter(any=["rain", "zoe"]))),
        SummaryView(filter=MemoryFilter(session_id=TagFilter(eq="zoe-1"))),
        SummaryView(filter=MemoryFilter(namespace=TagFilter(none=["users/zoe"]))),
        SummaryView(filter=MemoryFilter(none_of=[MemoryFilter(user_id=TagFilter(prefix="zoe"))])),
        SummaryView(
            filter=MemoryFilter(
                any_of=[
                    MemoryFilter(
                        none_of=[
                            MemoryFilter(any_of=[MemoryFilter(user_id=TagFilter(prefix="zoe."))])
                        ]
                    )
                ]
            )
        ),
    ],
)
def test_a_view_that_cannot_do_without_a_user_goes(view: SummaryView) -> None:
    """Where the id could not be left out without letting others in, nothing is kept."""
    assert stripped(view, "zoe") is None


def test_a_name_and_a_prompt_forget_whom_they_name() -> None:
    """They go on with somebody; words that only hold the id are left alone."""
    view = SummaryView(id="v", name="zoe, zoey", prompt="Tell what zoe and x.zoe@y.org like.")
    assert stripped(view, "zoe") == SummaryView(
        id="v", name="somebody, zoey", prompt="Tell what somebody and x.somebody@y.org like."
    )
    assert stripped(view, "zoey") == SummaryView(
        id="v", name="zoe, somebody", prompt="Tell what zoe and x.zoe@y.org like."
    )
    assert stripped(view, "oe") == view
