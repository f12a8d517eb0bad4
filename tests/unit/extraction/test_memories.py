"""What becomes of candidates and messages in long-term memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory.common.v1.message_pb2 import ContentPart, Media, Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.extraction.domain.facts import Candidate, EventTime, Kind, Precision
from agent_memory_services.extraction.domain.memories import (
    Origin,
    from_candidate,
    from_given,
    from_message,
    from_summary,
)
from agent_memory_services.shared.content import plain
from tests.support.sessions import SAID, message

ORIGIN = Origin(
    SessionRef(namespace="chat", session_id="s1"),
    "u1",
    "alice",
    ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE,
    "local",
    "1",
)
FACT = Candidate("User likes tea", Kind.SEMANTIC, ("m1", "m2"))


def test_a_fact_inherits_its_scope_and_provenance() -> None:
    """Owner, namespace, session, sources and extractor follow every derived record."""
    memory = from_candidate(FACT, ORIGIN)
    assert (memory.namespace, memory.user_id, memory.session_id) == ("chat", "alice", "s1")
    assert memory.provenance.session_uid == "u1"
    assert list(memory.provenance.message_ids) == ["m1", "m2"]
    assert memory.provenance.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE
    assert (memory.provenance.extractor, memory.provenance.extractor_version) == ("local", "1")


def test_the_same_find_has_the_same_id_and_another_has_not() -> None:
    """Ids follow from session, sources and text alone."""
    again = from_candidate(FACT, ORIGIN)
    other = Candidate("User likes tea", Kind.SEMANTIC, ("m1",))
    assert from_candidate(FACT, ORIGIN).id == again.id
    assert from_candidate(other, ORIGIN).id != again.id


def test_an_event_keeps_its_time_and_precision() -> None:
    """Event and end become moments in UTC; what is over can be found as past."""
    june = datetime(2023, 6, 1, tzinfo=UTC)
    fact = Candidate(
        "User travels to Italy in June 2023",
        Kind.EPISODIC,
        ("m1",),
        event_time=EventTime(june, Precision.MONTH),
        expire_time=june + timedelta(days=30),
    )
    memory = from_candidate(fact, ORIGIN)
    assert memory.type == MemoryType.MEMORY_TYPE_EPISODIC
    assert memory.event_time.start.ToDatetime(tzinfo=UTC) == june
    assert memory.event_time.precision == TimePrecision.TIME_PRECISION_MONTH
    assert memory.validity.invalid_from.ToDatetime(tzinfo=UTC) == june + timedelta(days=30)
    assert not memory.HasField("expire_time")


def test_an_event_keeps_the_zone_in_which_its_day_was_meant() -> None:
    """That of the conversation: of facts and of messages."""
    tokyo = ZoneInfo("Asia/Tokyo")
    day = EventTime(datetime(2026, 11, 28, tzinfo=tokyo), Precision.DAY)
    fact = Candidate("User met Sam", Kind.EPISODIC, ("m1",), event_time=day)
    origin = replace(ORIGIN, time_zone="Asia/Tokyo")
    said = Message(id="m1", content="hi")
    said.create_time.GetCurrentTime()
    for memory in (from_candidate(fact, origin), from_message(said, [], origin)):
        assert memory.event_time.time_zone == "Asia/Tokyo"
    assert not from_message(Message(id="m1"), [], origin).HasField("event_time")


def test_a_fact_is_true_from_when_it_was_said_but_never_from_the_future() -> None:
    """A caller's clock that runs ahead does not hide a fact until then."""
    now = datetime.now(UTC)
    early = from_candidate(FACT, ORIGIN, said=SAID).validity.valid_from
    ahead = from_candidate(FACT, ORIGIN, said=now + timedelta(days=1)).validity.valid_from
    assert early.ToDatetime(tzinfo=UTC) == SAID
    assert ahead.ToDatetime(tzinfo=UTC) < now + timedelta(minutes=1)


def test_tags_that_the_contract_refuses_are_left_out() -> None:
    """Empty and over-long tags do not cost the fact its place."""
    fact = Candidate(
        "x", Kind.SEMANTIC, ("m1",), topics=("", "tea", "é" * 200), slot="a/" + "b" * 600
    )
    memory = from_candidate(fact, ORIGIN)
    assert list(memory.topics) == ["tea"]
    assert memory.slot == ""


def test_a_message_carries_the_turn_before_it() -> None:
    """A message memory says what was said, when, where in the log, and after what."""
    memory = from_message(message(2, "Yes."), [message(1, "Tea?", name="Bob")], ORIGIN)
    assert (memory.text, memory.context, memory.sequence) == ("Yes.", "Bob: Tea?", 2)
    assert memory.type == MemoryType.MEMORY_TYPE_MESSAGE
    assert memory.create_time.ToDatetime(tzinfo=UTC) == SAID + timedelta(minutes=2)


def test_a_message_carries_the_run_that_it_goes_on() -> None:
    """Several messages in a row say one thing: the context is the run, and what it answers."""
    said = [message(1, "Tea?", name="Bob"), message(2, "Any?", name="Bob")]
    said += [message(number, text) for number, text in ((3, "guess what"), (4, "we got a dog"))]
    memory = from_message(message(5, "called Rex"), said, ORIGIN)
    assert memory.context == "Bob: Any?\nuser: guess what\nuser: we got a dog"


def test_a_message_is_found_by_the_names_and_captions_of_its_media() -> None:
    """Of whatever provider, by their words alone, however often the message is made plain."""
    original = '{"content":[{"type":"image","alt":"Our boat"},{"text":{"$ref":"parts.0.text"}}]}'
    parts = [
        ContentPart(text="Look!"),
        ContentPart(image=Media(data=b"\x89PNG", name="harbour at night.jpg")),
        ContentPart(file=Media(uri="https://example.com/a/floor%20plan.pdf?v=2")),
        ContentPart(image=Media(uri="https://example.com/9f86d081884c.jpg")),
        ContentPart(audio=Media(uri="file-abc")),
    ]
    given = Message(id="m1", parts=parts, original=original)
    once = plain(given)
    assert once.content == "Look!"
    assert plain(once) == once
    assert b"PNG" not in once.SerializeToString()
    lines = "Look!\n[image: harbour at night.jpg, Our boat]\n[file: floor plan.pdf]"
    assert from_message(once, [], ORIGIN).text == lines
    assert from_message(message(2, "Yes."), [once], ORIGIN).context.endswith(f": {lines}")
    silent = plain(Message(id="m2", parts=parts[1:2]))
    assert (silent.content, from_message(silent, [], ORIGIN).text) == (
        "",
        "[image: harbour at night.jpg]",
    )


def test_a_long_message_is_cut_between_characters() -> None:
    """Text stays within the contract's bytes and stays valid."""
    memory = from_message(message(1, "é" * 20_000), [], ORIGIN)
    assert memory.text == "é" * 16_384


def test_there_is_one_summary_for_a_session() -> None:
    """A summary's id depends on its session alone."""
    first = from_summary("One.", ["m1"], ORIGIN)
    assert first.id == from_summary("Two.", ["m2"], ORIGIN).id
    assert list(first.topics) == ["thread-summary"]


def test_a_given_memory_takes_from_its_session_what_it_lacks() -> None:
    """What a caller set stays; the rest is the session's."""
    given = Memory(id="x", text="User likes tea", user_id="bob")
    complete = from_given(given, ORIGIN)
    assert (complete.user_id, complete.namespace, complete.session_id) == ("bob", "chat", "s1")
    assert given.namespace == ""
