"""A memory that was found."""

from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.scoresheet import Scoresheet, Signal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory and how it was ranked.

    Attributes:
        memory: the memory.
        score: 0 to 1, higher is better.
        distance: its cosine distance to the question, where its text's vector was compared.
        sheet: what made the score; None where nothing was asked.
        column: the memory's place in the sheet.
    """

    memory: Memory
    score: float = 0.0
    distance: float | None = None
    sheet: Scoresheet | None = None
    column: int = 0

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The parts of the score."""
        return self.sheet.signals(self.column) if self.sheet else ()
