"""Prompts without a budget."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import (
    EventTime,
    Memory,
    MemoryType,
    Provenance,
    TimePrecision,
)
from agent_memory_services.working_memory.domain.session import ANYBODY
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.prompt.builder import build_whole
from agent_memory_services.working_memory.prompt.model import (
    PromptRequest,
    SectionKind,
    SessionPart,
    Sources,
)
from agent_memory_services.working_memory.prompt.packet import build_packet
from agent_memory_services.working_memory.prompt.rendering import list_tokens, title_tokens
from tests.unit.working_memory.prompt.memories import hits, memory
from tests.unit.working_memory.shown import KEY, answers, asks, assistant, session, user

REQUEST = PromptRequest(query="And now?", session=SessionPart(KEY, ANYBODY, Limits(tokens=500)))


def test_summary_history_memories_question() -> None:
    """The order chat models know best, each part once."""
    sources = Sources(
        session(user("hi"), assistant("hello"), context="They greeted."),
        hits(memory("User likes tea"), memory("User\nis\n  Alice")),
        [memory("User prefers short answers")],
    )
    prompt = build_whole(REQUEST, sources)
    assert [line.role for line in prompt.lines] == [
        "system",
        "user",
        "assistant",
        "system",
        "user",
    ]
    summary, *history, known, question = [line.content for line in prompt.lines]
    assert "They greeted." in summary
    assert history == ["hi", "hello"]
    assert known.splitlines()[1:] == [
        "- User prefers short answers",
        "Memories that may help to answer:",
        "- User likes tea",
        "- User is Alice",
    ]
    assert question == "And now?"
    assert prompt.tokens == sum(line.tokens for line in prompt.lines)


def test_messages_that_are_shown_are_no_memories() -> None:
    """What the history shows is not told again; the same words in another session are."""
    shown = session(user("I live in Rome"), assistant("Lovely"))

    def said(id_: str, message_id: str) -> Memory:
        source = Provenance(message_ids=[message_id])
        kind = MemoryType.MEMORY_TYPE_MESSAGE
        return memory("I live in Rome", id_, type=kind, provenance=source)

    sources = Sources(shown, hits(said("here", "m1"), said("elsewhere", "x9")))
    prompt = build_whole(REQUEST, sources)
    (memories,) = [each for each in prompt.sections if each.kind is SectionKind.MEMORIES]
    assert (memories.included, memories.duplicates) == (1, ["here"])
    assert [line.content for line in prompt.lines].count("I live in Rome") == 1


def test_what_is_not_there_takes_no_message() -> None:
    """An empty session and no hits leave the question alone."""
    assert [line.content for line in build_whole(REQUEST, Sources()).lines] == ["And now?"]


def test_the_question_can_be_left_to_the_caller() -> None:
    """With `omit_query` the last message is the history's."""
    request = PromptRequest(query="And now?", omit_query=True)
    prompt = build_whole(request, Sources(session(user("hi"))))
    assert [line.content for line in prompt.lines] == ["hi"]


def test_tool_messages_stay_as_they_are() -> None:
    """Calls and answers keep what chat APIs need to pair them."""
    prompt = build_whole(REQUEST, Sources(session(user("look"), asks("c1"), answers("c1"))))
    _, call, answer, _ = prompt.lines
    assert (call.role, call.content, call.tool_calls[0].id) == ("assistant", "", "c1")
    assert (answer.role, answer.tool_call_id) == ("tool", "c1")


def test_a_standing_memory_that_is_found_too_is_said_once() -> None:
    """The report tells which hit was a repetition."""
    standing = memory("User prefers tea", "m1")
    prompt = build_whole(REQUEST, Sources(None, hits(standing), [standing]))
    assert prompt.lines[0].content.count("User prefers tea") == 1
    report = {section.kind: section for section in prompt.sections}
    assert list(report[SectionKind.MEMORIES].duplicates) == ["m1"]
    assert report[SectionKind.STANDING].included == 1
    assert report[SectionKind.STANDING].tokens > 0


