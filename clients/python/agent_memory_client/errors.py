"""Errors of the client.

::

    MemoryClientError
    ├── MemoryValidationError         a field breaks its rule; also a ValueError
    ├── MemoryNotFoundError           no such session, memory, job or view for this caller
    ├── MemoryConflictError           the etag is stale, or the id is taken
    ├── MemoryStateError              it does not fit the resource's state, or the client is closed
    ├── MemoryAuthenticationError     no credential, or one that is not valid
    ├── MemoryPermissionError         the credential or the owner does not allow it
    ├── MemoryResourceExhaustedError  a quota or the server's capacity is used up
    ├── MemoryUnavailableError        the service cannot be reached; repeating is safe
    ├── MemoryTimeoutError            the time allowed ran out; also a TimeoutError
    ├── MemoryCancelledError          the call was given up, by the server or by closing the client
    ├── MemoryServerError             something unforeseen on the server's side
    └── ExtractionFailedError         a background job gave up; carries the job

A call never raises an error of gRPC itself. `asyncio.CancelledError` stays what it is when the
caller cancels. Building a model of `agent_memory_client.models` with wrong values raises
pydantic's `ValidationError`, as every pydantic model does; a call that is given such values in a
dictionary raises `MemoryValidationError`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import grpc

if TYPE_CHECKING:
    from agent_memory_client.models import Job


__all__ = [
    "ErrorInfo",
    "ExtractionFailedError",
    "FieldViolation",
    "MemoryAuthenticationError",
    "MemoryCancelledError",
    "MemoryClientError",
    "MemoryConflictError",
    "MemoryNotFoundError",
    "MemoryPermissionError",
    "MemoryResourceExhaustedError",
    "MemoryServerError",
    "MemoryStateError",
    "MemoryTimeoutError",
    "MemoryUnavailableError",
    "MemoryValidationError",
]


class FieldViolation(NamedTuple):
    """One field that breaks its rule."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """Facts about a failure besides its message.

    Attributes:
        code: The status of the call; None where no call was made.
        reason: Stable name from the catalogue `agent_memory.common.v1.ErrorReason`, without its
            prefix; empty where the answer came from something else than the services.
        metadata: The values the catalogue documents for the reason.
        field_violations: Which fields break which rule.
        retry_after: Seconds after which the server suggests to repeat the call.
        request_id: What the server's log calls the request.
    """

    code: grpc.StatusCode | None = None
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    field_violations: Sequence[FieldViolation] = ()
    retry_after: float | None = None
    request_id: str = ""


class MemoryClientError(Exception):
    """Root of every error; also raised for a status that has no class of its own."""

    def __init__(self, message: str, info: ErrorInfo | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.info = info or ErrorInfo()

    @property
    def code(self) -> grpc.StatusCode | None:
        """The status of the call; None where the client refused it itself."""
        return self.info.code

    @property
    def reason(self) -> str:
        """Stable name of the cause, such as `ETAG_MISMATCH`; empty where none was given."""
        return self.info.reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """Values that belong to the reason, such as `current_etag`."""
        return self.info.metadata

    @property
    def field_violations(self) -> Sequence[FieldViolation]:
        """The fields that break a rule, each with its path."""
        return self.info.field_violations

    @property
    def retry_after(self) -> float | None:
        """Seconds after which to repeat the call, where the server suggests it."""
        return self.info.retry_after

    @property
    def request_id(self) -> str:
        """Id under which the server's log knows the request; empty where unknown."""
        return self.info.request_id


class MemoryValidationError(MemoryClientError, ValueError):
    """A field breaks its rule; nothing was stored."""


class MemoryNotFoundError(MemoryClientError):
    """No such thing exists for this caller."""


class MemoryConflictError(MemoryClientError):
    """The resource changed since its etag was read, or the id belongs to something else."""


class MemoryStateError(MemoryClientError):
    """The operation does not fit the resource's present state, or the client is closed."""


class MemoryAuthenticationError(MemoryClientError):
    """The call carries no credential, or one that is not valid."""


class MemoryPermissionError(MemoryClientError):
    """The credential does not allow this, or the resource belongs to another user."""


class MemoryResourceExhaustedError(MemoryClientError):
    """A quota is used up, or the server is at its limit."""


class MemoryUnavailableError(MemoryClientError):
    """The service, its store or something it needs cannot be reached."""


class MemoryTimeoutError(MemoryClientError, TimeoutError):
    """The time allowed ran out. A write may have happened; repeating it with its id is safe."""


class MemoryCancelledError(MemoryClientError):
    """The server gave the call up."""


class MemoryServerError(MemoryClientError):
    """Something unforeseen happened on the server's side."""


class ExtractionFailedError(MemoryClientError):
    """A background job gave up; its messages are kept for `retry_job`."""

    def __init__(self, message: str, job: "Job", info: ErrorInfo | None = None) -> None:
        super().__init__(message, info)
        self.job = job


_Code = grpc.StatusCode

ERROR_BY_CODE: Mapping[grpc.StatusCode, type[MemoryClientError]] = {
    _Code.CANCELLED: MemoryCancelledError,
    _Code.UNKNOWN: MemoryServerError,
    _Code.INVALID_ARGUMENT: MemoryValidationError,
    _Code.DEADLINE_EXCEEDED: MemoryTimeoutError,
    _Code.NOT_FOUND: MemoryNotFoundError,
    _Code.ALREADY_EXISTS: MemoryConflictError,
    _Code.PERMISSION_DENIED: MemoryPermissionError,
    _Code.RESOURCE_EXHAUSTED: MemoryResourceExhaustedError,
    _Code.FAILED_PRECONDITION: MemoryStateError,
    _Code.ABORTED: MemoryConflictError,
    _Code.OUT_OF_RANGE: MemoryValidationError,
    _Code.UNIMPLEMENTED: MemoryServerError,
    _Code.INTERNAL: MemoryServerError,
    _Code.UNAVAILABLE: MemoryUnavailableError,
    _Code.DATA_LOSS: MemoryServerError,
    _Code.UNAUTHENTICATED: MemoryAuthenticationError,
}


def error_for(message: str, info: ErrorInfo) -> MemoryClientError:
    """Make the error of the class that stands for the status code."""
    kind = ERROR_BY_CODE.get(info.code, MemoryClientError) if info.code else MemoryClientError
    return kind(message, info)


def invalid(path: str, description: str) -> MemoryValidationError:
    """Make the error for a value that the client refuses before it makes a call."""
    violation = FieldViolation(path, description)
    return MemoryValidationError(f"{path}: {description}", ErrorInfo(field_violations=(violation,)))
