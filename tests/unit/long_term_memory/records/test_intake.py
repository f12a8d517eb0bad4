"""What a memory has to be before it is stored."""

import pytest
from google.protobuf.duration_pb2 import Duration

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, MemoryType, Provenance, Validity
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.long_term_memory.domain.memory import (
    content_hash,
    draft,
    living,
    violations,
)
from agent_memory_services.shared.lifetimes import FOR_EVER, DefaultTtl, Lifetimes

NOW = 1_760_000_000_000_000


def test_what_the_server_sets_is_not_the_callers() -> None:
    """Fields of the server are ignored on creation; the caller's own are kept."""
    given = Memory(
        id="m",
        text="likes tea",
        provenance=Provenance(extractor="local"),
        validity=Validity(valid_from=to_timestamp(1), superseded_by="x", reason="y"),
        sequence=7,
        access_count=9,
        proof_count=9,
        content_hash="x",
        embedding_model="x",
        etag="x",
        merged_into="x",
        update_time=to_timestamp(1),
        last_access_time=to_timestamp(1),
        archive_time=to_timestamp(1),
    )
    stored = draft(given, NOW, "model")
    assert stored == Memory(
        id="m",
        text="likes tea",
        type=MemoryType.MEMORY_TYPE_SEMANTIC,
        provenance=given.provenance,
        validity=Validity(valid_from=to_timestamp(1)),
        sequence=7,
        proof_count=1,
        content_hash=content_hash(stored),
        embedding_model="model",
        etag=stored.etag,
        create_time=to_timestamp(NOW),
        update_time=to_timestamp(NOW),
    )
    assert stored.etag not in {"", "x"}


def test_a_given_creation_time_is_kept() -> None:
    """An import keeps when a memory was first stored."""
    stored = draft(Memory(text="x", create_time=to_timestamp(5)), NOW, "model")
    assert (stored.create_time, stored.update_time) == (to_timestamp(5), to_timestamp(NOW))


def test_defaults_are_spelled_out() -> None:
    """What a request leaves open is stored as what it means."""
    stored = draft(Memory(text="x", event_time=EventTime(start=to_timestamp(5))), NOW, "model")
    assert (stored.type, stored.event_time.precision) == (1, 1)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (Memory(text=" \n"), "memory.text"),
        (
            Memory(
                text="x",
                validity=Validity(valid_from=to_timestamp(5), invalid_from=to_timestamp(5)),
            ),
            "memory.validity.invalid_from",
        ),
    ],
)
def test_broken_rules_name_their_field(broken: Memory, field: str) -> None:
    """Each rule beyond the contract's own points at the field that breaks it."""
    assert [violation.field for violation in violations(broken, "memory")] == [field]


def test_contents_differ_by_owner_type_text_and_event_alone() -> None:
    """The digest tells them apart, however they are cut: the same on two days happened twice."""
    base = Memory(text="ab", user_id="u", namespace="n", type=MemoryType.MEMORY_TYPE_SEMANTIC)
    same = Memory(
        text="ab",
        user_id="u",
        namespace="n",
        type=MemoryType.MEMORY_TYPE_SEMANTIC,
        session_id="s",
        topics=["t"],
    )
    others = [
        Memory(text="ab", user_id="un", type=MemoryType.MEMORY_TYPE_SEMANTIC),
        Memory(text="ab", namespace="un", type=MemoryType.MEMORY_TYPE_SEMANTIC),
        Memory(text="ab", user_id="u", namespace="n", type=MemoryType.MEMORY_TYPE_EPISODIC),
        Memory(text="Ab", user_id="u", namespace="n", type=MemoryType.MEMORY_TYPE_SEMANTIC),
    ]
    for day in (1, 2):
        others.append(Memory())
        others[-1].CopyFrom(base)
        others[-1].event_time.start.CopyFrom(to_timestamp(day * 86_400_000_000))
    assert content_hash(base) == content_hash(same)
    assert len({content_hash(each) for each in (base, *others)}) == 7


@pytest.mark.parametrize(
    ("given", "seconds", "slides"),
    [
        (Memory(namespace="trial"), 60, True),
        (Memory(namespace="chat"), 90, False),
        (Memory(namespace="trial", pinned=True), None, False),
        (Memory(namespace="trial", expire_time=to_timestamp(NOW + 5_000_000)), 5, False),
        (Memory(namespace="chat", sliding_ttl=Duration(seconds=7)), 7, True),
    ],
    ids=["its namespace's", "that of all others", "pinned", "its own end", "its own time"],
)
def test_a_memory_lives_for_a_time_where_its_namespace_says_so(
    given: Memory, seconds: int | None, slides: bool
) -> None:
    """Unless it says so itself, or is never to be forgotten."""
    lifetimes = Lifetimes(
        {"trial": DefaultTtl(seconds=60, sliding=True), "*": DefaultTtl(seconds=90)}
    )
    given.text = "x"
    stored = living(draft(given, NOW, "model"), lifetimes, NOW)
    ends = to_timestamp(NOW + seconds * 1_000_000) if seconds else None
    assert (stored.expire_time if stored.HasField("expire_time") else None) == ends
    assert stored.HasField("sliding_ttl") is slides
    assert not living(draft(Memory(text="x"), NOW, "model"), FOR_EVER, NOW).HasField("expire_time")
