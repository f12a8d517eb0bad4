"""Finding what else a commit changed."""

from dataclasses import dataclass

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.long_term_memory.history.log import RevisionLog


@dataclass(frozen=True, slots=True)
class Revised:
    """A memory, and one of its revisions.

    Attributes:
        memory_id: the memory's id.
        present: the memory as it is; None where it is gone.
        revision: the revision, with the record before and after it.
    """

    memory_id: str
    present: Memory | None
    revision: MemoryRevision


async def revised_together(log: RevisionLog, tenant: str, one: Revised) -> list[Revised]:
    """A revision and those that the same commit made of other memories, by what relates them.

    The revisions of one commit have its time and, where they are of one cause, say the same of it:
    the old one of a supersession is found from the old one alone, all of a merge from any.
    """
    found = {one.memory_id: one}
    waiting = list(one.revision.related_memory_ids)
    seen = {one.memory_id}
    while waiting:
        memory_id = waiting.pop()
        if memory_id in seen:
            continue
        seen.add(memory_id)
        other = await _same_commit(log, tenant, memory_id, one.revision)
        if other is not None:
            found[memory_id] = other
            waiting.extend(other.revision.related_memory_ids)
    return list(found.values())


async def _same_commit(
    log: RevisionLog, tenant: str, memory_id: str, sought: MemoryRevision
) -> Revised | None:
    present, first = None, True
    async for stretch in log.stretches(tenant, memory_id):
        if first:
            present, first = stretch.present, False
        for revision in stretch.revisions:
            if (revision.create_time, revision.cause) == (sought.create_time, sought.cause):
                return Revised(memory_id, present, revision)
    return None
