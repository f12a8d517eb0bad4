"""One line per call: what was called and how it went, never by whom or about what."""

import time

import grpc
import structlog

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.steps.base import Step

log = structlog.get_logger()


class AccessLog(Step):
    """Writes the line when the call is over."""

    name = "access log"

    def exit(self, call: Call) -> None:
        """Write the line; incidents of ours stand out by their severity."""
        write = log.error if call.code is grpc.StatusCode.INTERNAL else log.info
        write(
            "call",
            service=call.policy.service,
            method=call.policy.method,
            code=call.code.name,
            duration_ms=round((time.monotonic() - call.started) * 1e3, 3),
            request_bytes=call.request_bytes,
            response_bytes=call.response_bytes,
            peer=call.context.peer(),
        )
