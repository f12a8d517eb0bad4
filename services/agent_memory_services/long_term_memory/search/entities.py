"""A name in the question speaks for what its bearer said, and for what was noted about it."""

from dataclasses import dataclass

import numpy as np

from agent_memory_services.long_term_memory.search.bm25 import Floats
from agent_memory_services.long_term_memory.search.evidence import Evidence
from agent_memory_services.long_term_memory.search.names import QuestionNames, names_of


@dataclass(frozen=True, slots=True)
class NamedEntities:
    """How many of the question's names a memory is by or about.

    Only a speaker or an entity of some candidate is a name. Who is merely addressed in a text is
    not what the text is about, and the words themselves count already.

    Attributes:
        weight: worth of all names.
        names: the question's names.
    """

    weight: float
    names: QuestionNames
    name: str = "entities"

    def measure(self, evidence: Evidence) -> Floats | None:
        """The share of the known names of the question, for each memory; None without any."""
        known: dict[str, str | None] = {}
        named = []
        for memory in evidence.memories:
            borne = set()
            for name in names_of(memory):
                if name not in known:
                    known[name] = name.casefold() if self.names.hold(name) else None
                borne.add(known[name])
            named.append(borne - {None})
        asked = set(known.values()) - {None}
        if not asked:
            return None
        return np.array([len(borne) / len(asked) for borne in named])
