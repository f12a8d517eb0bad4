"""Keys of the store, and a memory as the hash that the store keeps, and back.

Every key and index of a tenant lies in one shard. The serialized memory is the truth; the other
fields of its hash exist to be searched. Access times and counts are the exception: they stand
beside the record, so that finding a memory neither rewrites it nor changes its etag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.redis.keys import decode, encode, partition_of
from agent_memory_services.long_term_memory.domain import fields, terms, traits
from agent_memory_services.long_term_memory.domain.columns import Entry, is_row_of
from agent_memory_services.long_term_memory.domain.memory import (
    MemoryVectors,
    StoredMemory,
    accessed_at,
    sliding_micros,
)

READ: Final = (fields.RECORD, fields.ACCESS, fields.ACCESS_COUNT)
"""The fields that make a memory, in the order `memory_of` takes them."""
RANKED: Final = (*READ, fields.ID, fields.ETAG, fields.ROW, fields.EXPIRE)
"""The fields that a ranking reads, in the order `entry_of` takes them."""

_ADDED: Final = [name for name, field in fields.TAGS.items() if field.added]


def document(tenant: str, memory: Memory, vectors: MemoryVectors | None) -> dict[str, str | bytes]:
    """Return the hash's fields for a memory, its record first and without its accesses.

    None keeps the vectors it has.
    """
    found: dict[str, str | bytes] = {
        fields.RECORD: _without_accesses(memory).SerializeToString(),
        fields.ETAG: memory.etag,
        fields.CONTENT_HASH: memory.content_hash,
        **_worded(memory),
        **_tags(tenant, memory),
        **{name: str(value) for name, value in _numbers(memory).items() if value is not None},
    }
    return found | (vectors.hash_fields if vectors else {}) | _kept(memory)


def _kept(memory: Memory) -> dict[str, str]:
    """Return the field that says for how long reads keep a memory, where they do."""
    sliding = sliding_micros(memory)
    return {} if sliding is None else {fields.SLIDING: str(sliding)}


def _worded(memory: Memory) -> dict[str, str | bytes]:
    text, context = terms.words_of(memory.text), terms.words_of(memory.context)
    return {
        fields.ROW: traits.row_of(memory, text=text, context=context),
        fields.TEXT: terms.indexed(text),
        fields.CONTEXT: terms.indexed(context),
    }


def _without_accesses(memory: Memory) -> Memory:
    if not memory.access_count and not memory.HasField("last_access_time"):
        return memory
    alone = Memory()
    alone.CopyFrom(memory)
    alone.ClearField("access_count")
    alone.ClearField("last_access_time")
    return alone


def accesses(memory: Memory) -> dict[str, str]:
    """Return the fields that stand beside the record: the count and time of accesses."""
    found = {name: field.read(memory) for name, field in fields.ACCESSES.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def absent_fields(memory: Memory, vectors: MemoryVectors | None) -> list[str]:
    """Return the fields that the hash of a memory must not have; None keeps its vectors."""
    absent = [name for name, value in _numbers(memory).items() if value is None]
    absent += [name for name in _ADDED if not fields.TAGS[name].read(memory)]
    if not memory.HasField("sliding_ttl"):
        absent.append(fields.SLIDING)
    return [*absent, *(vectors.absent_fields if vectors else ())]


def memory_of(values: Sequence[bytes | None]) -> Memory | None:
    """Return the memory that the fields `READ` hold; None where there is none."""
    record, access, access_count = values
    if record is None:
        return None
    memory = Memory.FromString(record)
    if access is not None:
        accessed_at(memory, int(access))
    memory.access_count = int(access_count or 0)
    return memory


def entry_of(values: Sequence[bytes | None]) -> Entry | None:
    """Return what a ranking reads of a memory by its fields `RANKED`; None where there is none.

    A row that is of another release, or of an earlier version of the memory, is made anew.
    """
    record, access, access_count, memory_id, etag, row, expire = values
    if record is None or memory_id is None:
        return None
    if row is None or etag is None or not is_row_of(row, etag.decode()):
        row = traits.row_of(Memory.FromString(record))
    return Entry(
        decode(memory_id.decode()),
        row,
        int(access) if access else None,
        int(access_count or 0),
        record,
        int(expire) if expire else None,
    )


def whole(generations: Sequence[int]) -> tuple[str, ...]:
    """Return the fields of a memory with its vectors, in the order `stored_of` takes them."""
    vectors = (fields.stored(name, number) for number in generations for name in fields.VECTORS)
    return *READ, *vectors


def stored_of(values: Sequence[bytes | None], generations: Sequence[int]) -> StoredMemory | None:
    """Return the memory of its fields; None where it is missing, or not in every generation."""
    memory = memory_of(values[: len(READ)])
    vectors = None
    # The first generation is the one that is asked, and the others lie beside it.
    for at, number in reversed(list(enumerate(generations))):
        text, context = values[len(READ) + 2 * at :][:2]
        if text is None:
            return None
        vectors = MemoryVectors(text, context, number, vectors)
    return StoredMemory(memory, vectors) if memory and vectors else None


def _tags(tenant: str, memory: Memory) -> dict[str, str]:
    values = {
        fields.TENANT: (tenant,),
        **{name: field.read(memory) for name, field in fields.TAGS.items()},
    }
    values[fields.METADATA] = tuple(
        fields.of_tenant(each, tenant) for each in values[fields.METADATA]
    )
    return {
        name: fields.SEPARATOR.join(map(encode, dict.fromkeys(held))) or encode("")
        for name, held in values.items()
        # What an earlier release stored lacks these as well.
        if held or name not in _ADDED
    }


def _numbers(memory: Memory) -> dict[str, int | None]:
    return {name: field.read(memory) for name, field in fields.NUMBERS.items() if not field.beside}


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the store, with an index of its own.

    The braces make a cluster keep all of it on one node. That is a condition of being correct
    there: an index sees only the keys of the node it lives on.

    Attributes:
        number: 0 to the number of shards - 1.
    """

    number: int

    def index(self, generation: int) -> str:
        """Return the name of a generation of the index; the first is 1."""
        name = f"{self._root}:idx"
        return name if generation == fields.FIRST_GENERATION else f"{name}:{generation}"

    @property
    def layout(self) -> str:
        """Key of what the index was built for."""
        return f"{self._root}:layout"

    @property
    def readers(self) -> str:
        """Key of the processes that use the index, and of what each of them knows about it."""
        return f"{self._root}:readers"

    @property
    def memory_prefix(self) -> str:
        """Prefix of the keys of all memories of the shard."""
        return f"{self._root}:m:"

    def memory(self, tenant: str, memory_id: str) -> str:
        """Return the key of a memory."""
        return f"{self.memory_prefix}{encode(tenant)}:{encode(memory_id)}"

    def digest(self, tenant: str, content_hash: str) -> str:
        """Key that names the one memory of a tenant that holds some content."""
        return f"{self.digest_prefix(tenant)}{content_hash}"

    def digest_prefix(self, tenant: str) -> str:
        """Return the prefix of the digest keys of a tenant."""
        return f"{self._root}:h:{encode(tenant)}:"

    def revisions(self, tenant: str, memory_id: str) -> str:
        """Return the key of what a memory was before each of its changes."""
        return f"{self._root}:r:{encode(tenant)}:{encode(memory_id)}"

    def left(self, tenant: str, user_id: str) -> str:
        """Return the key of memories that left a user: deleted, or given to another user."""
        return f"{self._root}:left:{encode(tenant)}:{encode(user_id)}"

    def feed(self, tenant: str) -> str:
        """Return the key of a tenant's latest changes, in order."""
        return f"{self._root}:c:{encode(tenant)}"

    def ledger(self, tenant: str) -> str:
        """Return the key of what was last noted of a tenant's rosters."""
        return f"{self._root}:ledger:{encode(tenant)}"

    def rosters(self, tenant: str) -> str:
        """Return the prefix of the keys of a tenant's rosters, one for each owner."""
        return f"{self._root}:own:{encode(tenant)}:"

    def tenant_of(self, key: str) -> str:
        """Return the tenant of a memory, by its key."""
        return decode(key.removeprefix(self.memory_prefix).partition(":")[0])

    def dirty(self, tenant: str) -> str:
        """Return the key of a tenant's memories that consolidation has yet to look at."""
        return f"{self._root}:d:{encode(tenant)}"

    def erased(self, tenant: str) -> str:
        """Return the key of the fences of a tenant's erased sessions, by until when they stand."""
        return f"{self._root}:erased:{encode(tenant)}"

    @property
    def sweep_lease(self) -> str:
        """Key of who consolidates the shard at the moment."""
        return f"{self._root}:sweep"

    @property
    def forgetting_lease(self) -> str:
        """Key of who forgets by schedule in the shard at the moment."""
        return f"{self._root}:forgetting"

    @property
    def words(self) -> str:
        """Key of the revision in which all texts of the shard are cut into words."""
        return f"{self._root}:words"

    @property
    def words_lease(self) -> str:
        """Key of who brings the words of the shard up to date at the moment."""
        return f"{self._root}:rewording"

    @property
    def tenants(self) -> str:
        """Key of the tenants that ever stored a memory here."""
        return f"{self._root}:tenants"

    @property
    def sizes(self) -> str:
        """Key of how many memories each tenant has, hidden ones included."""
        return f"{self.tenants}:sizes"

    @property
    def _root(self) -> str:
        return f"am:lt:{{s{self.number:02d}}}"


def shard_of(tenant: str, shards: int) -> Shard:
    """Return the shard that holds a tenant."""
    return Shard(partition_of(shards, tenant))
