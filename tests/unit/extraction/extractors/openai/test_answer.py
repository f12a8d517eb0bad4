"""How a model's answer is judged."""

import json
from contextlib import suppress
from datetime import UTC
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
        "User likes tea",
        {"text": "no source"},
        {"text": "no source", "messages": []},
        {"text": "invented source", "messages": [4]},
        {"text": "invented source", "messages": [1, 0]},
        {"text": "number in quotes", "messages": ["1"]},
        {"text": "half a message", "messages": [1.5]},
        {"text": "", "messages": [1]},
        {"text": "   ", "messages": [1]},
        {"text": 7, "messages": [1]},
        {"text": "x" * 1001, "messages": [1]},
        {"text": "unknown kind", "messages": [1], "kind": "message"},
        {"text": "wrong type", "messages": [1], "standing": "yes"},
        {"text": "wrong type", "messages": [1], "topics": "tea"},
        {"text": "wrong type", "messages": [1], "event": "tomorrow"},
        {"text": "no slot", "messages": [1], "slot": "user likes"},
        None,
    ],
)
def test_a_bad_item_is_dropped_and_the_others_stay(bad: Any) -> None:
    """Invented ids, wrong types and over-long text cost only their own item."""
    assert read(GOOD, bad, {**GOOD, "text": "User likes rain"}) == (
        ["User likes tea", "User likes rain"],
        1,
    )


def test_what_repeats_a_known_memory_is_left_out() -> None:
    """A repeated memory is no fact; the number of a memory nobody showed means nothing."""
    assert read({**GOOD, "repeats": 2}) == ([], 0)
    assert read({**GOOD, "repeats": 3}) == (["User likes tea"], 0)


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


def test_the_first_list_of_which_something_fits_is_the_answer() -> None:
    """A model that thinks aloud in JSON means what it says at last."""
    said = (
        f'<think>{{"facts": []}} or {{"facts": [{{}}]}}?</think> {{"facts": [{json.dumps(GOOD)}]}}'
    )
    assert [each.text for each in read_facts(said, FRAME).candidates] == ["User likes tea"]


@pytest.mark.parametrize(
    "wrapped",
    [
        'Here are the facts:\n```json\n{"facts": [%s]}\n```\nAnything else?',
        'See message [1]: {"facts": [%s]}',
        '{"facts": [%s,],}',
        "[%s]",
        '{"facts": [%s], "comment": "cut of',
    ],
)
def test_json_is_found_in_its_wrapping(wrapped: str) -> None:
    """Fences, chatter, trailing commas and a missing envelope do not cost the facts."""
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
        '{"facts": [{"text": "User likes tea", "messages": [7]}]}',
        '{"facts": [{"text": "She likes it", "messages": [1]}]}',
        '[{"text": "User likes tea"}]',
        '{"memories": [{"content": "User likes tea"}]}',
        '{"facts": []} {"facts": [{"text": "User likes tea", "messages": [7]}]}',
        '{"facts": {"1": {"text": "User likes tea", "messages": [1]}}}',
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
