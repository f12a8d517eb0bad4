"""Memories that contradict each other while nothing tells which one is true.

Each names the others in `conflicts_with`. A mark goes with whatever settles it, in the same commit:
the end, the deletion or another wording of one of the two. What a memory is merged into inherits
its conflicts.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.memory import Change, normalise

MOST: Final = 16
"""Conflicts of one memory that are noted."""

_SAID: Final = ("text", "type", "namespace", "user_id")
_OVER: Final = "what contradicted it has ended, changed or gone"


def mark(one: Memory, other: Memory) -> bool:
    """Note on two memories that they are in conflict; False where both say so, or one is full."""
    missing = [
        (memory, rival.id)
        for memory, rival in ((one, other), (other, one))
        if rival.id not in memory.conflicts_with
    ]
    if not missing or any(len(memory.conflicts_with) >= MOST for memory, _ in missing):
        return False
    for memory, rival_id in missing:
        memory.conflicts_with.append(rival_id)
    return True


def concerned(changes: Sequence[Change]) -> list[str]:
    """Return the ids of the memories whose conflicts some changes settle."""
    return list(dict.fromkeys(each for change in _settling(changes) for each in _rivals(change)))


def settled(
    changes: Sequence[Change], rivals: Mapping[str, Memory], leaving: Collection[str], now: int
) -> list[Change]:
    """Return what rivals lose by changes, and take the marks from the changed memories themselves.

    Args:
        changes: what is about to be committed, at once.
        rivals: the memories that `concerned` names, as they are stored.
        leaving: ids of memories that are deleted anyway, though not at once with these.
        now: the present, in microseconds.
    """
    own = {change.memory.id: change.after for change in changes}
    edited: dict[str, Memory] = {}
    for change in _settling(changes):
        if change.after is not None:
            for rival_id in _rivals(change):
                forget(change.after, rival_id)
        heir = own.get(change.memory.merged_into) if change.after is not None else None
        for rival_id in _rivals(change):
            if rival_id in own:
                rival = own[rival_id]
            elif rival_id in rivals and rival_id not in leaving:
                rival = edited.setdefault(rival_id, copied(rivals[rival_id]))
            else:
                rival = None
            if rival is not None:
                forget(rival, change.memory.id)
                if heir is not None and not fields.is_hidden(rival) and rival.id != heir.id:
                    mark(rival, heir)
    for rival in edited.values():
        normalise(rival, now)
    return [
        Change(
            rivals[each.id], each, ltm.REVISION_CAUSE_UPDATE, reason=_OVER, compared=True,
            unique=False,
        )
        for each in edited.values()
    ]  # fmt: skip


def _settling(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.before is not None and _settles(change)]


def _rivals(change: Change) -> Sequence[str]:
    return change.before.conflicts_with if change.before is not None else ()


def _settles(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or not before.conflicts_with:
        return False
    return (
        after is None
        or fields.is_hidden(after)
        or any(getattr(before, name) != getattr(after, name) for name in _SAID)
        or before.validity.invalid_from != after.validity.invalid_from
        or (bool(before.claims) and before.claims != after.claims)
    )


def forget(memory: Memory, rival_id: str) -> None:
    """Take the mark of a conflict from one of its two sides."""
    left = [each for each in memory.conflicts_with if each != rival_id]
    del memory.conflicts_with[:]
    memory.conflicts_with.extend(left)
