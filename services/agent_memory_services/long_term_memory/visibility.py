"""Which records a reader sees unless they ask for more."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.filtering.expression import (
    ALWAYS,
    Node,
    Range,
    every,
    negated,
)
from agent_memory_services.long_term_memory.filtering.filters import flag
from agent_memory_services.long_term_memory.filtering.matching import holds
from agent_memory_services.long_term_memory.index import schema


def visible(at: int, *, superseded: bool = False) -> Node:
    """Neither merged nor archived nor expired, and true in the world at a moment.

    A memory is true from `valid_from` on and no longer from `invalid_from` on. Every part is put
    as an exclusion: what it names is rare, so it costs little however many memories there are.

    Args:
        at: the moment, in microseconds.
        superseded: also what is no longer true at the moment.
    """
    return every(
        [
            negated(flag(schema.HIDDEN, value=True)),
            negated(Range(schema.EXPIRE, high=at)),
            negated(Range(schema.VALID_FROM, low=at + 1)),
            ALWAYS if superseded else negated(Range(schema.INVALID_FROM, high=at)),
        ]
    )


def is_visible(memory: Memory, at: int) -> bool:
    """Whether readers see a memory at a moment in microseconds."""
    return holds(visible(at), memory)
