"""Failures of a run, and their meaning for the next attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from google.rpc.status_pb2 import Status

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.extraction.domain.facts import ExtractionFailed
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.status import (
    is_from_elsewhere,
    item_status,
    refusal,
    status_of,
)


class LeaseLost(Exception):  # noqa: N818 - named for what happened
    """Another worker has the job now, or it was cancelled; the holder must stop."""


_OUTAGES: Final = (
    errors.Unavailable,
    errors.Exhausted,
    errors.DeadlineExceeded,
    # An operator's slip, mended without touching the job.
    errors.AccessDenied,
    errors.Unauthenticated,
    errors.Unimplemented,
)
_ABOUT_THE_JOB: Final = frozenset({"bad_answer", "rejected"})
_AROUND_THE_JOB: Final = (LeaseLost, OSError, MemoryError)


class ExtractorFailed(errors.Unavailable):
    """The extractor failed; `cause` is its own short word for why."""

    reason = ErrorReason.ERROR_REASON_MODEL_UNAVAILABLE

    def __init__(
        self,
        cause: str,
        retry_after: float | None = None,
        dropped: Mapping[str, int] | None = None,
    ) -> None:
        """Name the cause, and how many items of an answer did not fit, by why."""
        why = ", ".join(f"{count} {reason}" for reason, count in sorted((dropped or {}).items()))
        super().__init__(
            f"the extractor failed: {cause} ({why})" if why else f"the extractor failed: {cause}",
            metadata={"cause": cause, "dropped": why} if why else {"cause": cause},
            retry_after=retry_after,
        )


class WorkersLost(errors.DeadlineExceeded):
    """The workers that took a job let its lease run out, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "the workers that took the job stopped before it was done"


@dataclass(frozen=True, slots=True)
class Failure:
    """Reason why a run failed.

    Attributes:
        status: For the job's record.
        cause: One word for logs and metrics.
        retry_after: Seconds to wait as requested; None where no wait was requested.
        strike: True where the job itself may be at fault, False for an outage around it.
        hopeless: True where no repetition changes anything.
    """

    status: Status
    cause: str
    retry_after: float | None
    strike: bool
    hopeless: bool = False


def says_nothing_of_messages(error: Exception) -> bool:
    """Return true if an error would end the extraction of any other messages as well.

    An unexpected error may be the fault of one of them, and so may a request that the model's
    provider rejects, or that the model never answers as asked.
    """
    if isinstance(error, ExtractionFailed):
        return error.reason not in _ABOUT_THE_JOB
    return isinstance(error, _AROUND_THE_JOB) or is_from_elsewhere(error)


def failure_of(error: Exception) -> Failure:
    """Judge what ended a run."""
    if isinstance(error, ExtractionFailed):
        return Failure(
            status_of(ExtractorFailed(error.reason, error.retry_after, error.dropped)),
            error.reason,
            error.retry_after,
            strike=error.reason in _ABOUT_THE_JOB,
        )
    met = errors.DeadlineExceeded() if isinstance(error, TimeoutError) else refusal(error)
    return Failure(
        item_status(met),
        ErrorReason.Name(met.reason).removeprefix("ERROR_REASON_").lower(),
        met.retry_after,
        # A run that takes too long may be the job's own fault.
        strike=isinstance(error, TimeoutError) or not isinstance(met, _OUTAGES),
        hopeless=isinstance(met, errors.SummaryViewNotFound),
    )


class Unfinished(Exception):  # noqa: N818 - named for what happened
    """The run has used its share of time; its results are kept, and the job continues later."""
