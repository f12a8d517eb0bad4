"""What the parts of the ranking that come after the legs judge by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Floats, Occurrences

Session: TypeAlias = tuple[str, str, str]
"""Namespace, id and incarnation."""


@dataclass(frozen=True)
class Evidence:
    """The candidates of a search, and what the legs say about them.

    Attributes:
        memories: the candidates.
        match: how well each one matches by itself, 0 to 1; shape (memories,).
        words: where the question's words occur in their texts.
    """

    memories: Sequence[Memory]
    match: Floats
    words: Occurrences

    @cached_property
    def sessions(self) -> Sequence[Session | None]:
        """The session that each memory comes from, or None."""
        return list(map(session_of, self.memories))


def session_of(memory: Memory) -> Session | None:
    """The session a memory comes from, or None."""
    if not memory.session_id:
        return None
    return memory.namespace, memory.session_id, memory.provenance.session_uid


class Part(Protocol):
    """Something besides its own match that speaks for a memory."""

    @property
    def name(self) -> str:
        """Its name in explanations."""
        ...

    @property
    def weight(self) -> float:
        """What the most of it is worth, where a full match is worth 1."""
        ...

    def measure(self, evidence: Evidence) -> Floats | None:
        """How much speaks for each memory, 0 to 1, in their order; shape (memories,).

        None where the part has nothing to say about any of them.
        """
        ...
