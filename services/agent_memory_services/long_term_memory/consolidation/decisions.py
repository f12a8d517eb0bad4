"""Decisions of consolidation: what merges, what supersedes, in one plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.long_term_memory.consolidation.judge import Verdict
from agent_memory_services.long_term_memory.consolidation.rules import (
    comparing,
    merging,
    periods,
)
from agent_memory_services.long_term_memory.domain import conditions, conflicts, fields
from agent_memory_services.long_term_memory.domain.memory import (
    Action,
    Change,
    Decision,
    StoredMemory,
    normalise,
)


@dataclass(frozen=True, slots=True)
class View:
    """The memories that a plan rests on, as they were read.

    Attributes:
        stored: them, by id: the neighbours, what they were merged into, and its originals.
        verdicts: what a judge said of neighbours, by id.
        now: the present, in microseconds.
        precision: the type of the vectors' numbers.
    """

    stored: Mapping[str, StoredMemory]
    verdicts: Mapping[str, Verdict]
    now: int
    precision: str = "float32"

    def shown(self, memory_id: str) -> StoredMemory | None:
        """Return what readers see of a memory: itself, or what it was merged into."""
        found = self.stored.get(memory_id)
        if found is not None and found.memory.merged_into:
            found = self.stored.get(found.memory.merged_into)
        return None if found is None or fields.is_hidden(found.memory) else found

    def nearness(self, one: StoredMemory, other: StoredMemory) -> float:
        """Return the cosine of two texts' vectors, -1 to 1."""
        first, second = (
            np.frombuffer(each.vectors.text, self.precision).astype(np.float32)
            for each in (one, other)
        )
        lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
        return float(first @ second) / lengths if lengths else 0.0

    def originals(self, shown: StoredMemory) -> list[StoredMemory]:
        """Return what a memory was merged from; itself where it was not merged."""
        linked = (self.stored.get(each) for each in shown.memory.provenance.memory_ids)
        return [each for each in linked if each and each.memory.merged_into == shown.memory.id] or [
            shown
        ]


CLOSE: Final = 0.60
"""The least cosine of statements that a model may declare the same."""
MOST_ORIGINALS: Final = 64
"""Originals of one merged memory; what joins is compared with each of them."""

_MERGED: Final = "says the same as another memory; both are one now, with the words of both kept"
_BY_MODEL: Final = " (a model's judgement)"


def partner(
    view: View, subject: StoredMemory, found: Sequence[StoredMemory]
) -> StoredMemory | None:
    """Return the group that a memory is merged with, of those that say the same, or None.

    A memory that says the same as two others that do not say the same as each other is a bridge:
    it joins neither, and they stay two. What is only near some originals of a group joins it not.
    """
    if view.originals(subject) != [subject]:
        # Others join what was merged; it does not join them.
        return None
    groups = [view.originals(each) for each in found]
    if not all(joins(view, subject, *each) for each in zip(found, groups, strict=True)):
        return None
    if any(
        not comparing.same(one.memory, other.memory)
        for at, group in enumerate(groups)
        for others in groups[at + 1 :]
        for one in group
        for other in others
    ):
        return None
    # Those that exist stay apart, as a caller may have taken them apart on purpose.
    return max(found, key=lambda each: view.nearness(subject, each), default=None)


def is_same(view: View, subject: StoredMemory, other: StoredMemory) -> bool:
    """Return true if two memories say the same and nothing else they tell keeps them apart."""
    if not periods.may_merge(subject.memory, other.memory):
        return False
    return comparing.same(subject.memory, other.memory) or _judged_same(view, subject, other)


def _judged_same(view: View, subject: StoredMemory, other: StoredMemory) -> bool:
    """Return true if a judge says so and no check speaks against it."""
    ids = [other.memory.id, *(each.memory.id for each in view.originals(other))]
    said = any(view.verdicts.get(each) is Verdict.SAME for each in ids)
    return said and _may_be_same(view, subject, other)


def joins(
    view: View, subject: StoredMemory, shown: StoredMemory, originals: Sequence[StoredMemory]
) -> bool:
    """Return true if a memory is close to every original of a group with room for it."""
    judged = _judged_same(view, subject, shown)
    return len(originals) < MOST_ORIGINALS and all(
        comparing.same(subject.memory, each.memory)
        or (judged and _may_be_same(view, subject, each))
        for each in originals
    )


