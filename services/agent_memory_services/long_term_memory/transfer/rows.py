"""Rows of an import: what may be taken over as it stands, and what is settled anew."""

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.records.intake import settle
from agent_memory_services.runtime.clock import to_timestamp
from agent_memory_services.runtime.ids import derived_id


def restored(row: Memory, now: int, model: str) -> Memory:
    """The memory that a row describes, with the life it had before.

    Everything is kept but what depends on this store: the digest, the etag and the fingerprint of
    the embedding model. A row without an id has one that follows from all it says, so that the
    same row sent again is the same memory.

    Args:
        row: the memory as it was exported, or as much of it as somebody wrote down.
        now: the present, in microseconds.
        model: fingerprint of the embedding model.
    """
    memory = Memory()
    memory.CopyFrom(row)
    memory.id = row.id or _id_of(row)
    if not memory.HasField("create_time"):
        memory.create_time.CopyFrom(to_timestamp(now))
    memory.proof_count = max(1, row.proof_count)
    memory.embedding_model = model
    settle(memory, now)
    if row.HasField("update_time"):
        memory.update_time.CopyFrom(row.update_time)
    return memory


def _id_of(row: Memory) -> str:
    spelled = row.SerializeToString(deterministic=True).hex()
    return derived_id("import", spelled)
