"""What the legs of a search found together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.commands.search.document import Document
from redis.commands.search.result import Result

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.documents import READ, memory_of
from agent_memory_services.long_term_memory.search.legs import Leg


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


def pool_of(legs: Sequence[Leg], results: Sequence[Result], total: int) -> Pool:
    """Gather the results of the legs, one for each."""
    found = {document.id: document for result in results for document in result.docs}
    by_key = {key: memory for key, document in found.items() if (memory := _memory(document))}
    measured = {
        leg.name: {by_key[doc.id].id: leg.value(doc) for doc in result.docs if doc.id in by_key}
        for leg, result in zip(legs, results, strict=True)
    }
    return Pool({memory.id: memory for memory in by_key.values()}, measured, total)


def _memory(found: Document) -> Memory | None:
    """The memory of a document; None for one that was deleted while the leg was read."""
    return memory_of([getattr(found, field, None) for field in READ])
