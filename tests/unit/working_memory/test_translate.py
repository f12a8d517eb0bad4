"""Values of the contract as the domain keeps them."""

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_services.working_memory.api.translate import (
    put_state,
    show,
    state_of,
    window_tokens,
)
from agent_memory_services.working_memory.domain.session import State
from tests.unit.working_memory.shown import session, user


@given(
    st.builds(
        State,
        data=st.none() | st.just(Struct()),
        context=st.text(max_size=20),
        ttl=st.none() | st.integers(1_000_000, 10**15),
        time_zone=st.sampled_from(["", "Europe/Berlin"]),
    )
)
def test_a_state_survives_the_contract(state: State) -> None:
    """What a caller sets is what a caller reads, to the microsecond."""
    message = wm.WorkingMemory()
    put_state(message, "alice", state)
    assert state_of(wm.WorkingMemory.FromString(message.SerializeToString())) == state


def test_a_time_to_live_never_gets_shorter() -> None:
    """Nanoseconds round up to the next microsecond."""
    message = wm.WorkingMemory(ttl=Duration(seconds=1, nanos=1))
    assert state_of(message).ttl == 1_000_001


@pytest.mark.parametrize(
    ("window", "tokens"),
    [
        (wm.ContextWindow(), 16_000),
        (wm.ContextWindow(model_name="unheard-of"), 16_000),
        (wm.ContextWindow(model_name="gpt-4o"), 128_000),
        (wm.ContextWindow(model_name="gpt-4o", max_tokens=7), 7),
    ],
)
def test_the_explicit_window_wins(window: wm.ContextWindow, tokens: int) -> None:
    """Explicit before the model's before the default."""
    assert window_tokens(window) == tokens


def test_usage_is_told_only_for_a_window() -> None:
    """Without a window nobody knows how full it is."""
    found = session(user("hello there"))
    untold, told = wm.WorkingMemory(), wm.WorkingMemory()
    show(untold, found, None)
    show(told, found, 100)
    assert not untold.HasField("usage")
    usage = told.usage
    assert usage.window == 100
    assert 0 < usage.total_percent < usage.until_summarization_percent
