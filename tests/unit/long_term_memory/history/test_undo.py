"""Taking a change back on a record that may have changed since, whatever it changed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.contract.errors import InvalidState
from agent_memory_services.long_term_memory.history.revert import differing, undone
from tests.integration.long_term_memory.random_records import memories

EVERY = frozenset(field.name for field in Memory.DESCRIPTOR.fields)


def mixed(base: Memory, other: Memory, fields: frozenset[str]) -> Memory:
    """The base with some fields of another memory."""
    result = Memory()
    result.CopyFrom(base)
    for name in fields:
        result.ClearField(name)  # type: ignore[arg-type]
    for field, value in other.ListFields():
        if field.name not in fields:
            continue
        if field.is_repeated:
            getattr(result, field.name).extend(value)
        elif field.message_type is not None:
            getattr(result, field.name).CopyFrom(value)
        else:
            setattr(result, field.name, value)
    return result


@given(memories, memories)
def test_the_latest_change_is_taken_back_whole(before: Memory, after: Memory) -> None:
    """The record is what it was, to the last field that can be set."""
    back = undone(after, MemoryRevision(before=before, after=after))
    assert differing(back, before) == frozenset()


@given(memories, memories, memories, st.data())
def test_later_changes_of_other_fields_stay(
    before: Memory, after: Memory, later: Memory, data: st.DataObject
) -> None:
    """What the revision left alone is what it is now; what it changed is what it was."""
    changed = differing(before, after)
    others = data.draw(st.sets(st.sampled_from(sorted(EVERY - changed))).map(frozenset))
    present = mixed(after, later, others)
    back = undone(present, MemoryRevision(before=before, after=after))
    assert differing(back, mixed(present, before, changed)) == frozenset()
    assert differing(back, before) <= others


@given(memories, memories, memories)
def test_later_changes_of_its_fields_are_in_the_way(
    before: Memory, after: Memory, later: Memory
) -> None:
    """They are named, and nothing else is."""
    touched = differing(before, after) & differing(after, later)
    assume(touched)
    with pytest.raises(InvalidState) as refusal:
        undone(later, MemoryRevision(before=before, after=after))
    named = refusal.value.message.partition(": ")[2].partition(";")[0]
    assert frozenset(named.split(", ")) == touched


def test_what_follows_from_the_rest_is_no_change() -> None:
    """Etags, times of writing, hashes, models and accesses never differ by themselves."""
    other = Memory(etag="2", content_hash="b", embedding_model="m", access_count=3)
    other.update_time.FromSeconds(5)
    other.last_access_time.FromSeconds(5)
    assert differing(Memory(etag="1"), other) == frozenset()
