"""What is embedded of a memory."""

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.store.embeddings.vectors import (
    CONTEXT_CHARACTERS,
    with_context,
)

MESSAGE = MemoryType.MEMORY_TYPE_MESSAGE


@pytest.mark.parametrize(
    ("memory", "text"),
    [
        (Memory(text="likes tea"), "likes tea"),
        (Memory(text="likes tea", entities=["Ann"]), "likes tea"),
        (Memory(text="likes tea", context="of Ann"), "of Ann\nlikes tea"),
        (Memory(text="I like tea", type=MESSAGE), "I like tea"),
        (Memory(text="I like tea", type=MESSAGE, entities=["Ann"]), 'Ann said, "I like tea"'),
        (
            Memory(text="Tea", type=MESSAGE, entities=["Ann"], context="Ben: Tea or milk?"),
            'Ben: Tea or milk?\nAnn said, "Tea"',
        ),
    ],
)
def test_the_words_around_come_first(memory: Memory, text: str) -> None:
    """A memory stands behind its context, and a message behind its speaker's name."""
    assert with_context(memory) == text


def test_a_long_text_stands_alone() -> None:
    """What says by itself what it is about is embedded once."""
    text = "tea " * CONTEXT_CHARACTERS
    assert with_context(Memory(text=text, context="of Ann")) == text


def test_a_long_context_leaves_room() -> None:
    """Of a long context the end counts, which stands nearest."""
    text = with_context(Memory(text="tea", context=f"{'x' * 5000} end"))
    assert text.endswith("x end\ntea")
    assert len(text) == CONTEXT_CHARACTERS + len("\ntea")
