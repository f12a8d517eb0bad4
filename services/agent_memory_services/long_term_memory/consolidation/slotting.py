"""Slots of memories that came without one."""

from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.rules.participation import is_fact
from agent_memory_services.long_term_memory.consolidation.rules.slots import slot_of
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.intake import settle
from agent_memory_services.runtime.clock import now_micros

_SLOT_READ: Final = "the slot was read from the text"


def with_slot(memory: Memory) -> Memory:
    """The memory with the slot that its words fill, where it has none."""
    settled = memory.slot or memory.pinned or not is_fact(memory)
    slot = None if settled else slot_of(memory.text)
    if slot is None:
        return memory
    after = Memory()
    after.CopyFrom(memory)
    after.slot = slot.name
    return after


def slot_change(before: Memory, after: Memory) -> Change:
    """The change that stores a slot with its memory."""
    settle(after, now_micros())
    cause = ltm.REVISION_CAUSE_UPDATE
    return Change(before, after, cause, reason=_SLOT_READ, compared=True)
