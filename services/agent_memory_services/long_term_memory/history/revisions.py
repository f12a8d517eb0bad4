"""Revisions of a memory, and the changes that one commit made together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.contract.errors import MemoryNotFound
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.revisions import RevisionLog, RevisionSlice


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """A page of a history.

    Attributes:
        revisions: the latest first, each with the record before and after it.
        more_below: the number below which the next page begins; None where there is none.
    """

    revisions: Sequence[MemoryRevision]
    more_below: int | None


async def page_of(
    log: RevisionLog, scope: Scope, memory_id: str, *, size: int, below: int | None
) -> RevisionPage:
    """Read the latest `size` revisions of a memory, or those below a number.

    The history of a deleted memory can be read while it is kept. Of a memory that came from
    elsewhere, a confined caller sees what happened since.

    Raises:
        MemoryNotFound: there is no such memory, and no history of it.
    """
    part = await log.read(scope.tenant, memory_id, below=below or 0, count=size)
    if not exists(scope, part):
        raise MemoryNotFound(memory_id)
    seen = list(takewhile(lambda revision: in_sight(scope, revision), part.revisions))
    more = part.more and len(seen) == len(part.revisions)
    return RevisionPage(seen, int(seen[-1].revision_id) if more else None)


def exists(scope: Scope, part: RevisionSlice) -> bool:
    """Return true if a caller may know of a memory, by what was read of it."""
    if part.present is not None:
        return scope.admits(part.present)
    return bool(part.revisions) and in_sight(scope, part.revisions[0])


def in_sight(scope: Scope, revision: MemoryRevision) -> bool:
    """Return true if all that a revision shows lies in the caller's scope."""
    sides = [getattr(revision, name) for name in ("before", "after") if revision.HasField(name)]
    return all(map(scope.admits, sides))


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
    """Read a revision and those that the same commit made of the memories it names.

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
    """Return the revision of a memory that another's revision names, and that names it back."""
    present, first = None, True
    async for part in log.slices(tenant, memory_id):
        if first:
            present, first = part.present, False
        for revision in part.revisions:
            same_time = revision.create_time == asking.create_time
            if same_time and asking.memory_id in revision.related_memory_ids:
                return Revised(memory_id, present, revision)
    return None
