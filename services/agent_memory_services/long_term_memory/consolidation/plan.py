"""What shall become of one memory among its neighbours: at most one merge, or one succession."""

from collections.abc import Iterator, Sequence

from agent_memory_services.long_term_memory.consolidation.decision import Deed, Plan
from agent_memory_services.long_term_memory.consolidation.joining import merge, partner
from agent_memory_services.long_term_memory.consolidation.rules.participation import (
    is_fact,
    same_owner,
)
from agent_memory_services.long_term_memory.consolidation.succeeding import succeed
from agent_memory_services.long_term_memory.consolidation.view import View
from agent_memory_services.long_term_memory.records.documents import StoredMemory
from agent_memory_services.long_term_memory.visibility import is_visible


def plan(view: View, subject: StoredMemory, neighbours: Sequence[str]) -> Plan:
    """Decide about a memory that readers see.

    Args:
        view: what there is.
        subject: the memory as it is now.
        neighbours: ids of what is near it or fills its slot, the nearest first.
    """
    shown = list(_shown(view, subject, neighbours))
    current = [each for each in shown if is_visible(each.memory, view.now)]
    if found := partner(view, subject, current):
        return merge(view, subject, found)
    return succeed(view, subject, shown) or Plan(Deed.KEPT, subject.memory)


def _shown(view: View, subject: StoredMemory, neighbours: Sequence[str]) -> Iterator[StoredMemory]:
    seen = {subject.memory.id}
    for found in map(view.shown, neighbours):
        if found is not None and found.memory.id not in seen:
            seen.add(found.memory.id)
            if same_owner(found.memory, subject.memory) and is_fact(found.memory):
                yield found
