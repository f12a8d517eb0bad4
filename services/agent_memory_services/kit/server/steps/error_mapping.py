"""Step that turns whatever ended a call into the status it is answered with."""

import asyncio
import time

import grpc

from agent_memory_services.kit.contract.errors import DeadlineExceeded
from agent_memory_services.kit.contract.status import CODES, refusal, status_of
from agent_memory_services.kit.server.call import Call, Step

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
        refused = refusal(error)
        if isinstance(error, asyncio.CancelledError) and _overdue(call):
            refused = DeadlineExceeded()
        call.code = CODES[refused.reason]
        call.status = status_of(refused)


def _overdue(call: Call) -> bool:
    return call.due is not None and time.monotonic() >= call.due - _GRAIN_SECONDS
