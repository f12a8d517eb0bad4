"""Refusals as they go over the wire."""

from typing import cast

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.runtime.errors import DOMAIN, FieldViolation, ServiceError
from agent_memory_services.runtime.faults import refusal

_PREFIX = "ERROR_REASON_"
_DEFAULT_RETRY_SECONDS = 1.0
# Trailers travel in base64 and may be refused from 8 KB on, and a refused trailer replaces the
# status. Everything together stays below that; the list of violations is what gets cut.
_VIOLATIONS_BYTES = 4096
_TEXT_CHARACTERS = 256

_Code = grpc.StatusCode
CODES: dict[ErrorReason.ValueType, grpc.StatusCode] = {
    ErrorReason.ERROR_REASON_INVALID_FIELD: _Code.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE: _Code.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INVALID_FIELD_MASK: _Code.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INVALID_TOKEN: _Code.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_UNAUTHENTICATED: _Code.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_ACCESS_DENIED: _Code.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_OWNER_MISMATCH: _Code.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_SESSION_NOT_FOUND: _Code.NOT_FOUND,
    ErrorReason.ERROR_REASON_MEMORY_NOT_FOUND: _Code.NOT_FOUND,
    ErrorReason.ERROR_REASON_JOB_NOT_FOUND: _Code.NOT_FOUND,
    ErrorReason.ERROR_REASON_SUMMARY_VIEW_NOT_FOUND: _Code.NOT_FOUND,
    ErrorReason.ERROR_REASON_ETAG_MISMATCH: _Code.ABORTED,
    ErrorReason.ERROR_REASON_ID_ALREADY_EXISTS: _Code.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_REQUEST_ID_REUSED: _Code.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_REQUEST_IN_PROGRESS: _Code.UNAVAILABLE,
    ErrorReason.ERROR_REASON_INVALID_STATE: _Code.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_SESSION_ERASED: _Code.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_STORE_UNAVAILABLE: _Code.UNAVAILABLE,
    ErrorReason.ERROR_REASON_STORE_FULL: _Code.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_DEPENDENCY_UNAVAILABLE: _Code.UNAVAILABLE,
    ErrorReason.ERROR_REASON_EMBEDDING_UNAVAILABLE: _Code.UNAVAILABLE,
    ErrorReason.ERROR_REASON_MODEL_UNAVAILABLE: _Code.UNAVAILABLE,
    ErrorReason.ERROR_REASON_OVERLOADED: _Code.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_QUOTA_EXCEEDED: _Code.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED: _Code.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_CANCELLED: _Code.CANCELLED,
    ErrorReason.ERROR_REASON_UNIMPLEMENTED: _Code.UNIMPLEMENTED,
    ErrorReason.ERROR_REASON_INTERNAL: _Code.INTERNAL,
    ErrorReason.ERROR_REASON_SHUTTING_DOWN: _Code.UNAVAILABLE,
}
_WORTH_RETRYING = frozenset({_Code.UNAVAILABLE, _Code.RESOURCE_EXHAUSTED})


def status_of(error: ServiceError) -> Status:
    """The refusal with its details: always ErrorInfo, and what else its code calls for."""
    code = CODES[error.reason]
    status = Status(code=code.value[0], message=_cut(error.message))
    info = ErrorInfo(reason=ErrorReason.Name(error.reason).removeprefix(_PREFIX), domain=DOMAIN)
    for key, value in error.metadata.items():
        info.metadata[key] = _cut(value)
    status.details.add().Pack(info)
    if error.violations:
        status.details.add().Pack(_bad_request(error.violations))
    if code in _WORTH_RETRYING:
        delay = Duration()
        delay.FromNanoseconds(int((error.retry_after or _DEFAULT_RETRY_SECONDS) * 1e9))
        status.details.add().Pack(RetryInfo(retry_delay=delay))
    return status


def to_grpc(status: Status) -> grpc.Status:
    """The status as the library sends it, details in the trailers."""
    return cast("grpc.Status", rpc_status.to_status(status))


def item_status(error: Exception) -> Status:
    """What went wrong with one item of a batch, whatever was raised for it."""
    return status_of(refusal(error))


def _bad_request(violations: tuple[FieldViolation, ...]) -> BadRequest:
    bad_request = BadRequest()
    for violation in violations:
        bad_request.field_violations.add(
            field=_cut(violation.field), description=_cut(violation.description)
        )
        if bad_request.ByteSize() > _VIOLATIONS_BYTES:
            bad_request.field_violations.pop()
            break
    return bad_request


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_CHARACTERS else text[: _TEXT_CHARACTERS - 1] + "…"
