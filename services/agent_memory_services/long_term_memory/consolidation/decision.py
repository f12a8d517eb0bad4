"""What consolidation decides about a memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.records.change import Change


class Deed(StrEnum):
    """What was done about a memory."""

    KEPT = "kept"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    """It ended the validity of others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be done about a memory.

    Attributes:
        deed: in a word.
        memory: what holds its content then.
        related: the others that the deed concerns: the originals, or those that ended.
        changes: what makes it so, all or none; empty where everything stays.
    """

    deed: Deed
    memory: Memory
    related: tuple[str, ...] = ()
    changes: Sequence[Change] = ()
