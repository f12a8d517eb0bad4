"""A session that is about the question speaks for everything said in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.evidence import Evidence, Session


@dataclass(frozen=True, slots=True)
class SessionBest:
    """The best match among the candidates of a memory's session.

    Attributes:
        weight: worth of a full match.
    """

    weight: float
    name: str = "session.best"

    def measure(self, evidence: Evidence) -> Floats:
        """The best match for each memory; its own for one without a session."""
        groups, count = _groups(evidence.sessions)
        best = np.zeros(count)
        np.maximum.at(best, groups, evidence.match)
        return best[groups]


@dataclass(frozen=True, slots=True)
class SessionCoverage:
    """How much of the question the candidates of a memory's session speak about together.

    Attributes:
        weight: worth of a session that holds every word of the question.
    """

    weight: float
    name: str = "session.coverage"

    def measure(self, evidence: Evidence) -> Floats:
        """The share of the question's words, each by its worth."""
        groups, count = _groups(evidence.sessions)
        worth = evidence.words.worth()
        if not worth.any():
            return np.zeros(len(groups))
        held = np.zeros((count, len(worth)))
        np.maximum.at(held, groups, evidence.words.counts.T > 0)
        coverage: Floats = held @ worth / worth.sum()
        return np.minimum(1.0, coverage)[groups]


def _groups(sessions: Sequence[Session | None]) -> tuple[npt.NDArray[np.intp], int]:
    """The number of each memory's session, and how many there are; each loner is one of its own."""
    numbers: dict[Session | int, int] = {}
    groups = [
        numbers.setdefault(session or at, len(numbers)) for at, session in enumerate(sessions)
    ]
    return np.array(groups, dtype=np.intp), len(numbers)
