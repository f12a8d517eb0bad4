"""What ends what."""

from collections.abc import Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.decision import Deed, Plan
from agent_memory_services.long_term_memory.consolidation.joining import is_same, joins, merge
from agent_memory_services.long_term_memory.consolidation.judgement.base import Verdict
from agent_memory_services.long_term_memory.consolidation.rules.contradiction import contradicts
from agent_memory_services.long_term_memory.consolidation.rules.superseding import succession
from agent_memory_services.long_term_memory.consolidation.view import View
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.documents import StoredMemory
from agent_memory_services.long_term_memory.records.intake import settle
from agent_memory_services.long_term_memory.visibility import is_visible

_BEGINS: Final = "it begins where an older value ends"
_JUDGED: Final = "contradicted by a newer fact"


def excludes(subject: Memory, other: Memory) -> bool:
    """Whether two facts cannot both be true at a time, for certain: the rules say so."""
    return bool(subject.slot) and subject.slot == other.slot and contradicts(subject, other)


def succeed(view: View, subject: StoredMemory, shown: Sequence[StoredMemory]) -> Plan | None:
    """Give a fact its place among those that it excludes; None where there are none."""
    fact = subject.memory
    judged = [
        each.memory
        for each in shown
        if view.verdicts.get(each.memory.id) is Verdict.CONTRADICTS
        and is_visible(each.memory, view.now)
    ]
    certain = [each.memory for each in shown if excludes(fact, each.memory)]
    rivals = {each.id: each for each in [*judged, *certain]}
    reason = f"a newer value of {fact.slot}" if certain else _JUDGED
    after = succession(fact, rivals.values(), reason)
    if after.fact.validity.superseded_by and (same := _past(view, after.fact, subject, shown)):
        return merge(view, StoredMemory(after.fact, subject.vectors), same)
    changes = [_ending(rivals[each.id], each, fact.id, view.now) for each in after.ended]
    if after.begun is not None:
        begun = after.begun
        changes.append(_beginning(rivals[begun.id], begun, [fact.id], view.now))
    if after.fact != fact:
        related = [each.id for each in after.ended]
        changes.append(_beginning(fact, after.fact, related, view.now))
    if not changes:
        return None
    ended = tuple(each.id for each in after.ended)
    return Plan(Deed.SUPERSEDED if ended else Deed.KEPT, after.fact, ended, changes)


def _past(
    view: View, fact: Memory, subject: StoredMemory, shown: Sequence[StoredMemory]
) -> StoredMemory | None:
    """The same value that ended at the same moment, where it is known already."""
    if view.originals(subject) != [subject]:
        return None
    ended = StoredMemory(fact, subject.vectors)
    for each in shown:
        if each.memory.validity.superseded_by and is_same(view, ended, each):
            return each if joins(view, ended, each, view.originals(each)) else None
    return None


def _ending(before: Memory, after: Memory, by: str, now: int) -> Change:
    settle(after, now)
    return Change(
        before,
        after,
        ltm.REVISION_CAUSE_SUPERSEDE,
        reason=after.validity.reason,
        related=(by,),
    )


def _beginning(before: Memory, after: Memory, related: Sequence[str], now: int) -> Change:
    """The change of when a fact begins, or of when it ends itself."""
    settle(after, now)
    by = after.validity.superseded_by
    ended = by and by != before.validity.superseded_by
    return Change(
        before,
        after,
        ltm.REVISION_CAUSE_SUPERSEDE,
        reason=after.validity.reason if ended else _BEGINS,
        related=(*related, *([by] if ended else [])),
    )
