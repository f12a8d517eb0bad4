"""How the store's forms of messages are read."""

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.working_memory.store.records import StoredView, write_place
from tests.unit.working_memory.shown import answers, asks, show, user


@given(st.lists(st.text(max_size=300), max_size=5), st.booleans(), st.integers(0, 1 << 53))
def test_stored_messages_are_the_same_parsed_and_joined(
    texts: list[str], holds_sequence: bool, before: int
) -> None:
    """Each has its sequence from its place, whether or not what is stored holds one."""
    shown = show(*map(user, texts), asks("c"), answers("c"))
    places, stored = [], []
    for item in shown:
        place = write_place(item.entry)
        sequence = item.entry.sequence + before
        places.append(place.rpartition(b":")[0] + b":%d" % sequence)
        item.message.sequence = 7 if holds_sequence else 0
        stored.append(item.message.SerializeToString())
        item.message.sequence = sequence
    view = StoredView(places[::-1], stored[::-1])
    assert len(view) == len(shown)
    assert [item.message for item in view] == [item.message for item in shown]
    joined = WorkingMemory.FromString(view.serialized())
    assert joined == WorkingMemory(messages=[item.message for item in shown])
