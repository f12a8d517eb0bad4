"""How a model's answer is judged."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.extraction.domain.facts import ExtractionFailed, Kind, Precision
from agent_memory_services.extraction.extractors.openai.answer import Frame, read_facts
from agent_memory_services.extraction.extractors.openai.facts import (
    ANSWER_SCHEMA,
    EventAnswer,
    FactAnswer,
)

FRAME = Frame(message_ids=["m1", "m2", "m3"], known=2, zone=UTC)
GOOD = {"text": "User likes tea", "messages": [2]}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = ["text", "kind", "messages", "topics", "entities", "event", "expires", "standing", "slot"]


def read(*items: Any) -> tuple[list[str], int]:
    """The texts found in an answer, and how many items were dropped."""
    verdict = read_facts(json.dumps({"facts": items}), FRAME)
    return [candidate.text for candidate in verdict.candidates], verdict.dropped


def test_a_whole_fact_is_taken_over() -> None:
    """Every field of a well-formed fact reaches the candidate."""
    fact = {
        "text": " User flies to Rome in June 2023 ",
        "kind": "episodic",
        "messages": [3, 1, 3],
        "topics": ["Travel", "travel", " "],
        "entities": ["Rome"],
        "event": {"start": "2023-06", "precision": "month"},
        "expires": "2023-07-01",
        "standing": False,
        "slot": "user/next_trip",
        "repeats": None,
    }
    (candidate,) = read_facts(json.dumps({"facts": [fact]}), FRAME).candidates
    assert candidate.text == "User flies to Rome in June 2023"
    assert candidate.kind is Kind.EPISODIC
    assert candidate.message_ids == ("m1", "m3")
    assert candidate.topics == ("travel",)
    assert candidate.event_time is not None
    assert candidate.event_time.precision is Precision.MONTH
    assert candidate.expire_time is not None
    assert candidate.slot == "user/next_trip"


@pytest.mark.parametrize(
    "bad",
    [
        "tea",
        {"text": "invented source", "messages": [4]},
        {"text": "invented source", "messages": [0, -1]},
        {"text": "invented source", "messages": ["m1"]},
        {"text": "half a message", "messages": [1.5]},
        {"text": "", "messages": [1]},
        {"text": "   ", "messages": [1]},
        {"text": "\ud83d", "messages": [1]},
        {"text": 7, "messages": [1]},
        {"text": None, "messages": [1]},
        {"text": "x" * 1001, "messages": [1]},
        {"n": 1, "role": "user", "said": "Monday", "text": "I like tea."},
        {"messages": [1]},
        7,
        True,
        [],
        None,
    ],
)
def test_a_bad_item_is_dropped_and_the_others_stay(bad: Any) -> None:
    """Invented ids, what is no statement and over-long text cost only their own item."""
    assert read(GOOD, bad, {**GOOD, "text": "User likes rain"}) == (
        ["User likes tea", "User likes rain"],
        1,
    )


def each(part: str, read_as: Any, *values: Any) -> list[tuple[str, Any, Any]]:
    """Values of a part that are all read in one way."""
    return [(part, value, read_as) for value in values]


@pytest.mark.parametrize(
    ("part", "value", "read_as"),
    [
        *each("slot", "", None, "", 5, [], {}, "a", "a/b/c/d/e", "NaN", "none"),
        *each("slot", "user/favorite_hobby", "user/favorite hobby", "User / Favorite Hobby"),
        *each("topics", (), None, "", [], [None, {}, True], {"a": 1}, "null"),
        *each("topics", ("hobby", "tea"), "Hobby, tea", ["hobby", "Tea", None]),
        *each("topics", ("hobby", "7"), [{"name": "hobby"}, 7]),
        *each("entities", ("Peru",), "Peru", ["Peru"], [["x"], "Peru"]),
        *each("standing", False, None, "no", 0, "false", [], "", 2),
        *each("standing", True, True, "yes", "True", 1, "1"),
        *each("kind", Kind.SEMANTIC, None, "fact", "message", 7, [], "SEMANTIC"),
        *each("kind", Kind.EPISODIC, "Episodic", "event"),
        *each("message_ids", ("m2",), 2, "2", [2], ["2"], [2.0], "#2", "[2]", "n2", [{"n": 2}]),
        *each("message_ids", ("m2",), [2, 9], [2, None], [2, "m3"], [True, 2]),
        *each("message_ids", ("m2", "m3"), "2, 3", "2 and 3", ["3", 2, True]),
        *each("expire_time", None, None, "", "never", 7.5, [], {}, "NaN"),
        *each("event_time", None, None, "", "soon", [], {}, {"start": None}, 7),
    ],
)
def test_a_part_that_is_loose_or_bad_costs_no_fact(part: str, value: Any, read_as: Any) -> None:
    """Null, numbers as text, one text for a list and unknown words are read, or left out alone."""
    names = {"message_ids": "messages", "expire_time": "expires", "event_time": "event"}
    fact = {**GOOD, names.get(part, part): value}
    (candidate,) = read_facts(json.dumps({"facts": [fact]}), FRAME).candidates
    assert candidate.text == "User likes tea"
    assert getattr(candidate, part) == read_as


@pytest.mark.parametrize(
    "event",
    [
        "2023-06",
        {"date": "2023-06"},
        {"start": "2023-06", "precision": None},
        {"start": "2023-06", "precision": "roughly", "end": None},
        {"Start": "2023-06", "start": "2023-06"},
    ],
)
def test_a_loose_event_keeps_its_time(event: Any) -> None:
    """A date alone, under another name, or with an unknown precision is still a date."""
    (candidate,) = read_facts(json.dumps({"facts": [{**GOOD, "event": event}]}), FRAME).candidates
    assert candidate.event_time is not None
    assert (candidate.event_time.start.year, candidate.event_time.start.month) == (2023, 6)


@pytest.mark.parametrize("name", ["text", "fact", "memory", "content", "statement", "Fact"])
@pytest.mark.parametrize("cited", ["messages", "message", "source", "sources", "message_id"])
def test_other_names_mean_the_same(name: str, cited: str) -> None:
    """Models call the parts of a fact what they like."""
    assert read({name: "User likes tea", cited: 2}) == (["User likes tea"], 0)


def test_a_fact_without_a_number_is_of_the_messages_that_it_shares_words_with() -> None:
    """Of all where it shares words with none; a text alone is a fact too."""
    texts = ("I collect stamps from Peru.", "Nice.", "I play chess.")
    frame = Frame(["m1", "m2", "m3"], 0, UTC, (), texts)
    said = ["User collects stamps", {"text": "User plays chess", "messages": []}, "User is kind"]
    found = read_facts(json.dumps({"facts": said}), frame).candidates
    assert [one.message_ids for one in found] == [("m1",), ("m3",), ("m1", "m2", "m3")]


def test_halves_of_characters_and_control_characters_are_left_out() -> None:
    """Nobody could store them; a whole pair is one character."""
    said = '{"facts": [{"text": "User likes \\ud83dtea\\u0000 \\ud83c\\udf75", "messages": [1]}]}'
    (candidate,) = read_facts(said, FRAME).candidates
    assert candidate.text == "User likes tea \U0001f375"


def test_what_repeats_a_known_memory_is_left_out() -> None:
    """A repeated memory is no fact; the number of a memory nobody showed means nothing."""
    assert read({**GOOD, "repeats": 2}) == ([], 0)
    assert read({**GOOD, "repeats": 3}) == (["User likes tea"], 0)


def test_a_fact_says_which_known_memories_it_ends() -> None:
    """By their numbers; those that nobody showed are left out alone, and counted."""
    frame = replace(FRAME, memory_ids=["k1", "k2"])
    said = [{**GOOD, "ends": [2, 9, "1", 2, 0]}, {**GOOD, "repeats": 1}, {**GOOD, "replaces": 1}]
    verdict = read_facts(json.dumps({"facts": said}), frame)
    assert [candidate.ends for candidate in verdict.candidates] == [("k2", "k1"), ("k1",)]
    assert {candidate.compared for candidate in verdict.candidates} == {("k1", "k2")}
    assert verdict.reasons == {"unknown_memory": 2}


def test_what_repeats_one_memory_and_ends_another_is_a_fact() -> None:
    """Its end of the other would be lost with it."""
    frame = replace(FRAME, memory_ids=["k1", "k2"])
    said = [{**GOOD, "repeats": 1, "ends": [2]}]
    (candidate,) = read_facts(json.dumps({"facts": said}), frame).candidates
    assert candidate.ends == ("k2",)


def test_an_answer_may_ask_to_forget_something() -> None:
    """Only where a user says so; what else it says of that is no fact."""
    said = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    frame = replace(FRAME, memory_ids=["k1", "k2"], said=said, users={1, 2})
    wish = {"text": "my phone number", "kind": "forget", "messages": [2], "ends": [1, 7]}
    verdict = read_facts(json.dumps({"facts": [wish, {**wish, "messages": [2, 3]}]}), frame)
    (wanted,) = verdict.wanted
    assert (wanted.what, wanted.message_id, wanted.at) == ("my phone number", "m2", said[1])
    assert wanted.memory_ids == ("k1",)
    assert not verdict.candidates
    assert verdict.reasons == {"unknown_memory": 1, "not_asked": 1}


def test_an_unreadable_date_costs_the_date_only() -> None:
    """A fact with a date nobody can read is still a fact."""
    dated = {**GOOD, "event": {"start": "some day", "precision": "day"}, "expires": "never"}
    (candidate,) = read_facts(json.dumps({"facts": [dated]}), FRAME).candidates
    assert candidate.event_time is None
    assert candidate.expire_time is None


def test_an_empty_list_is_an_answer() -> None:
    """Nothing worth remembering is a valid find."""
    assert read() == ([], 0)


def test_what_was_dropped_has_a_reason() -> None:
    """Each dropped item is counted under a short word that holds none of its text."""
    bad = [{"text": 5}, {**GOOD, "messages": [9]}, {**GOOD, "text": "She likes tea"}, None]
    verdict = read_facts(json.dumps({"facts": [*bad, *[GOOD] * 199]}), FRAME)
    assert verdict.reasons == {"malformed": 2, "unknown_message": 1, "unclear": 1, "too_many": 3}


DRAFT = json.dumps({"facts": [{"text": "User likes coffee", "messages": [1]}]})
WHOLE = json.dumps({"facts": [GOOD]})


@pytest.mark.parametrize(
    "said",
    [
        f'<think>{{"facts": []}} or {{"facts": [{{}}]}}?</think> {WHOLE}',
        f"<think>Draft: {DRAFT}. No.</think>\n{WHOLE}",
        f"<THINKING>\n```json\n{DRAFT}\n```\n</THINKING>\n```json\n{WHOLE}\n```",
        f'<reasoning effort="low">{DRAFT}</reasoning>{WHOLE}',
        f"{DRAFT} no, better:\n</think>\n{WHOLE}",
        f"<think>one {DRAFT}</think> {DRAFT} <think>two {{</think> {WHOLE}",
        f"<think>a <think>{DRAFT}</think> b {DRAFT}</think>{WHOLE}",
        f"{WHOLE}<think>Or {DRAFT}?</think>",
        f"{WHOLE}\n<think>Or {DRAFT}",
        f"<think>Never closed. {DRAFT} So: {WHOLE}",
        f"<think>{DRAFT}. So: {WHOLE}</think>",
        f"[THINK]{DRAFT}[/THINK]{WHOLE}",
        f"\u25c1think\u25b7{DRAFT}\u25c1/think\u25b7{WHOLE}",
        f"<|begin_of_thought|>{DRAFT}<|end_of_thought|>{WHOLE}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|channel|>final<|message|>{WHOLE}<|return|>",
        f"First: {DRAFT}\nBetter: {WHOLE}",
        f'{WHOLE} Without facts I would have said {{"facts": []}}, but here they are.',
        f"<answer>{WHOLE}</answer>",
        f"<think>{{ [ unbalanced</think>{WHOLE}",
    ],
)
def test_the_last_complete_answer_counts(said: str) -> None:
    """A model that thinks aloud in JSON means what it says at last."""
    assert [one.text for one in read_facts(said, FRAME).candidates] == ["User likes tea"]


@pytest.mark.parametrize(
    "said",
    [
        f'<think>{WHOLE}? No.</think>{{"facts": []}}',
        f'Draft: {WHOLE}. Nothing lasts of it, so: {{"facts": []}}',
        '{"facts": null}',
        '{"memories": []}',
    ],
)
def test_an_empty_list_said_last_is_an_answer(said: str) -> None:
    """What a model takes back is no fact."""
    assert not read_facts(said, FRAME).candidates


@pytest.mark.parametrize(
    "wrapped",
    [
        'Here are the facts:\n```json\n{"facts": [%s]}\n```\nAnything else?',
        'See message [1]: {"facts": [%s]}',
        '{"facts": [%s,],}',
        "[%s]",
        '{"facts": [%s], "comment": "cut of',
        '{"memories": [%s]}',
        '{"Extracted_Facts": [%s]}',
        '{"facts": %s}',
        '{"facts": {"1": %s}}',
        '{"result": {"facts": [%s]}, "note": null}',
        '[{"facts": [%s]}]',
        '{"name": "facts", "arguments": {"facts": [%s]}}',
        '<tool_call>\n{"name": "facts", "arguments": {"facts": [%s]}}\n</tool_call>',
        '{"facts": [%s], "score": NaN, "high": Infinity, "count": 1e999}',
        "%s",
        "The fact is %s.",
    ],
)
def test_facts_are_found_in_their_wrapping(wrapped: str) -> None:
    """Fences, chatter, trailing commas and another or a missing envelope do not cost the facts."""
    verdict = read_facts(wrapped % json.dumps(GOOD), FRAME)
    assert [candidate.text for candidate in verdict.candidates] == ["User likes tea"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I cannot help with that.",
        "{}",
        "[]",
        '{"facts": "none"}',
        '{"facts": [{"text": "User likes tea", "messages": [1], "topics": []}, {"te',
        "null",
        '{"facts": [{"text": 5, "messages": [1]}, "tea", null, [], {}]}',
        '{"facts": ["m1"]}',
        '["tea"]',
        "[[1, 2], [3]]",
        '{"known": [{"k": 1, "text": "User likes tea"}], "messages": [{"n": 1, "text": "tea"}]}',
        '{"type": "object", "properties": {"facts": {"type": "array", "items": {}}}}',
        f"<think>{WHOLE}</think> I found one fact.",
        f"<think>{WHOLE}, or is it none? I will say",
        '{"facts": [{"text": "User likes tea", "messages": [7]}]}',
        '{"facts": [{"text": "She likes it", "messages": [1]}]}',
        '{"facts": []} {"facts": [{"text": "User likes tea", "messages": [7]}]}',
    ],
)
def test_an_answer_without_facts_is_a_failure(answer: str) -> None:
    """What is no list of facts, or of which nothing fits, is not taken for an empty one."""
    with pytest.raises(ExtractionFailed, match="bad_answer"):
        read_facts(answer, FRAME)


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=5))
def test_no_item_breaks_the_reading(items: list[Any]) -> None:
    """Whatever the items are, each becomes a candidate or is counted as dropped."""
    verdict = read_facts(json.dumps({"facts": [GOOD, *items]}), FRAME)
    assert len(verdict.candidates) + verdict.dropped == 1 + len(items)
    for candidate in verdict.candidates:
        assert candidate.message_ids
        assert set(candidate.message_ids) <= set(FRAME.message_ids)
        assert 0 < len(candidate.text) <= 1000


@given(st.text(max_size=200) | st.text('{}[]",:\\ factsn0', max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever a model says, it is read or refused."""
    with suppress(ExtractionFailed):
        read_facts(text, FRAME)


@given(st.text(max_size=30), st.sampled_from(list(Precision)))
def test_no_date_breaks_the_reading(start: str, precision: Precision) -> None:
    """Whatever a model takes for a date, it is read or left out."""
    assert read({**GOOD, "event": {"start": start, "precision": precision.value}})[1] == 0


def test_the_schema_asks_for_what_is_read() -> None:
    """The model is asked for exactly the fields that are judged, each one required."""
    item = ANSWER_SCHEMA["properties"]["facts"]["items"]
    assert set(item["properties"]) == set(FactAnswer.model_fields) == set(item["required"])
    assert set(item["properties"]["event"]["properties"]) == set(EventAnswer.model_fields)
