"""Ends of calls: errors from a gRPC status and its `google.rpc` details, and spans.

Spans are part of the application's traces, which the services then continue. Without an
OpenTelemetry SDK in the application nothing is recorded and nothing is sent along.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from agent_memory_client import errors

_STATUS_TRAILER = "grpc-status-details-bin"
REQUEST_ID_HEADER = "x-request-id"
_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


class Place(NamedTuple):
    """Place that a call goes to.

    Attributes:
        service: Short name of the service, such as `working_memory`.
        url: Address of the service as the caller wrote it.
    """

    service: str
    url: str

    @property
    def setting(self) -> str:
        """The names of the settings that the address may come from."""
        return f"`base_url` or `{self.service}_address`"


def from_rpc_error(
    error: grpc.RpcError,
    sent: Mapping[str, str | bytes] | None = None,
    place: Place | None = None,
) -> errors.MemoryClientError:
    """Turn the error of a failed call into the client's.

    Args:
        error: The error of gRPC.
        sent: The metadata that the call carried.
        place: Where the call went; tells what to do where no service answered.
    """
    code = code_of(error)
    trailers = dict(_asked(error, "trailing_metadata") or ())
    status = _status(trailers.get(_STATUS_TRAILER))
    request_id = str((sent or {}).get(REQUEST_ID_HEADER, ""))
    info = _info(code, status.details, request_id)
    said = _asked(error, "details") or info.reason or code.name
    advice = _advice(code, info.reason, said, place) if place else ""
    return errors.error_for(advice or said, info)


def _advice(code: grpc.StatusCode, reason: str, said: str, place: Place) -> str:
    """Say what is wrong with an address and what to do; empty where a service has answered."""
    if code is grpc.StatusCode.UNIMPLEMENTED and reason in {"", "UNIMPLEMENTED"}:
        return (
            f"{place.url} does not serve this call of {place.service}: it is another service or an"
            f" earlier release; look at {place.setting}"
        )
    if code is not grpc.StatusCode.UNAVAILABLE or reason:
        return ""
    heard = said.lower()
    advice = next((text for mark, text in _ADVICE.items() if mark in heard), None)
    if advice is None:
        return f"{place.url} cannot be reached: look at {place.setting} ({said})"
    scheme, _, bare = place.url.rpartition("://")
    if scheme in _SECURE and "connection refused" in heard:
        # Of a host with several addresses, such as localhost, the library tells of the last alone.
        advice += "; where the server does not speak TLS, write http://{bare}"
    return advice.format(url=place.url, setting=place.setting, bare=bare)


_SECURE: Final = frozenset({"https", "grpcs"})
_ADVICE: Final[Mapping[str, str]] = {
    "wrong_version_number": "{url} does not speak TLS: write http://{bare}",
    "certificate": "the certificate of {url} is not trusted: name its authority by"
    " `ca_certificate_file`, and the host as the certificate does",
    "address lookup": "the host of {url} is not known: look at {setting}",
    "connection refused": "nothing listens at {url}: start the services (`agent-memory up`), or"
    " look at {setting}",
    "socket closed": "{url} ended the connection: a port that speaks TLS needs https://{bare}",
}
"""Advice by what gRPC says of a server that it cannot reach; of several, the first counts."""


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


_TRACER: Final = trace.get_tracer("agent_memory_client")
_CODE: Final = "rpc.response.status_code"


@contextmanager
def traced(path: str) -> Iterator[Sequence[tuple[str, str]]]:
    """Trace one call to `/package.Service/Method`; yields the metadata that continues its span."""
    method = path.removeprefix("/")
    span = _TRACER.start_span(
        method,
        kind=SpanKind.CLIENT,
        attributes={"rpc.system.name": "grpc", "rpc.method": method},
    )
    headers: dict[str, str] = {}
    propagate.inject(headers, trace.set_span_in_context(span))
    code = grpc.StatusCode.UNKNOWN
    try:
        yield [(name.lower(), value) for name, value in headers.items()]
        code = grpc.StatusCode.OK
    except grpc.RpcError as error:
        code = code_of(error)
        raise
    except (asyncio.CancelledError, GeneratorExit):
        code = grpc.StatusCode.CANCELLED
        raise
    finally:
        _end(span, code)


def _end(span: Span, code: grpc.StatusCode) -> None:
    span.set_attribute(_CODE, code.name)
    # To leave a stream or give a call up is the application's own decision, and no failure.
    if code not in {grpc.StatusCode.OK, grpc.StatusCode.CANCELLED}:
        # The text of an error may name what nobody but the caller should read.
        span.set_attribute("error.type", code.name)
        span.set_status(StatusCode.ERROR)
    span.end()
