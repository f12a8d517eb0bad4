"""Log lines of calls to providers that are tried again.

The library's own line holds the error as it was, and so whatever a provider repeats of a prompt.
"""

import structlog
from stamina.instrumentation import (
    PrometheusOnRetryHook,
    RetryDetails,
    set_on_retry_hooks,
)

from agent_memory_services.runtime.shown_errors import described

log = structlog.get_logger()


def quieten() -> None:
    """Say of every retry its number, the kind of its cause and the wait, and nothing else."""
    set_on_retry_hooks([PrometheusOnRetryHook, _tell])


def _tell(details: RetryDetails) -> None:
    log.warning(
        "retry.scheduled",
        attempt=details.retry_num,
        error=described(details.caused_by),
        wait_seconds=round(details.wait_for, 2),
    )