def _may_be_same(view: View, one: StoredMemory, other: StoredMemory) -> bool:
    near = view.nearness(one, other) >= CLOSE
    return near and comparing.may_be_same(one.memory, other.memory)


def merge(view: View, subject: StoredMemory, other: StoredMemory) -> Decision:
    """Merge both into one memory, or the subject into what the other was merged into."""
    originals = view.originals(other)
    known = originals != [other]
    if known:
        shown, joining, joined = other, subject, [subject]
    else:
        shown, joining = sorted([other, subject], key=lambda each: _age(each.memory))
        originals, joined = [shown], [shown, joining]
    result = merging.merged(
        shown.memory,
        joining.memory,
        [each.memory for each in originals],
        shown.memory.id if known else new_id(),
    )
    normalise(result, view.now)
    chosen = joining if merging.fuller(shown.memory, joining.memory) is joining.memory else shown
    cause, ids = ltm.REVISION_CAUSE_MERGE, tuple(each.memory.id for each in joined)
    # The vectors are always those of an original, so that nothing is embedded again.
    vectors = None if known and chosen is shown else chosen.vectors
    before = shown.memory if known else None
    certain = any(comparing.same(joining.memory, each.memory) for each in originals)
    reason = _MERGED if certain else f"{_MERGED}{_BY_MODEL}"
    changes = [Change(before, result, cause, vectors, reason, ids, unique=False)]
    for each in joined:
        after = merging.hidden(each.memory, result.id, view.now)
        changes.append(Change(each.memory, after, cause, reason=reason, related=(result.id,)))
    return Decision(Action.MERGED, result, tuple(result.provenance.memory_ids), changes)


def _age(memory: Memory) -> tuple[int, str]:
    return clock.to_micros(memory.create_time), memory.id


_BEGINS: Final = "true from when it was said, as an older statement ends there"
_JUDGED: Final = f"a later statement contradicts it{_BY_MODEL}"


def excludes(subject: Memory, other: Memory) -> bool:
    """Return true if the rules are certain that two facts cannot both be true at a time."""
    return comparing.ends(subject, other) or comparing.ends(other, subject)


def _end(one: Memory, other: Memory) -> str:
    """Return why the later of two facts ends the earlier, by when they begin; empty if not so."""
    own, others = periods.Beginning.of(one), periods.Beginning.of(other)
    if others.turn_to(own) is not None:
        return comparing.end(one, other)
    return comparing.end(other, one) if own.turn_to(others) is not None else ""


def supersede(view: View, subject: StoredMemory, shown: Sequence[StoredMemory]) -> Decision | None:
    """Give a fact its place among those that it excludes; None where there are none."""
    fact = subject.memory
    rivals = {
        each.memory.id: periods.Rival(each.memory, _JUDGED)
        for each in shown
        if view.verdicts.get(each.memory.id) is Verdict.CONTRADICTS
        and conditions.is_visible(each.memory, view.now)
    }
    for each in shown:
        if reason := _end(fact, each.memory):
            rivals[each.memory.id] = periods.Rival(each.memory, reason)
    after = periods.succession(fact, rivals.values())
    if after.fact.validity.superseded_by and (same := _past(view, after.fact, subject, shown)):
        return merge(view, StoredMemory(after.fact, subject.vectors), same)
    changes = [_ending(rivals[each.id].memory, each, fact.id, view.now) for each in after.ended]
    if after.begun is not None:
        begun = after.begun
        changes.append(_beginning(rivals[begun.id].memory, begun, [fact.id], view.now))
    if after.fact != fact:
        related = [each.id for each in after.ended]
        changes.append(_beginning(fact, after.fact, related, view.now))
    if not changes:
        return None
    ended = tuple(each.id for each in after.ended)
    return Decision(Action.SUPERSEDED if ended else Action.KEPT, after.fact, ended, changes)


def _past(
    view: View, fact: Memory, subject: StoredMemory, shown: Sequence[StoredMemory]
) -> StoredMemory | None:
    """Return the same value that ended at the same moment, where it is known already."""
    if view.originals(subject) != [subject]:
        return None
    ended = StoredMemory(fact, subject.vectors)
    for each in shown:
        if each.memory.validity.superseded_by and is_same(view, ended, each):
            return each if joins(view, ended, each, view.originals(each)) else None
    return None


