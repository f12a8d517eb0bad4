"""What the parts of the ranking that come after the legs judge by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.bm25 import Floats, Occurrences


@dataclass(frozen=True, slots=True)
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
