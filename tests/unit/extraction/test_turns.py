"""How a session is cut into windows."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.extraction.domain.facts import Turn, WindowLimits, to_turn, windows
from agent_memory_services.kit.contract.clock import zone_of
from agent_memory_services.shared.prompts import MEMORIES_TITLE
from tests.support.sessions import SAID, message


def turns(*texts: str) -> list[Turn]:
    """What a user says, turn by turn."""
    return [Turn(f"m{number}", "user", text, SAID) for number, text in enumerate(texts)]


@given(
    st.lists(st.text("ab ", max_size=60), max_size=12),
    st.integers(1, 5),
    st.integers(8, 40),
    st.integers(1, 3),
)
def test_windows_lose_nothing(
    texts: list[str], messages: int, characters: int, reference: int
) -> None:
    """Joined again, the windows are the conversation, and each keeps to its limits."""
    limits = WindowLimits(messages, characters, reference)
    cut = list(windows(turns(*texts), [], limits))
    joined: dict[str, str] = {}
    for window in cut:
        assert 1 <= len(window.turns) <= messages
        assert len(window.before) <= reference
        assert len(window.turns) == 1 or sum(len(t.text) for t in window.turns) <= characters
        for turn in window.turns:
            joined[turn.message_id] = joined.get(turn.message_id, "") + turn.text
    assert list(joined.values()) == texts


def test_each_window_sees_the_turns_before_it() -> None:
    """The reference turns of a window are the last ones before it, also from the last run."""
    limits = WindowLimits(messages=2, characters=100, reference=2)
    earlier = turns("x", "y", "z")
    first, second = windows(turns("a", "b", "c"), earlier, limits)
    assert [turn.text for turn in first.before] == ["y", "z"]
    assert [turn.text for turn in second.before] == ["a", "b"]


def test_windows_of_the_same_job_have_the_same_names() -> None:
    """What an earlier attempt found in a window is recognised by its name."""
    limits = WindowLimits(messages=2, characters=100, reference=2)
    names = [[window.name for window in windows(turns(*"abcde"), [], limits)] for _ in range(2)]
    assert names[0] == names[1]
    assert len(set(names[0])) == 3


def test_a_turn_keeps_when_it_was_said() -> None:
    """A message's own time, speaker and origin reach the extractor."""
    turn = to_turn(message(1, "Hi", name="Ann", recalled=True))
    assert (turn.at - SAID).total_seconds() == 60
    assert (turn.name, turn.recalled, turn.message_id) == ("Ann", True, "m1")


@pytest.mark.parametrize(
    ("name", "zone"),
    [("", UTC), ("Europe/Berlin", ZoneInfo("Europe/Berlin")), ("Nowhere/City", None), ("/x", None)],
)
def test_zones_are_known_by_their_iana_names(name: str, zone: object) -> None:
    """A name that means no zone is told from one that does."""
    assert zone_of(name) == zone


def test_a_stored_prompt_is_recalled() -> None:
    """A message that holds only what memory put there is recalled though it does not say so."""
    listed = f"{MEMORIES_TITLE}\n- User likes tea"
    assert to_turn(Message(role="system", content=listed)).recalled
    mixed = to_turn(Message(role="user", content=f"{listed}\n\nI like rain."))
    assert (mixed.text, mixed.recalled) == ("I like rain.", False)
    assert not to_turn(Message(role="assistant")).recalled
