"""A memory on its way through the ranking."""

from dataclasses import dataclass, field

from agent_memory.common.v1.memory_pb2 import Memory


@dataclass(slots=True)
class Signal:
    """One part of a score.

    Attributes:
        name: its stable name.
        value: what it measured, in its own unit.
        contribution: what it adds to the score.
    """

    name: str
    value: float
    contribution: float


@dataclass(slots=True)
class Candidate:
    """A memory and what is known about its rank so far.

    Attributes:
        memory: the memory.
        distance: its cosine distance to the question, where a vector took part.
        signals: the parts of its score.
    """

    memory: Memory
    distance: float | None = None
    signals: list[Signal] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The sum of the parts, 0 to 1."""
        return min(1.0, max(0.0, sum(signal.contribution for signal in self.signals)))

    def add(self, name: str, value: float, contribution: float) -> None:
        """Add a part to the score."""
        self.signals.append(Signal(name, value, contribution))

    def scale(self, factor: float) -> None:
        """Leave every part so far this share of its contribution."""
        for signal in self.signals:
            signal.contribution *= factor