def test_dated_memories_say_when_as_exactly_as_it_is_known() -> None:
    """A month is told as a month."""
    start = Timestamp(seconds=1_683_417_600)  # 2023-05-07
    event = EventTime(start=start, precision=TimePrecision.TIME_PRECISION_MONTH)
    day = EventTime(start=start, precision=TimePrecision.TIME_PRECISION_DAY)
    found = hits(
        memory("User moved", "1", event_time=event), memory("User ran", "2", event_time=day)
    )
    content = build_whole(REQUEST, Sources(None, found)).lines[0].content
    assert "- User moved (2023-05)" in content
    assert "- User ran (2023-05-07)" in content


@pytest.mark.parametrize(
    ("created", "ended", "reader", "told"),
    [
        ("2026-01-05T20:00Z", "", "UTC", " (said 2026-01-05)"),
        ("2026-01-05T20:00Z", "", "Asia/Tokyo", " (said 2026-01-06)"),
        ("2026-01-05T00:00Z", "", "America/New_York", " (said 2026-01-04)"),
        (
            "2026-01-05T20:00Z",
            "2026-03-05T20:00Z",
            "Asia/Tokyo",
            " (said 2026-01-06; no longer true from 2026-03-06)",
        ),
    ],
)
def test_each_line_says_when_it_was_said_and_until_when_it_was_true(
    created: str, ended: str, reader: str, told: str
) -> None:
    """Days are the reader's, on the shelf as among what was found, and the budget counts them."""
    fact = memory("User lives in Oslo", "1")
    fact.create_time.FromDatetime(datetime.fromisoformat(created))
    if ended:
        fact.validity.invalid_from.FromDatetime(datetime.fromisoformat(ended))
    line = f"- User lives in Oslo{told}"
    zone = ZoneInfo(reader)
    for sources in (Sources(None, hits(fact), zone=zone), Sources(None, (), [fact], zone=zone)):
        prompt = build_whole(REQUEST, sources)
        assert line in prompt.lines[0].content.splitlines()
        title = prompt.lines[0].content.splitlines()[0]
        assert prompt.lines[0].tokens == title_tokens(title) + list_tokens(line)


def test_a_line_says_that_its_user_asked_to_forget_it() -> None:
    """Where such a request only marks a fact, a model can heed it."""
    asked = Timestamp(seconds=1_795_847_400)  # 2026-11-28T06:30Z
    fact = memory("User lives in Oslo", "1", forget_request_time=asked)
    content = build_whole(REQUEST, Sources(None, hits(fact))).lines[0].content
    assert "- User lives in Oslo (its user asked on 2026-11-28 to forget it)" in content


@pytest.mark.parametrize(
    ("others", "told"),
    [
        (["User lives in Rome"], 'in conflict with "User lives in Rome", said 2026-01-04'),
        (["User lives\nin Rome"], 'in conflict with "User lives in Rome", said 2026-01-04'),
        (["x" * 300], f'in conflict with "{"x" * 200}...", said 2026-01-04'),
        ([""], "in conflict with one other memory"),
        (["", ""], "in conflict with 2 other memories"),
        (["A", ""], 'in conflict with "A", said 2026-01-04 and one more memory'),
        (
            [*"ABCDE"],
            (
                'in conflict with "A", said 2026-01-04 and "B", said 2026-01-04 and "C", '
                "said 2026-01-04 and 2 more memories"
            ),
        ),
    ],
)
def test_each_line_says_with_what_it_is_in_conflict(others: list[str], told: str) -> None:
    """The others are quoted in one line, a few of them, and counted where nobody may see them."""
    fact = memory("User lives in Oslo", "1")
    fact.create_time.FromDatetime(datetime(2026, 1, 4, 20, tzinfo=UTC))
    rivals = {}
    for at, text in enumerate(others):
        fact.conflicts_with.append(f"rival {at}")
        if text:
            rivals[f"rival {at}"] = memory(text, f"rival {at}", create_time=fact.create_time)
    line = f"- User lives in Oslo (said 2026-01-04; {told})"
    for sources in (
        Sources(None, hits(fact), (), rivals=rivals),
        Sources(None, (), [fact], rivals=rivals),
    ):
        for prompt in (build_whole(REQUEST, sources), build_packet(REQUEST, sources, 9_000)):
            assert line in prompt.lines[0].content.splitlines()
            assert prompt.lines[0].tokens == title_tokens(
                prompt.lines[0].content.splitlines()[0]
            ) + list_tokens(line)