def _ending(before: Memory, after: Memory, by: str, now: int) -> Change:
    normalise(after, now)
    return Change(
        before,
        after,
        ltm.REVISION_CAUSE_SUPERSEDE,
        reason=after.validity.reason,
        related=(by,),
    )


def _beginning(before: Memory, after: Memory, related: Sequence[str], now: int) -> Change:
    """Return the change of when a fact begins, or of when it ends itself."""
    normalise(after, now)
    by = after.validity.superseded_by
    ended = by and by != before.validity.superseded_by
    return Change(
        before,
        after,
        ltm.REVISION_CAUSE_SUPERSEDE,
        reason=after.validity.reason if ended else _BEGINS,
        related=(*related, *([by] if ended else [])),
    )


def plan(view: View, subject: StoredMemory, neighbours: Sequence[str]) -> Decision:
    """Decide about a memory that readers see.

    Args:
        view: what there is.
        subject: the memory as it is now.
        neighbours: ids of what is near it or fills its slot, the nearest first.
    """
    shown = list(_shown(view, subject, neighbours))
    current = [each for each in shown if conditions.is_visible(each.memory, view.now)]
    alike = [
        each
        for each in current
        if is_same(view, subject, each) and not _are_parted(subject.memory, each.memory, shown)
    ]
    if found := partner(view, subject, alike):
        return merge(view, subject, found)
    decided = supersede(view, subject, shown) or Decision(Action.KEPT, subject.memory)
    return _with_conflicts(view, decided, subject.memory, current)


def _are_parted(one: Memory, other: Memory, shown: Sequence[StoredMemory]) -> bool:
    """Return true if something else held between two facts: they are of two periods."""
    older, newer = sorted((one, other), key=lambda each: periods.Beginning.of(each).start)
    begun, again = periods.Beginning.of(older), periods.Beginning.of(newer)
    return any(
        (since := periods.Beginning.of(each.memory)).start < again.start
        and begun.turn_to(since) is not None
        and comparing.ends(each.memory, older)
        for each in shown
    )


_CONFLICT: Final = "another memory contradicts it, and nothing tells which of the two is true"


def _with_conflicts(
    view: View, decided: Decision, fact: Memory, current: Sequence[StoredMemory]
) -> Decision:
    """Return a decision that also marks what contradicts a fact and ends neither way."""
    if decided.action is Action.MERGED:
        return decided
    after = {change.memory.id: copied(change.memory) for change in decided.changes}
    own = after.get(fact.id) or copied(fact)
    marked: list[Memory] = []
    for each in current:
        other = after.get(each.memory.id) or copied(each.memory)
        apart = conditions.is_visible(own, view.now) and conditions.is_visible(other, view.now)
        if apart and _in_conflict(own, other) and conflicts.mark(own, other):
            marked.append(other)
    if not marked:
        return decided
    changes = {change.memory.id: change for change in decided.changes}
    ids = tuple(each.id for each in marked)
    for memory, rivals in ((own, ids), *((each, (fact.id,)) for each in marked)):
        before = fact if memory is own else view.stored[memory.id].memory
        change = changes.get(memory.id) or Change(
            before, memory, ltm.REVISION_CAUSE_UPDATE, reason=_CONFLICT, compared=True
        )
        normalise(memory, view.now)
        related = tuple(dict.fromkeys((*change.related, *rivals)))
        changes[memory.id] = replace(change, after=memory, related=related)
    return replace(decided, memory=own, changes=list(changes.values()))


def _in_conflict(one: Memory, other: Memory) -> bool:
    return not one.pinned and not other.pinned and comparing.conflict(one, other)


def _shown(view: View, subject: StoredMemory, neighbours: Sequence[str]) -> Iterator[StoredMemory]:
    seen = {subject.memory.id}
    for found in map(view.shown, neighbours):
        if found is not None and found.memory.id not in seen:
            seen.add(found.memory.id)
            if periods.same_owner(found.memory, subject.memory) and periods.is_fact(found.memory):
                yield found
