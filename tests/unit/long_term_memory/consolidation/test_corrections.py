"""Corrections and denials of many kinds, said later in the user's own words."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.evaluation.histories import SHIPPED_CORRECTIONS, read_histories
from agent_memory_services.long_term_memory.consolidation.rules import comparing

PAIRS = [
    [statement.text for statement in history.statements]
    for history in read_histories(SHIPPED_CORRECTIONS)
]
LEAST = 49
"""Pairs of which the later ends the earlier; more may, and fewer never again."""


def test_what_corrects_ends_what_it_corrects() -> None:
    """Whether it denies, ends, moves, exchanges or puts right."""
    ended = [
        before for before, after in PAIRS if comparing.end(Memory(text=after), Memory(text=before))
    ]
    assert len(PAIRS) == 50
    assert len(ended) >= LEAST


@pytest.mark.parametrize("at", range(0, len(PAIRS), 7))
def test_what_corrects_ends_nothing_else(at: int) -> None:
    """A correction of one thing leaves all others alone."""
    after = Memory(text=PAIRS[at][1])
    others = [Memory(text=before) for before, _ in PAIRS[at + 1 : at + 7]]
    assert not [each.text for each in others if comparing.end(after, each)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("User Maya lives in Rome", "User lives in Rome", True),
        ("User Maya lives in Rome", "User Ben lives in Rome", False),
        ("User Maya lives in Rome", "Maya lives in Rome", False),
    ],
)
def test_a_name_beside_the_user_is_the_user(one: str, other: str, same: bool) -> None:
    """Two names are two people."""
    assert comparing.same(Memory(text=one), Memory(text=other)) is same
    assert comparing.end(Memory(text="User moved to Bergen"), Memory(text=one))
