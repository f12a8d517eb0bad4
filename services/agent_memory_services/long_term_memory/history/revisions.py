"""Listing the history of a memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.long_term_memory.history.log import RevisionLog, Stretch
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.errors import MemoryNotFound


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
    """The latest `size` revisions of a memory, or those below a number.

    The history of a deleted memory can be read while it is kept. Of a memory that came from
    elsewhere, a confined caller sees what happened since.

    Raises:
        MemoryNotFound: there is no such memory, and no history of it.
    """
    stretch = await log.read(scope.tenant, memory_id, below=below or 0, count=size)
    if not exists(scope, stretch):
        raise MemoryNotFound(memory_id)
    seen = list(takewhile(lambda revision: in_sight(scope, revision), stretch.revisions))
    more = stretch.more and len(seen) == len(stretch.revisions)
    return RevisionPage(seen, int(seen[-1].revision_id) if more else None)


def exists(scope: Scope, stretch: Stretch) -> bool:
    """Whether a caller may know of a memory, by what was read of it."""
    if stretch.present is not None:
        return scope.admits(stretch.present)
    return bool(stretch.revisions) and in_sight(scope, stretch.revisions[0])


def in_sight(scope: Scope, revision: MemoryRevision) -> bool:
    """Whether a caller may see a revision: all that it shows lies in the caller's scope."""
    sides = [getattr(revision, name) for name in ("before", "after") if revision.HasField(name)]
    return all(map(scope.admits, sides))
