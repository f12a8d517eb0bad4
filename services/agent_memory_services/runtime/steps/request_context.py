"""The first step: what names the call, for everything that happens in it."""

import time

from agent_memory_services.runtime import request_id
from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.steps.base import Step


class RequestContext(Step):
    """Starts the clock and settles the request id.

    Every call runs in a task of its own, whose context variables end with it; none is reset.
    """

    name = "context"

    def enter(self, call: Call) -> None:
        """Read the metadata once for all steps."""
        call.started = time.monotonic()
        call.metadata = dict(call.context.invocation_metadata() or ())
        call.request_id = request_id.accept(call.metadata.get(request_id.HEADER))
        request_id.current.set(call.request_id)
