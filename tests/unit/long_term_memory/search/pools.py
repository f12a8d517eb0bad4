"""Candidates for the parts of the ranking."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.terms import asked
from agent_memory_services.long_term_memory.search.question import Wording
from agent_memory_services.long_term_memory.search.signals import Evidence


def evidence(
    memories: Sequence[Memory], matches: Sequence[float] | None = None, question: str = "tea"
) -> Evidence:
    """Memories with their matches, all 0 by default, for a question."""
    match = np.zeros(len(memories)) if matches is None else np.array(matches, dtype=float)
    return Evidence(memories, match, Wording(asked(question), memories).text)


def said(session: str, number: int, text: str = "so") -> Memory:
    """The message of a session at a position."""
    return Memory(id=f"{session}{number}", session_id=session, sequence=number, text=text)


_words = st.lists(st.sampled_from(["tea", "green", "cup", "Ann", "went"]), max_size=6)
_memories = st.builds(
    Memory,
    text=_words.map(" ".join),
    session_id=st.sampled_from(["", "a", "b"]),
    sequence=st.integers(0, 5),
    entities=st.lists(st.sampled_from(["Ann", "Ben"]), max_size=2),
)
pools = st.lists(st.tuples(_memories, st.floats(0, 1)), min_size=1, max_size=12)
"""Memories, each with its match."""
