"""What is said around a message speaks for it: answers stand beside the words of their question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.evidence import Evidence, Session


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Weighted mean of the matches of the messages before and after.

    A neighbour that is no candidate counts as no match. A memory that is no message has no
    neighbours; it must neither suffer for that beside messages, nor gain.

    Attributes:
        weight: worth of the best neighbourhood.
        reach: how many messages to each side count.
        decay: how much less each further one counts than the one before it.
        lone: what part of its own match a memory without neighbours has instead of their mean.
    """

    weight: float
    reach: int
    decay: float
    lone: float
    name: str = "neighbours"

    def measure(self, evidence: Evidence) -> Floats:
        """The mean for each memory."""
        places = [
            (session, memory.sequence) if session and memory.sequence else None
            for session, memory in zip(evidence.sessions, evidence.memories, strict=True)
        ]
        matches: dict[tuple[Session, int], float] = {}
        for place, match in zip(places, evidence.match.tolist(), strict=True):
            if place is not None:
                matches[place] = max(match, matches.get(place, 0.0))
        return self._means(places, matches, evidence.match)

    def _means(
        self,
        places: Sequence[tuple[Session, int] | None],
        matches: Mapping[tuple[Session, int], float],
        alone: Floats,
    ) -> Floats:
        shares = list(self._shares())
        values = self.lone * alone
        for at, place in enumerate(places):
            if place is not None:
                session, number = place
                values[at] = sum(
                    share * matches.get((session, number + offset), 0.0) for offset, share in shares
                )
        return values

    def _shares(self) -> Iterator[tuple[int, float]]:
        whole = 2 * sum(self.decay**further for further in range(self.reach))
        for further in range(self.reach):
            share = self.decay**further / whole
            yield from ((further + 1, share), (-further - 1, share))
