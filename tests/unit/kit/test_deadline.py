"""The time left for the present call."""

import time
from collections.abc import Iterator

import pytest

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.errors import DeadlineExceeded


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    token = context.due_at_var.set(None)
    yield
    context.due_at_var.reset(token)


def test_background_work_has_no_limit() -> None:
    """Outside a call there is all the time."""
    assert context.remaining() is None


def test_a_margin_is_kept_back() -> None:
    """What is left for a step is less than what is left for the call."""
    context.due_at_var.set(time.monotonic() + 10)
    left = context.remaining(margin=2)
    assert left is not None
    assert 4 < left <= 8


def test_no_step_starts_without_time() -> None:
    """Where only the margin is left, the step is refused before it begins."""
    context.due_at_var.set(time.monotonic() + 1)
    with pytest.raises(DeadlineExceeded):
        context.remaining(margin=1)
