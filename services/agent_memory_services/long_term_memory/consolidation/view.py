"""What a decision rests on."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.consolidation.judgement.base import Verdict
from agent_memory_services.long_term_memory.consolidation.rules.cosines import cosine
from agent_memory_services.long_term_memory.consolidation.rules.likeness import Likeness, likeness
from agent_memory_services.long_term_memory.consolidation.rules.statement import read
from agent_memory_services.long_term_memory.records.documents import StoredMemory, is_hidden


@dataclass(frozen=True, slots=True)
class View:
    """The memories that a plan rests on, as they were read.

    Attributes:
        stored: them, by id: the neighbours, what they were merged into, and its originals.
        verdicts: what a judge said of neighbours, by id.
        now: the present, in microseconds.
        precision: the type of the vectors' numbers.
    """

    stored: Mapping[str, StoredMemory]
    verdicts: Mapping[str, Verdict]
    now: int
    precision: str = "float32"

    def shown(self, memory_id: str) -> StoredMemory | None:
        """What readers see of a memory: itself, or what it was merged into."""
        found = self.stored.get(memory_id)
        if found is not None and found.memory.merged_into:
            found = self.stored.get(found.memory.merged_into)
        return None if found is None or is_hidden(found.memory) else found

    def nearness(self, one: StoredMemory, other: StoredMemory) -> float:
        """The cosine of two texts' vectors."""
        return cosine(one.vectors.text, other.vectors.text, self.precision)

    def compared(self, one: StoredMemory, other: StoredMemory) -> Likeness:
        """How what two memories say stands to each other."""
        return alike(one.memory, other.memory, self.nearness(one, other))

    def originals(self, shown: StoredMemory) -> list[StoredMemory]:
        """What a memory was merged from; itself where it was not."""
        linked = (self.stored.get(each) for each in shown.memory.provenance.memory_ids)
        return [each for each in linked if each and each.memory.merged_into == shown.memory.id] or [
            shown
        ]


def alike(one: Memory, other: Memory, nearness: float) -> Likeness:
    """How what two memories say stands to each other, by their words and their vectors' cosine."""
    one_slot = bool(one.slot) and one.slot == other.slot
    return likeness(read(one.text), read(other.text), nearness, one_slot=one_slot)
