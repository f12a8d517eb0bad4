"""What another service's refusal means here."""

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.runtime import errors
from agent_memory_services.runtime.deadline import remaining
from agent_memory_services.runtime.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    FieldViolation,
    ServiceError,
    Unauthenticated,
)

_CLASSES = {
    kind.reason: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ServiceError) and "reason" in vars(kind)
}


def refused_by(error: grpc.aio.AioRpcError, service: str) -> ServiceError | None:
    """The refusal that `error` of a call to `service` stands for; None for an incident.

    A refusal of the suite's own is passed on as it is, except that a credential of ours which
    another service does not accept is our incident and not the caller's.
    """
    if (refused := _sent(error)) is not None:
        return None if isinstance(refused, Unauthenticated) else refused
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return DependencyUnavailable(service)
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return _late(service)
    return None


def error_of(status: Status) -> ServiceError | None:
    """The refusal that a status of the suite stands for; None where it is not ours."""
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in status.details:
        for message in (info, bad_request, retry):
            detail.Unpack(message)
    kind = _kind(info)
    if kind is None:
        return None
    error = kind.__new__(kind)
    ServiceError.__init__(
        error,
        status.message,
        metadata=info.metadata,
        violations=[FieldViolation(v.field, v.description) for v in bad_request.field_violations],
        retry_after=retry.retry_delay.ToNanoseconds() / 1e9 or None,
    )
    return error


def _kind(info: ErrorInfo) -> type[ServiceError] | None:
    name = f"ERROR_REASON_{info.reason}"
    if info.domain != errors.DOMAIN or name not in ErrorReason.keys():  # noqa: SIM118 - no mapping
        return None
    return _CLASSES.get(ErrorReason.Value(name))


def _sent(error: grpc.aio.AioRpcError) -> ServiceError | None:
    """The refusal in the details; anybody on the way may have answered in the service's place."""
    try:
        status = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        return None
    return error_of(status) if status is not None else None


def _late(service: str) -> ServiceError:
    """Whose time ran out: ours, or that which we granted the other service."""
    try:
        remaining()
    except DeadlineExceeded as ours:
        return ours
    return DependencyUnavailable(service)
