"""What the legs of a search found together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from redis.commands.search.document import Document
from redis.commands.search.result import Result

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.documents import READ, memory_of
from agent_memory_services.long_term_memory.search.legs import Leg

Measured = Mapping[str, Mapping[str, float]]
"""For each leg, by memory id, what it measured; each leg's best first."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Memories by id, and what each leg measured, best first.

    Attributes:
        memories: the memories.
        found: for each leg, the ids that it found with what it measured, best first.
        total: how many memories the condition selects, whatever the question.
    """

    memories: Mapping[str, Memory]
    found: Mapping[str, Sequence[tuple[str, float]]]
    total: int

    def top(self, depth: int) -> Measured:
        """What each leg measured of its `depth` best."""
        return {name: dict(ranked[:depth]) for name, ranked in self.found.items()}

    def exhausted(self, depth: int) -> bool:
        """Whether no leg would find more if it were read deeper than `depth`."""
        return all(len(ranked) < depth for ranked in self.found.values())


def pool_of(legs: Sequence[Leg], results: Sequence[Result], total: int) -> Pool:
    """Gather the results of the legs, one for each."""
    memories: dict[str, Memory] = {}
    keys: dict[str, str] = {}
    for found in _documents(results):
        if found.id not in keys and (memory := _memory(found)):
            keys[found.id] = memory.id
            memories[memory.id] = memory
    measured = {
        leg.name: [(keys[doc.id], leg.value(doc)) for doc in result.docs if doc.id in keys]
        for leg, result in zip(legs, results, strict=True)
    }
    return Pool(memories, measured, total)


def _memory(found: Document) -> Memory | None:
    return memory_of([getattr(found, field, None) for field in READ])


def _documents(results: Iterable[Result]) -> Iterator[Document]:
    return (found for result in results for found in result.docs)
