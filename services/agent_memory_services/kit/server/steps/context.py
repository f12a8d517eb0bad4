"""Steps that set a call's id and deadline, check it against its contract, and set its status."""

import asyncio
import time
from collections.abc import Iterable

import grpc
from google.protobuf.message import Message

from agent_memory_services.kit.contract import context, errors, status
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.kit.server.call import Call, Step, metadata_var


class RequestContext(Step):
    """Starts the clock and settles the request id.

    Every call runs in a task of its own, whose context variables end with it; none is reset.
    """

    name = "context"

    def enter(self, call: Call) -> None:
        """Read the metadata once for all steps."""
        call.started = time.monotonic()
        call.metadata = dict(metadata_var.get())
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
            self._end_after(self._maximum, call, errors.OpenForLong())
            return
        call.due = time.monotonic() + granted
        context.due_at_var.set(call.due)
        if given is None or granted < given:
            self._end_after(granted, call, errors.DeadlineExceeded())

    def exit(self, call: Call) -> None:
        """Stop watching."""
        if timer := self._timers.pop(call, None):
            timer.cancel()

    def _end_after(self, seconds: float, call: Call, why: errors.ServiceError) -> None:
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


class Validation(Step):
    """Refuses a message that breaks a rule, naming every field at fault.

    The rows of a stream that has one answer are judged by whoever takes them, who answers for
    each: a bad one must not end the stream.
    """

    name = "validation"

    def __init__(self, policies: Iterable[MethodPolicy]) -> None:
        """Compile the rules of every method's requests, so that a faulty rule stops the start."""
        self._rules = ContractRules()
        for policy in policies:
            self._rules.violations(policy.request_type())

    def received(self, call: Call, message: Message) -> None:
        """Check one message."""
        if call.policy.client_streaming and not call.policy.server_streaming:
            return
        if violations := self._rules.violations(message):
            raise errors.InvalidFields(violations)


# The library cancels a handler at its caller's deadline, give or take the clock's grain.
_GRAIN_SECONDS = 0.01


class ErrorMapping(Step):
    """Stands outside every step that may refuse, and inside those that record the code."""

    name = "error mapping"

    def exit(self, call: Call) -> None:
        """Settle code and status."""
        error = call.error
        if error is None:
            return
        if isinstance(error, grpc.aio.AbortError):
            # The handler has answered by itself; only the record is left to make.
            call.code = call.context.code()
            return
        refused = status.refusal(error)
        if isinstance(error, asyncio.CancelledError) and _overdue(call):
            refused = errors.DeadlineExceeded()
        call.code = status.CODES[refused.reason]
        call.status = status.status_of(refused)


def _overdue(call: Call) -> bool:
    return call.due is not None and time.monotonic() >= call.due - _GRAIN_SECONDS