@pytest.mark.parametrize(
    ("start", "precision", "own", "reader", "told"),
    [
        ("2026-11-27T15:00", "DAY", "Asia/Tokyo", "UTC", "2026-11-28"),
        ("2026-11-27T15:00", "DAY", "", "Asia/Tokyo", "2026-11-28"),
        ("2026-11-28T05:00", "DAY", "America/New_York", "Asia/Tokyo", "2026-11-28"),
        ("2026-11-28T00:00", "DAY", "", "America/New_York", "2026-11-28"),
        ("2026-11-28T00:00", "INSTANT", "", "America/New_York", "2026-11-28"),
        ("2026-10-31T15:00", "MONTH", "Asia/Tokyo", "UTC", "2026-11"),
        ("2026-11-22T15:00", "WEEK", "Asia/Tokyo", "UTC", "week of 2026-11-23"),
        ("2025-12-31T15:00", "YEAR", "Asia/Tokyo", "UTC", "2026"),
        ("2026-11-28T06:30", "INSTANT", "Asia/Tokyo", "UTC", "2026-11-28 15:30 Asia/Tokyo"),
        ("2026-11-28T06:30", "INSTANT", "", "Asia/Tokyo", "2026-11-28 15:30 Asia/Tokyo"),
        ("2026-11-28T06:30", "INSTANT", "", "UTC", "2026-11-28 06:30 UTC"),
        ("2026-11-28T06:30", "INSTANT", "Nowhere/City", "UTC", "2026-11-28 06:30 UTC"),
    ],
)
def test_times_are_told_in_the_users_zone(
    start: str, precision: str, own: str, reader: str, told: str
) -> None:
    """The event's own zone comes first, then the reader's; midnight in UTC is a day of UTC."""
    event = EventTime(precision=TimePrecision.Value(f"TIME_PRECISION_{precision}"), time_zone=own)
    event.start.FromDatetime(datetime.fromisoformat(start))
    found = Sources(hits=hits(memory("User ran", "1", event_time=event)), zone=ZoneInfo(reader))
    for prompt in (build_whole(REQUEST, found), build_packet(REQUEST, found, 1_000)):
        assert f"- User ran ({told})" in prompt.lines[0].content


@pytest.mark.parametrize(
    ("said", "ended", "told"),
    [
        ("2026-11-28T12:00Z", False, "2026-11-28"),
        ("2026-11-29T03:00Z", False, "2026-11-28"),
        ("2026-11-29T15:00Z", False, "2026-11-28; said 2026-11-30"),
        ("2026-11-27T03:00Z", False, "2026-11-28; said 2026-11-27"),
        ("2026-11-29T03:00Z", True, "2026-11-28; said 2026-11-29; no longer true from 2026-12-05"),
    ],
)
def test_what_was_told_at_once_is_dated_by_its_event(said: str, ended: bool, told: str) -> None:
    """Told later, or before, and of what is over, a line says when it was said, too."""
    event = EventTime(
        precision=TimePrecision.TIME_PRECISION_DAY,
        start=Timestamp(seconds=1_795_791_600),  # 2026-11-27T15:00Z
        time_zone="Asia/Tokyo",
    )
    fact = memory("User met Sam", "1", event_time=event)
    fact.create_time.FromDatetime(datetime.fromisoformat(said))
    if ended:
        fact.validity.invalid_from.FromDatetime(datetime(2026, 12, 5, tzinfo=UTC))
    found = Sources(None, hits(fact), zone=ZoneInfo("Asia/Tokyo"))
    assert f"- User met Sam ({told})" in build_whole(REQUEST, found).lines[0].content
