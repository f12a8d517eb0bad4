"""The time that is left for the present call, for everything it calls in turn."""

import time
from contextvars import ContextVar

from agent_memory_services.runtime.errors import DeadlineExceeded

# When the present call's answer is due, on the monotonic clock; None means never.
due_at: ContextVar[float | None] = ContextVar("due_at", default=None)


def remaining(margin: float = 0.05) -> float | None:
    """Seconds that a step of the present call may take; None where no deadline applies.

    `margin` (seconds) is kept back for answering after the step has failed.

    Raises:
        DeadlineExceeded: nothing is left.
    """
    due = due_at.get()
    if due is None:
        return None
    left = due - time.monotonic() - margin
    if left <= 0:
        raise DeadlineExceeded
    return left
