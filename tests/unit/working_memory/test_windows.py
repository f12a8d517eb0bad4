"""How much of a view a reader gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.working_memory.domain.session import Shown
from agent_memory_services.working_memory.domain.windows import (
    KEPT_SHARE,
    Limits,
    Trigger,
    latest,
    overflow,
    portion,
    usage_of,
)
from tests.unit.working_memory.shown import answers, asks, assistant, show, user


@st.composite
def views(draw: st.DrawFn) -> tuple[Shown, ...]:
    """Conversations with tool exchanges, each answered right after its calls."""
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 6))):
        messages.append(user("words " * draw(st.integers(1, 8))))
        calls = [f"c{turn}.{i}" for i in range(draw(st.integers(0, 3)))]
        if calls:
            messages += [asks(*calls), *map(answers, calls)]
        messages.append(assistant("more words"))
    return show(*messages)


def whole(tail: list[Message]) -> bool:
    """Whether every answer stands with its call."""
    asked = {call.id for message in tail for call in message.tool_calls}
    return all(message.tool_call_id in asked for message in tail if message.role == "tool")


@given(views(), st.integers(1, 12), st.integers(1, 120))
def test_a_cut_view_is_a_whole_tail_within_the_limits(
    view: tuple[Shown, ...], messages: int, tokens: int
) -> None:
    """What is left is a tail, never empty, never half an exchange, and as long as it can be."""
    kept = latest(view, Limits(messages, tokens))
    start = len(view) - len(kept)
    assert kept
    assert list(kept) == list(view[start:])
    assert whole([item.message for item in kept])

    def fits(items: tuple[Shown, ...]) -> bool:
        return len(items) <= messages and sum(i.entry.tokens for i in items) <= tokens

    if not fits(tuple(kept)):
        shorter = [view[at:] for at in range(start + 1, len(view))]
        assert not any(whole([i.message for i in tail]) for tail in shorter)
    longer = [view[at:] for at in range(start)]
    assert not any(whole([i.message for i in tail]) and fits(tail) for tail in longer)


@given(views(), st.integers(1, 12), st.integers(1, 120))
def test_a_tail_beyond_the_limits_is_cut_like_the_whole_view(
    view: tuple[Shown, ...], messages: int, tokens: int
) -> None:
    """A reader who fetches until a limit is exceeded, and to an exchange's start, sees enough."""
    limits = Limits(messages, tokens)
    count = spent = 0
    for item in reversed(view):
        count, spent = count + 1, spent + item.entry.tokens
        if (count > messages or spent > tokens) and not item.entry.answer:
            break
    assert list(latest(view[len(view) - count :], limits)) == list(latest(view, limits))


def test_without_limits_everything_is_shown_even_stray_answers() -> None:
    """A view that is not cut is shown as it is."""
    view = show(answers("lost"), user("hi"))
    assert list(latest(view, Limits())) == list(view)


def test_a_cut_does_not_begin_with_stray_answers() -> None:
    """Where something is cut, an answer whose call is not shown goes too."""
    view = show(user("a"), user("b"), answers("lost"), assistant("c"), tokens=1)
    kept = latest(view, Limits(messages=2))
    assert [item.message.content for item in kept] == ["c"]


def test_words_between_a_call_and_its_answer_stay_with_them() -> None:
    """An exchange is everything from the call to its last answer."""
    view = show(user("a"), asks("1", "2"), answers("1"), user("wait"), answers("2"), tokens=1)
    assert len(latest(view, Limits(messages=3))) == 4


def test_a_last_exchange_beyond_the_limits_is_shown_whole() -> None:
    """One exchange is shown, however long."""
    view = show(user("a"), asks("1", "2"), answers("1"), answers("2"), tokens=50)
    assert len(latest(view, Limits(tokens=10))) == 3


def test_nothing_is_shown_of_nothing() -> None:
    """An empty view stays empty."""
    assert not latest((), Limits(messages=1, tokens=1))


@pytest.mark.parametrize(
    ("tokens", "total", "until"),
    [(0, 0.0, 0.0), (350, 35.0, 50.0), (700, 70.0, 100.0), (5000, 100.0, 100.0)],
)
def test_usage_is_a_share_of_window_and_threshold(tokens: int, total: float, until: float) -> None:
    """Percentages grow with the tokens and end at a hundred."""
    usage = usage_of(tokens, 1000)
    assert usage.total == pytest.approx(total)
    assert usage.until_summarization == pytest.approx(until)


@given(views(), st.integers(1, 200))
def test_what_overflows_is_the_rest_of_a_window(view: tuple[Shown, ...], window: int) -> None:
    """What stays fills the kept share at most, is never empty, and no exchange is split."""
    leaving = overflow(view, window)
    kept = view[len(leaving) :]
    assert kept
    assert list(leaving) == list(view[: len(leaving)])
    assert list(kept) == list(latest(view, Limits(tokens=int(window * KEPT_SHARE))))
    assert whole([item.message for item in leaving])
    assert whole([item.message for item in kept])


@given(views(), st.integers(1, 12), st.integers(1, 120))
def test_a_portion_is_a_whole_beginning(
    view: tuple[Shown, ...], messages: int, tokens: int
) -> None:
    """It is never empty and never half an exchange; portion by portion the view is used up."""
    rest = view
    while rest:
        taken = portion(rest, Limits(messages, tokens))
        assert taken
        assert list(taken) == list(rest[: len(taken)])
        assert whole([item.message for item in taken])
        rest = rest[len(taken) :]
        assert whole([item.message for item in rest])


def test_a_portion_stays_within_its_limits() -> None:
    """Unless its first exchange alone is too long."""
    view = show(*(user("x") for _ in range(10)), tokens=10)
    assert len(portion(view, Limits(tokens=45))) == 4
    assert len(portion(view, Limits(messages=3))) == 3
    assert len(portion(view, Limits(tokens=5))) == 1
    assert len(portion(view, Limits())) == 10


def test_a_trigger_is_passed_strictly_beyond_its_share() -> None:
    """Of the window that was named, or of the default one."""
    trigger = Trigger(0.7, 100)
    assert not trigger.is_passed(70, None)
    assert trigger.is_passed(71, None)
    assert not trigger.is_passed(71, 1000)
    assert trigger.is_passed(8, 10)
