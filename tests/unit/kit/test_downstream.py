"""Errors of other services."""

import time

import grpc
import pytest
from google.rpc.status_pb2 import Status
from grpc.aio import AioRpcError, Metadata

from agent_memory_services.kit.contract import context, errors
from agent_memory_services.kit.contract.errors import ServiceError
from agent_memory_services.kit.contract.status import refused_by, status_of


def _error(code: grpc.StatusCode, status: Status | None = None, text: str = "") -> AioRpcError:
    trailers = Metadata()
    if status is not None:
        trailers.add("grpc-status-details-bin", status.SerializeToString())
    return AioRpcError(code, Metadata(), trailers, details=status.message if status else text)


def _sent(error: ServiceError, code: grpc.StatusCode) -> AioRpcError:
    return _error(code, status_of(error))


def test_a_refusal_is_passed_on() -> None:
    """The caller sees why the other service refused, in the same words."""
    sent = errors.MemoryNotFound("m1")
    refused = refused_by(_sent(sent, grpc.StatusCode.NOT_FOUND), "x.Y")
    assert isinstance(refused, errors.MemoryNotFound)
    assert refused.metadata == {"memory_id": "m1"}


def test_our_own_bad_credential_is_not_the_callers_fault() -> None:
    """The caller is not told to log in again."""
    sent = errors.Unauthenticated()
    assert refused_by(_sent(sent, grpc.StatusCode.UNAUTHENTICATED), "x.Y") is None


def test_an_unreachable_service_is_named() -> None:
    """Whatever the transport says stays here."""
    refused = refused_by(_error(grpc.StatusCode.UNAVAILABLE, text="10.0.0.1 refused"), "x.Y")
    assert isinstance(refused, errors.DependencyUnavailable)
    assert refused.metadata == {"service": "x.Y"}
    assert "10.0.0.1" not in refused.message


def test_late_answers_are_charged_to_who_ran_out_of_time() -> None:
    """With time left of our own it is the dependency's fault, without it the call is over."""
    late = _error(grpc.StatusCode.DEADLINE_EXCEEDED)
    assert isinstance(refused_by(late, "x.Y"), errors.DependencyUnavailable)
    token = context.due_at_var.set(time.monotonic())
    assert isinstance(refused_by(late, "x.Y"), errors.DeadlineExceeded)
    context.due_at_var.reset(token)


@pytest.mark.parametrize(
    "error",
    [
        _error(grpc.StatusCode.INTERNAL, text="boom"),
        _error(grpc.StatusCode.UNKNOWN, Status(code=13, message="not the same code")),
        AioRpcError(
            grpc.StatusCode.INTERNAL,
            Metadata(),
            Metadata(("grpc-status-details-bin", b"\xff\xff")),
        ),
    ],
)
def test_anything_else_is_an_incident_of_ours(error: AioRpcError) -> None:
    """Broken details, of a proxy for instance, do no further harm."""
    assert refused_by(error, "x.Y") is None
