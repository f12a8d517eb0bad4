"""Spans of a process, and how they go on in work that was left for later."""

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.trace import INVALID_SPAN, SpanKind, StatusCode

from agent_memory_services.kit.contract.errors import SessionNotFound
from agent_memory_services.kit.observe.tracing.spans import (
    NOTHING,
    continued,
    current_tracer,
    kept_context,
    part,
    traced_by,
)
from tests.support.traced import Traced


@pytest.fixture
def traced() -> Iterator[Traced]:
    """Every trace is recorded."""
    traced = Traced()
    with traced_by(traced.tracer):
        yield traced


def test_nothing_is_made_where_traces_are_off() -> None:
    """One shared object stands for every span, and nothing is kept beside work."""
    assert current_tracer() is None
    assert part("work") is NOTHING
    assert continued("work", ["00-" + "1" * 32 + "-" + "2" * 16 + "-01"]) is NOTHING
    assert kept_context() == ""
    with part("work") as span:
        assert span is INVALID_SPAN


def test_polling_makes_no_spans(traced: Traced) -> None:
    """A part of nothing is nobody's business."""
    with part("poll"):
        pass
    assert traced.names == []


def test_a_part_is_a_child_of_the_present_span(traced: Traced) -> None:
    """And the present one while it lasts."""
    with continued("run", []) as run:
        with part("embed", SpanKind.CLIENT) as embed, part("inner"):
            pass
        with part("store"):
            pass
    assert traced.names == ["inner", "embed", "store", "run"]
    assert traced.span("inner").parent == embed.get_span_context()
    assert traced.span("store").parent == run.get_span_context()
    assert traced.span("embed").kind is SpanKind.CLIENT


def test_work_left_for_later_goes_on_in_the_trace_that_left_it(traced: Traced) -> None:
    """As a child, so that a turn and what follows from it are one trace."""
    with continued("turn", []) as turn:
        kept = kept_context()
    with continued("delivery", [kept]):
        pass
    delivery = traced.span("delivery")
    assert delivery.context.trace_id == turn.get_span_context().trace_id
    assert delivery.parent is not None
    assert delivery.parent.span_id == turn.get_span_context().span_id
    assert delivery.kind is SpanKind.CONSUMER


def test_work_of_several_turns_belongs_to_the_first_and_names_the_others(traced: Traced) -> None:
    """Each turn's trace leads to it, and a turn that came twice is named once."""
    kept = []
    for _ in range(3):
        with continued("turn", []):
            kept += [kept_context()] * 2
    with continued("run", kept):
        pass
    run, turns = traced.span("run"), [int(text.split("-")[1], 16) for text in kept[::2]]
    assert run.context.trace_id == turns[0]
    assert [link.context.trace_id for link in run.links] == turns[1:]


def test_a_recorded_turn_is_not_lost_behind_one_that_is_not(traced: Traced) -> None:
    """Work is recorded when any of the turns behind it is."""
    with continued("turn", []):
        kept = kept_context()
    unrecorded = "00-" + "1" * 32 + "-" + "2" * 16 + "-00"
    with continued("run", [unrecorded, kept]):
        pass
    assert f"{traced.span('run').context.trace_id:032x}" == kept.split("-")[1]


def test_a_decision_not_to_record_is_kept() -> None:
    """Work of turns that nobody records is not recorded by itself."""
    traced = Traced(ratio=0.0)
    with traced_by(traced.tracer), continued("turn", []):
        kept = kept_context()
    assert not int(kept[-2:], 16) & 1, "the flag of recorded ones"
    traced = Traced()
    with traced_by(traced.tracer), continued("run", [kept]), part("inner"):
        pass
    assert traced.names == []


@pytest.mark.parametrize("damaged", ["", "x", "00-zz-11-01", "00-" + "0" * 32 + "-11-01"])
def test_a_context_that_cannot_be_read_begins_a_trace(traced: Traced, damaged: str) -> None:
    """What was left before there were traces is worked on all the same."""
    with continued("run", [damaged]):
        pass
    assert traced.span("run").parent is None


def test_a_failure_is_named_but_not_quoted(traced: Traced) -> None:
    """The text of an error may hold what somebody said."""
    with pytest.raises(KeyError), continued("crash", []):
        raise KeyError("alice said so")
    with pytest.raises(SessionNotFound), continued("refusal", []):
        raise SessionNotFound("alice's")
    crash, refusal = traced.span("crash"), traced.span("refusal")
    assert crash.attributes == {"error.type": "KeyError"}
    assert refusal.attributes == {"error.type": "SESSION_NOT_FOUND"}
    assert crash.status.status_code is refusal.status.status_code is StatusCode.ERROR
    assert not crash.events
    assert "alice" not in crash.to_json() + refusal.to_json()


def test_being_cancelled_is_no_failure(traced: Traced) -> None:
    """Nothing is wrong with what was cancelled."""
    with pytest.raises(asyncio.CancelledError), continued("run", []):
        raise asyncio.CancelledError
    assert traced.span("run").status.status_code is StatusCode.UNSET
