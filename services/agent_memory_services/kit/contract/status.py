"""Refusals as they go over the wire, and what errors of libraries and other services become.

Whatever is not recognised becomes an incident: its traceback goes to the log, and the caller
learns nothing but the incident's id, because the text of an exception may hold anything.
"""

import asyncio
from typing import cast

import grpc
import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from prometheus_client import Counter
from redis import exceptions as redis

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.kit.contract import context, errors, ids
from agent_memory_services.kit.contract.shown_errors import described
from agent_memory_services.kit.contract.store_errors import StoreAwayError

_CLASSES = {
    kind.reason: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.ServiceError) and "reason" in vars(kind)
}


def refused_by(error: grpc.aio.AioRpcError, service: str) -> errors.ServiceError | None:
    """The refusal that `error` of a call to `service` stands for; None for an incident.

    A refusal of the suite's own is passed on as it is, except that a credential of ours which
    another service does not accept is our incident and not the caller's.
    """
    if (refused := _sent(error)) is not None:
        return None if isinstance(refused, errors.Unauthenticated) else refused
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return errors.DependencyUnavailable(service)
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return _late(service)
    return None


def error_of(status: Status) -> errors.ServiceError | None:
    """The refusal that a status of the suite stands for; None where it is not ours."""
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in status.details:
        for message in (info, bad_request, retry):
            detail.Unpack(message)
    kind = _kind(info)
    if kind is None:
        return None
    error = kind.__new__(kind)
    errors.ServiceError.__init__(
        error,
        status.message,
        metadata=info.metadata,
        violations=[
            errors.FieldViolation(v.field, v.description) for v in bad_request.field_violations
        ],
        retry_after=retry.retry_delay.ToNanoseconds() / 1e9 or None,
    )
    return error


def _kind(info: ErrorInfo) -> type[errors.ServiceError] | None:
    name = f"ERROR_REASON_{info.reason}"
    if info.domain != errors.DOMAIN or name not in ErrorReason.keys():  # noqa: SIM118 - no mapping
        return None
    return _CLASSES.get(ErrorReason.Value(name))


def _sent(error: grpc.aio.AioRpcError) -> errors.ServiceError | None:
    """The refusal in the details; anybody on the way may have answered in the service's place."""
    try:
        status = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        return None
    return error_of(status) if status is not None else None


def _late(service: str) -> errors.ServiceError:
    """Return the error of a deadline: ours, or the one that we granted the other service."""
    try:
        context.remaining()
    except errors.DeadlineExceeded as ours:
        return ours
    return errors.DependencyUnavailable(service)


log = structlog.get_logger()

STORE_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.ReadOnlyError,
    redis.ClusterDownError,
    redis.MasterDownError,
    redis.TryAgainError,
    redis.RedisClusterException,
    redis.NoScriptError,
    StoreAwayError,
)
_FAULTS = Counter("agent_memory_store_faults", "Calls that the store failed, by how.", ["kind"])
_AWAY, _FULL = _FAULTS.labels("away"), _FAULTS.labels("full")


def refusal(error: BaseException) -> errors.ServiceError:
    """The refusal to answer with when `error` ended a call."""
    if (known := _known(error)) is not None:
        return known
    incident_id = ids.new_id()
    log.error("call.failed", incident_id=incident_id, exc_info=error)
    return errors.Incident(incident_id)


def is_from_elsewhere(error: BaseException) -> bool:
    """Return true if the store or another service raised an error, and not the work itself."""
    return isinstance(error, errors.ServiceError | grpc.aio.AioRpcError | redis.RedisError)


def _known(error: BaseException) -> errors.ServiceError | None:
    """Return the service error that an error means, where it was foreseen."""
    meaning: errors.ServiceError | None = None
    match error:
        case errors.ServiceError():
            meaning = error
        case asyncio.CancelledError():
            meaning = errors.Cancelled()
        case NotImplementedError():  # what a generated servicer raises
            meaning = errors.Unimplemented("the method")
        case grpc.aio.AioRpcError():
            meaning = refused_by(error, "dependency")
        case redis.RedisError():
            meaning = _store_fault(error)
        case BaseExceptionGroup():
            meaning = _common(error)
    return meaning


def _common(group: BaseExceptionGroup[BaseException]) -> errors.ServiceError | None:
    """Things done side by side fail in groups; one unforeseen error makes the whole unforeseen."""
    meanings = [_known(error) for error in group.exceptions]
    return None if None in meanings else meanings[0]


def _store_fault(error: redis.RedisError) -> errors.ServiceError | None:
    away = isinstance(error, STORE_AWAY)
    full = isinstance(error, redis.OutOfMemoryError)
    if not away and not full:
        return None
    log.warning("store.fault", error=described(error))
    (_FULL if full else _AWAY).inc()
    return errors.StoreFull() if full else errors.StoreUnavailable()


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


def status_of(error: errors.ServiceError) -> Status:
    """The refusal with its details: always ErrorInfo, and what else its code calls for."""
    code = CODES[error.reason]
    status = Status(code=code.value[0], message=_cut(error.message))
    info = ErrorInfo(
        reason=ErrorReason.Name(error.reason).removeprefix(_PREFIX), domain=errors.DOMAIN
    )
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
    """Return the status of one item of a batch, whatever was raised for it."""
    return status_of(refusal(error))


def _bad_request(violations: tuple[errors.FieldViolation, ...]) -> BadRequest:
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
