"""Taking one revision back on a record that may have changed since."""

from collections.abc import Iterable
from typing import TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.long_term_memory.history.together import Revised
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.runtime.errors import InvalidState
from agent_memory_services.runtime.masks import apply_mask

# What follows from the rest, or says that something changed and not what.
_DERIVED = frozenset(
    {
        *("content_hash", "embedding_model", "etag", "update_time"),
        *("last_access_time", "access_count"),
    }
)
_COMPARED = frozenset(field.name for field in Memory.DESCRIPTOR.fields) - _DERIVED


_Sides: TypeAlias = tuple[Memory | None, Memory | None]
"""A memory as it is and as it shall be; nothing on both sides is nothing to do."""

_CREATIONS = frozenset({ltm.REVISION_CAUSE_CREATE, ltm.REVISION_CAUSE_IMPORT})


def inverse(one: Revised, reason: str) -> Change | None:
    """The change that takes a revision back, not settled yet; None where there is none to make.

    What replaced an older fact stays when that fact is valid again, and what is gone stays gone,
    unless it is the deletion that is taken back.

    Raises:
        InvalidState: what it changed was changed again since, or it created the memory.
    """
    present, revision = one.present, one.revision
    if not revision.HasField("after"):
        sides = _again(present, revision.before)
    elif not revision.HasField("before"):
        sides = _no_more(present, revision)
    else:
        sides = present, undone(present, revision) if present is not None else None
    if sides == (None, None):
        return None
    return Change(*sides, ltm.REVISION_CAUSE_REVERT, reason=reason, reverts=revision.revision_id)


def undone(present: Memory, revision: MemoryRevision) -> Memory:
    """The memory with the fields that a revision changed as they were before it.

    Other fields stay as they are, whoever changed them since.

    Raises:
        InvalidState: a field that it changed was changed again since.
    """
    changed = differing(revision.before, revision.after)
    _require_untouched(changed & differing(revision.after, present))
    result = _copy(present)
    if changed:
        apply_mask(result, revision.before, sorted(changed), changed)
    return result


def _again(present: Memory | None, before: Memory) -> _Sides:
    if present is not None:
        raise InvalidState("exists", "that revision deleted the memory, and it exists again")
    return None, _copy(before)


def _no_more(present: Memory | None, revision: MemoryRevision) -> _Sides:
    if revision.cause in _CREATIONS:
        raise InvalidState("created", "a creation cannot be taken back; delete the memory instead")
    if present is None or revision.cause == ltm.REVISION_CAUSE_SUPERSEDE:
        return None, None
    _require_untouched(differing(revision.after, present))
    return present, None


def _require_untouched(fields: Iterable[str]) -> None:
    if touched := ", ".join(sorted(fields)):
        raise InvalidState(
            "changed",
            f"changed again since that revision: {touched}; take the later changes back first,"
            " from the latest on, or update the memory",
        )


def differing(one: Memory, other: Memory) -> frozenset[str]:
    """The fields in which two states of a memory differ, but for what follows from others."""
    return frozenset(apply_mask(_copy(one), other, ["*"], _COMPARED))


def _copy(memory: Memory) -> Memory:
    copy = Memory()
    copy.CopyFrom(memory)
    return copy
