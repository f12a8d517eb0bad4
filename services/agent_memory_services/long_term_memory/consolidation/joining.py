"""Who becomes one with whom."""

from collections.abc import Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.decision import Deed, Plan
from agent_memory_services.long_term_memory.consolidation.judgement.base import Verdict
from agent_memory_services.long_term_memory.consolidation.rules.likeness import (
    CLOSE,
    Likeness,
    may_be_same,
)
from agent_memory_services.long_term_memory.consolidation.rules.merging import (
    fuller,
    hidden,
    merged,
)
from agent_memory_services.long_term_memory.consolidation.rules.participation import may_merge
from agent_memory_services.long_term_memory.consolidation.rules.statement import read
from agent_memory_services.long_term_memory.consolidation.view import View
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.documents import StoredMemory
from agent_memory_services.long_term_memory.records.intake import settle
from agent_memory_services.runtime.clock import to_micros
from agent_memory_services.runtime.ids import new_id

MOST_ORIGINALS: Final = 64
"""Originals of one merged memory; what joins is compared with each of them."""

_MERGED: Final = "says the same"


def partner(
    view: View, subject: StoredMemory, candidates: Sequence[StoredMemory]
) -> StoredMemory | None:
    """What a memory is merged with, if anything.

    A memory that says the same as two others that do not say the same as each other is a bridge:
    it joins neither, and they stay two. What is only near some originals of a group joins it not.
    """
    if view.originals(subject) != [subject]:
        # Others join what was merged; it does not join them.
        return None
    found = [each for each in candidates if is_same(view, subject, each)]
    groups = [view.originals(each) for each in found]
    if not all(joins(view, subject, *each) for each in zip(found, groups, strict=True)):
        return None
    if any(
        view.compared(one, other) is not Likeness.SAME
        for at, group in enumerate(groups)
        for others in groups[at + 1 :]
        for one in group
        for other in others
    ):
        return None
    # Those that exist stay apart, as somebody may have taken them apart on purpose.
    return max(found, key=lambda each: view.nearness(subject, each), default=None)


def is_same(view: View, subject: StoredMemory, other: StoredMemory) -> bool:
    """Whether two memories say the same, and nothing else that they tell keeps them apart."""
    if not may_merge(subject.memory, other.memory):
        return False
    return view.compared(subject, other) is Likeness.SAME or _judged_same(view, subject, other)


def _judged_same(view: View, subject: StoredMemory, other: StoredMemory) -> bool:
    """Whether a judge says so, and nothing that can be checked speaks against it."""
    ids = [other.memory.id, *(each.memory.id for each in view.originals(other))]
    said = any(view.verdicts.get(each) is Verdict.SAME for each in ids)
    return said and _may_be_same(view, subject, other)


def joins(
    view: View, subject: StoredMemory, shown: StoredMemory, originals: Sequence[StoredMemory]
) -> bool:
    """Whether a memory is close to every original of a group that has room for it."""
    judged = _judged_same(view, subject, shown)
    return len(originals) < MOST_ORIGINALS and all(
        view.compared(subject, each) is Likeness.SAME
        or (judged and _may_be_same(view, subject, each))
        for each in originals
    )


def _may_be_same(view: View, one: StoredMemory, other: StoredMemory) -> bool:
    near = view.nearness(one, other) >= CLOSE
    return near and may_be_same(read(one.memory.text), read(other.memory.text))


def merge(view: View, subject: StoredMemory, other: StoredMemory) -> Plan:
    """One memory in the place of both, or the subject behind what the other was merged into."""
    originals = view.originals(other)
    known = originals != [other]
    if known:
        shown, joining, joined = other, subject, [subject]
    else:
        shown, joining = sorted([other, subject], key=lambda each: _age(each.memory))
        originals, joined = [shown], [shown, joining]
    result = merged(
        shown.memory,
        joining.memory,
        [each.memory for each in originals],
        shown.memory.id if known else new_id(),
    )
    settle(result, view.now)
    chosen = joining if fuller(shown.memory, joining.memory) is joining.memory else shown
    cause, ids = ltm.REVISION_CAUSE_MERGE, tuple(each.memory.id for each in joined)
    # The vectors are always those of an original, so that nothing is embedded again.
    vectors = None if known and chosen is shown else chosen.vectors
    before = shown.memory if known else None
    changes = [Change(before, result, cause, vectors, _MERGED, ids, unique=False)]
    for each in joined:
        after = hidden(each.memory, result.id, view.now)
        changes.append(Change(each.memory, after, cause, reason=_MERGED, related=(result.id,)))
    return Plan(Deed.MERGED, result, tuple(result.provenance.memory_ids), changes)


def _age(memory: Memory) -> tuple[int, str]:
    return to_micros(memory.create_time), memory.id
