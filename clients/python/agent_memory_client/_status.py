"""Errors of the client from a gRPC status and its `google.rpc` details."""

from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from agent_memory_client import errors

_STATUS_TRAILER = "grpc-status-details-bin"
REQUEST_ID_HEADER = "x-request-id"
_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def from_rpc_error(
    error: grpc.RpcError, sent: Mapping[str, str | bytes] | None = None
) -> errors.MemoryClientError:
    """Turn the error of a failed call into the client's.

    Args:
        error: The error of gRPC.
        sent: The metadata that the call carried.
    """
    code = code_of(error)
    trailers = dict(_asked(error, "trailing_metadata") or ())
    status = _status(trailers.get(_STATUS_TRAILER))
    request_id = str((sent or {}).get(REQUEST_ID_HEADER, ""))
    info = _info(code, status.details, request_id)
    return errors.error_for(_asked(error, "details") or info.reason or code.name, info)


def from_status(status: status_pb2.Status) -> errors.MemoryClientError:
    """Turn the status of one item of a batch, or of a job, into an error of the client."""
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    return errors.error_for(status.message or code.name, _info(code, status.details))


def code_of(error: grpc.RpcError) -> grpc.StatusCode:
    """Answer the code that a call ended with."""
    code = _asked(error, "code")
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _asked(error: grpc.RpcError, name: str) -> Any:
    """Ask an error of gRPC, which is a call too although its type does not say so."""
    return getattr(error, name)()


def _status(trailer: str | bytes | None) -> status_pb2.Status:
    """Read the rich status; empty where a proxy sent something else."""
    if not isinstance(trailer, bytes):
        return status_pb2.Status()
    try:
        return status_pb2.Status.FromString(trailer)
    except DecodeError:
        return status_pb2.Status()


def _info(
    code: grpc.StatusCode, details: Iterable[AnyMessage], request_id: str = ""
) -> errors.ErrorInfo:
    cause = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    request = error_details_pb2.RequestInfo()
    for detail in details:
        # Unpack answers False for every other type, and leaves the message alone.
        _ = [detail.Unpack(message) for message in (cause, bad, retry, request)]
    delay = retry.retry_delay
    return errors.ErrorInfo(
        code=code,
        reason=cause.reason,
        metadata=dict(cause.metadata),
        field_violations=tuple(
            errors.FieldViolation(item.field, item.description) for item in bad.field_violations
        ),
        retry_after=delay.seconds + delay.nanos / 1e9 if retry.HasField("retry_delay") else None,
        request_id=request.request_id or request_id,
    )
