"""Refusals as the contracts describe them."""

from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2


def refusal(
    code: grpc.StatusCode,
    reason: str,
    *,
    message: str = "refused",
    metadata: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    retry_after: float | None = None,
) -> status_pb2.Status:
    """A status with the details that the catalogue asks for."""
    details: list[Message] = [
        error_details_pb2.ErrorInfo(
            reason=reason, domain="agent-memory", metadata=dict(metadata or {})
        )
    ]
    if fields:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=name, description=description)
            for name, description in fields.items()
        ]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if retry_after is not None:
        delay = Duration(nanos=int(retry_after * 1e9))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


async def refuse(
    context: grpc.aio.ServicerContext[Any, Any], status: status_pb2.Status
) -> NoReturn:
    """End the call with a status."""
    code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
    trailer = ("grpc-status-details-bin", status.SerializeToString())
    await context.abort(code, status.message, (trailer,))
    raise AssertionError("abort does not return")


def not_found(kind: str, identifier: str) -> status_pb2.Status:
    """Nothing has this id."""
    return refusal(
        grpc.StatusCode.NOT_FOUND,
        f"{kind.upper()}_NOT_FOUND",
        message=f"no {kind} {identifier}",
        metadata={f"{kind}_id": identifier},
    )
