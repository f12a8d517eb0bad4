"""A memory with its vectors, as the store keeps them together."""

from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain import fields


@dataclass(frozen=True, slots=True)
class MemoryVectors:
    """The vectors of a memory, in the bytes that the index takes.

    Attributes:
        text: of the text alone.
        context: of the text with the words around it; the same where there are none.
        generation: the generation of the index that they are for.
        beside: the same for another generation, while one takes the place of the other.
    """

    text: bytes
    context: bytes
    generation: int = fields.FIRST_GENERATION
    beside: "MemoryVectors | None" = None

    @property
    def hash_fields(self) -> dict[str, str | bytes]:
        """Fields of the hash that hold them."""
        others = self.beside.hash_fields if self.beside else {}
        return others | {
            fields.stored(fields.VECTOR, self.generation): self.text,
            fields.stored(fields.CONTEXT_VECTOR, self.generation): self.context,
        }


@dataclass(frozen=True, slots=True)
class StoredMemory:
    """A memory and its vectors."""

    memory: Memory
    vectors: MemoryVectors
