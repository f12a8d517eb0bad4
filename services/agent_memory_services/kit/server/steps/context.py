"""Steps that set the request id and the deadline of a call."""

import asyncio
import time

from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.errors import DeadlineExceeded, OpenForLong, ServiceError
from agent_memory_services.kit.server.call import Call, Step


class RequestContext(Step):
    """Starts the clock and settles the request id.

    Every call runs in a task of its own, whose context variables end with it; none is reset.
    """

    name = "context"

    def enter(self, call: Call) -> None:
        """Read the metadata once for all steps."""
        call.started = time.monotonic()
        call.metadata = dict(call.context.invocation_metadata() or ())
        call.request_id = context.accept_request_id(call.metadata.get(context.REQUEST_ID_HEADER))
        context.request_id_var.set(call.request_id)


class TimeLimit(Step):
    """Settles when the answer is due, and ends calls that the caller's deadline does not end.

    A call without a deadline gets the one its method declares, and none may run longer than the
    maximum. A stream that declares none has no deadline: after the maximum its caller is told to
    continue in another call, so that none stays with one process for good.
    """

    name = "deadline"

    def __init__(self, maximum: float) -> None:
        """Limit every call to `maximum` seconds."""
        self._maximum = maximum
        self._timers: dict[Call, asyncio.TimerHandle] = {}

    def enter(self, call: Call) -> None:
        """Settle the limit and watch over it where the library does not."""
        given = call.context.time_remaining()
        granted = self._granted(call, given)
        if granted is None:
            context.due_at_var.set(None)
            self._end_after(self._maximum, call, OpenForLong())
            return
        call.due = time.monotonic() + granted
        context.due_at_var.set(call.due)
        if given is None or granted < given:
            self._end_after(granted, call, DeadlineExceeded())

    def exit(self, call: Call) -> None:
        """Stop watching."""
        if timer := self._timers.pop(call, None):
            timer.cancel()

    def _end_after(self, seconds: float, call: Call, why: ServiceError) -> None:
        call.task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._timers[call] = loop.call_later(seconds, call.end, why)

    def _granted(self, call: Call, given: float | None) -> float | None:
        # What passed before belongs to the call's time: it may have waited for a place.
        passed = time.monotonic() - call.started
        if given is not None:
            return min(given, self._maximum - passed)
        if call.policy.deadline is not None:
            return min(call.policy.deadline, self._maximum) - passed
        return None if call.policy.streaming else self._maximum - passed
