"""What a client sees of a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
import pytest
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from agent_memory.common.v1.error_reason_pb2 import ErrorReason

MessageT = TypeVar("MessageT", bound=Message)


@dataclass
class Refusal:
    """A status, checked for what every status must have."""

    code: grpc.StatusCode = grpc.StatusCode.OK
    reason: str = ""
    message: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    retry_after: float = 0.0
    status: Status = field(default_factory=Status)
    everything: str = ""


@contextmanager
def refused() -> Iterator[Refusal]:
    """Expect a call to be refused as the catalogue says: one ErrorInfo with a listed reason."""
    refusal = Refusal()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        yield refusal
    error = raised.value
    status = rpc_status.from_call(error)
    assert status is not None, f"no details: {error}"
    (info,) = [_unpacked(d, ErrorInfo) for d in status.details if d.Is(ErrorInfo.DESCRIPTOR)]
    assert info.domain == "agent-memory"
    assert f"ERROR_REASON_{info.reason}" in ErrorReason.keys()  # noqa: SIM118 - not a mapping
    refusal.code, refusal.message, refusal.status = error.code(), status.message, status
    refusal.reason, refusal.metadata = info.reason, dict(info.metadata)
    for detail in status.details:
        if detail.Is(BadRequest.DESCRIPTOR):
            for violation in _unpacked(detail, BadRequest).field_violations:
                refusal.fields[violation.field] = violation.description
        if detail.Is(RetryInfo.DESCRIPTOR):
            delay = _unpacked(detail, RetryInfo).retry_delay
            refusal.retry_after = delay.ToNanoseconds() / 1e9
    refusal.everything = f"{error!r} {error.trailing_metadata()} {error.initial_metadata()}"


def _unpacked(detail: any_pb2.Any, kind: type[MessageT]) -> MessageT:
    message = kind()
    detail.Unpack(message)
    return message
