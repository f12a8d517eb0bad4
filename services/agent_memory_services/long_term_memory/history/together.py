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
    """A revision and those that the same commit made of the memories that it names.

    The revisions of one commit have its time and name each other. Where a newer fact ended a
    memory, only the end of that memory is meant: what the newer one became stays as it is.
    """
    found = {one.memory_id: one}
    waiting = [] if _ended(one.revision) else [one]
    while waiting:
        asking = waiting.pop()
        for memory_id in asking.revision.related_memory_ids:
            if memory_id not in found:
                other = await _counterpart(log, tenant, memory_id, asking.revision)
                if other is not None:
                    found[memory_id] = other
                    waiting.append(other)
    return list(found.values())


def _ended(revision: MemoryRevision) -> bool:
    before, after = revision.before.validity, revision.after.validity
    return bool(after.superseded_by) and not before.superseded_by


async def _counterpart(
    log: RevisionLog, tenant: str, memory_id: str, asking: MemoryRevision
) -> Revised | None:
    """The revision of a memory that another's revision names, and that names it back."""
    present, first = None, True
    async for stretch in log.stretches(tenant, memory_id):
        if first:
            present, first = stretch.present, False
        for revision in stretch.revisions:
            same_time = revision.create_time == asking.create_time
            if same_time and asking.memory_id in revision.related_memory_ids:
                return Revised(memory_id, present, revision)
    return None
