"""What is embedded of a memory."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.domain.traits import CONTEXT_CHARACTERS
from agent_memory_services.long_term_memory.store.embeddings.vectors import (
    with_context,
    with_speaker,
)

MESSAGE = MemoryType.MEMORY_TYPE_MESSAGE
LONG = "tea " * CONTEXT_CHARACTERS


@pytest.mark.parametrize(
    ("memory", "text"),
    [
        (Memory(text="likes tea"), ("likes tea", None)),
        (Memory(text="likes tea", entities=["Ann"]), ("likes tea", None)),
        (Memory(text="likes tea", context="of Ann"), ("likes tea", "of Ann\nlikes tea")),
        (Memory(text="I like tea", type=MESSAGE), ("I like tea", None)),
        (
            Memory(text="Tea", type=MESSAGE, entities=["Ann"], context="Ben: Tea or milk?"),
            ('Ann said, "Tea"', None),
        ),
        (Memory(text=LONG, context="of Ann"), (LONG, None)),
    ],
)
def test_what_has_a_vector(memory: Memory, text: tuple[str, str | None]) -> None:
    """A text, a message's as by its speaker; and behind the words around it, where that helps."""
    assert (with_speaker(memory), with_context(memory)) == text


def test_a_long_context_leaves_room() -> None:
    """Of a long context the end counts, which stands nearest."""
    text = with_context(Memory(text="tea", context=f"{'x' * 5000} end")) or ""
    assert text.endswith("x end\ntea")
    assert len(text) == CONTEXT_CHARACTERS + len("\ntea")
