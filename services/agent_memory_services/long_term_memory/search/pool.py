"""What the legs of a search found together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.index.answers import Answer, Row
from agent_memory_services.long_term_memory.records.documents import READ, memory_of
from agent_memory_services.long_term_memory.search.legs import Leg

_READ: Final = tuple(name.encode() for name in READ)


@dataclass(frozen=True, slots=True)
class Pool:
    """Memories by id, and what each leg measured of them.

    Attributes:
        memories: the memories.
        measured: for each leg, by memory id, what it measured; each leg's best first.
        total: how many memories the condition selects, whatever the question.
    """

    memories: Mapping[str, Memory]
    measured: Mapping[str, Mapping[str, float]]
    total: int

    def exhausted(self, depth: int) -> bool:
        """Whether no leg would find more if it were read deeper than `depth`."""
        return all(len(values) < depth for values in self.measured.values())


def pool_of(legs: Sequence[Leg], answers: Sequence[Answer | None], total: int) -> Pool:
    """Gather the answers to the legs, one for each, None for a leg that did not ask."""
    memories: dict[bytes, Memory] = {}
    for row in chain.from_iterable(answer.rows for answer in answers if answer):
        if row.key not in memories and (memory := _memory(row)) is not None:
            memories[row.key] = memory
    ids = {key: memory.id for key, memory in memories.items()}
    measured = {
        leg.name: {ids[row.key]: leg.value(row) for row in answer.rows if row.key in ids}
        if answer
        else {}
        for leg, answer in zip(legs, answers, strict=True)
    }
    return Pool({memory.id: memory for memory in memories.values()}, measured, total)


def _memory(found: Row) -> Memory | None:
    """The memory of a row; None for one that was deleted while the leg was read."""
    return memory_of([found.fields.get(name) for name in _READ])
