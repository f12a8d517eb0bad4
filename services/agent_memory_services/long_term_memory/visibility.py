"""Which records a reader sees unless they ask for more."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory import schema
from agent_memory_services.long_term_memory.expression import ALWAYS, Node, Range, every, negated
from agent_memory_services.long_term_memory.filters import flag
from agent_memory_services.runtime.clock import to_micros


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


def is_hidden(memory: Memory) -> bool:
    """Whether a memory was merged into another or archived."""
    return bool(memory.merged_into) or memory.HasField("archive_time")


def is_visible(memory: Memory, at: int) -> bool:
    """Whether `visible` holds of a memory at a moment in microseconds."""
    validity = memory.validity
    return not (
        is_hidden(memory)
        or (memory.HasField("expire_time") and to_micros(memory.expire_time) <= at)
        or (validity.HasField("valid_from") and to_micros(validity.valid_from) > at)
        or (validity.HasField("invalid_from") and to_micros(validity.invalid_from) <= at)
    )
