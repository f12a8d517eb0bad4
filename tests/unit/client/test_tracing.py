"""A call as a span of the application's trace."""

import asyncio

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata
from opentelemetry.trace import SpanKind, StatusCode

from agent_memory_client import _status
from agent_memory_client._status import traced
from tests.support.traced import Traced

PATH = "/agent_memory.working_memory.v1.WorkingMemoryService/AppendMessages"


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Traced:
    """An application that has an SDK."""
    application = Traced()
    monkeypatch.setattr(_status, "_TRACER", application.tracer)
    return application


def test_a_call_is_a_span_that_its_metadata_continues(application: Traced) -> None:
    """Named after the method, as the conventions want it."""
    with traced(PATH) as metadata:
        pass
    span = application.span(PATH[1:])
    assert dict(metadata)["traceparent"].split("-")[2] == f"{span.context.span_id:016x}"
    assert span.kind is SpanKind.CLIENT
    assert span.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": PATH[1:],
        "rpc.response.status_code": "OK",
    }


def test_a_refusal_is_named_but_not_quoted(application: Traced) -> None:
    """Its text is for the caller alone."""
    refusal = AioRpcError(grpc.StatusCode.NOT_FOUND, Metadata(), Metadata(), "no session alice")
    with pytest.raises(AioRpcError), traced(PATH):
        raise refusal
    span = application.span(PATH[1:])
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "NOT_FOUND"
    assert "alice" not in span.to_json()


@pytest.mark.parametrize("end", [asyncio.CancelledError, GeneratorExit])
def test_a_call_that_is_given_up_has_not_failed(
    application: Traced, end: type[BaseException]
) -> None:
    """To leave a stream is how a watch ends."""
    with pytest.raises(end), traced(PATH):
        raise end
    span = application.span(PATH[1:])
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes is not None
    assert span.attributes["rpc.response.status_code"] == "CANCELLED"
