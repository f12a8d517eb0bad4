"""Memories and hits, for tests of prompts."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import MemoryHit


def memory(text: str, id_: str = "", **fields: object) -> Memory:
    """A memory whose id is its text where none is given."""
    return Memory(id=id_ or text, text=text, **fields)  # type: ignore[arg-type]


def hits(*memories: Memory) -> list[MemoryHit]:
    """Hits, the best first."""
    return [MemoryHit(memory=m, score=1 / (rank + 1)) for rank, m in enumerate(memories)]
