"""A memory as a hash and back."""

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, Provenance, Validity
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.fields import TAGS
from agent_memory_services.long_term_memory.domain.memory import MemoryVectors
from agent_memory_services.long_term_memory.store.documents import (
    READ,
    absent_fields,
    document,
    memory_of,
)


def test_absent_values_are_searchable_as_absent() -> None:
    """A tag that is not set has a spelling of its own; a time that is not set has no field.

    Neither has a tag that indexes of earlier releases lack.
    """
    fields = document("t", Memory(text="x"), None)
    for name in (
        "namespace",
        "user",
        "session",
        "topics",
        "entities",
        "extractor",
        "source",
        "slot",
    ):
        assert fields[name] == "__"
    absent = absent_fields(Memory(), None)
    added = [name for name, field in TAGS.items() if field.added]
    assert absent == ["event", "valid_from", "invalid_from", "expire", *added, "sliding"]
    assert fields.keys().isdisjoint(absent)
    assert absent_fields(Memory(), MemoryVectors(b"1", b"2")) == absent
    assert absent_fields(Memory(), MemoryVectors(b"1", None)) == [*absent, "context_vector"]


def test_lists_and_times_are_spelled_out() -> None:
    """Values of a list are separated by what none of them can hold; times are microseconds."""
    memory = Memory(
        text="Tea, please!",
        context="What?",
        topics=["a,b", "c"],
        provenance=Provenance(
            message_ids=["m1", "m2"], strategy=ExtractionStrategy.EXTRACTION_STRATEGY_PREFERENCES
        ),
        event_time=EventTime(start=to_timestamp(-7)),
        validity=Validity(invalid_from=to_timestamp(8)),
        pinned=True,
        merged_into="x",
    )
    fields = document("a b", memory, MemoryVectors(b"1", b"2"))
    expected = {
        "tenant": "a_20b",
        "topics": "a_2cb,c",
        "source": "m1,m2",
        "strategy": "3",
        "event": "-7",
        "invalid_from": "8",
        "pinned": "1",
        "standing": "0",
        "hidden": "1",
        "text": "tea please",
        "context": "what",
        "vector": b"1",
        "context_vector": b"2",
    }
    assert fields.items() >= expected.items()


def test_accesses_stand_beside_the_record() -> None:
    """Reading puts the access fields into the memory; without a record there is no memory."""
    record = Memory(text="x").SerializeToString()
    assert memory_of([record, b"5", b"2"]) == Memory(
        text="x", last_access_time=to_timestamp(5), access_count=2
    )
    assert memory_of([record, None, None]) == Memory(text="x")
    assert memory_of([None] * len(READ)) is None
