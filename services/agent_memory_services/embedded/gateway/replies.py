"""What the gateway answers by itself, in the shape the services' own errors have."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf import duration_pb2, json_format
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from agent_memory.common.v1.error_reason_pb2 import ErrorReason

_DOMAIN = "agent-memory"
_RETRY = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1))


class _Meaning(NamedTuple):
    code: int
    reason: "ErrorReason.ValueType"
    message: str
    metadata: Mapping[str, str] = {}


# What an HTTP status that Envoy makes up means to a caller: no service has seen the request.
_MEANINGS = {
    400: _Meaning(
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "the request cannot be read",
    ),
    403: _Meaning(
        code_pb2.PERMISSION_DENIED,
        ErrorReason.ERROR_REASON_ACCESS_DENIED,
        "pages of this origin may not call",
    ),
    404: _Meaning(
        code_pb2.UNIMPLEMENTED,
        ErrorReason.ERROR_REASON_UNIMPLEMENTED,
        "no method is served under this host and path",
    ),
    413: _Meaning(
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
        "the request is too large; send less at a time",
    ),
    500: _Meaning(
        code_pb2.INTERNAL,
        ErrorReason.ERROR_REASON_INTERNAL,
        "the answer cannot be sent as JSON; ask for less",
    ),
    503: _Meaning(
        code_pb2.UNAVAILABLE,
        ErrorReason.ERROR_REASON_DEPENDENCY_UNAVAILABLE,
        "the service cannot be reached",
    ),
    504: _Meaning(
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "the time allowed for the call ran out",
    ),
}
# Here alone Envoy's own words help: they name the field.
_SAID_BY_ENVOY = {400: "%LOCAL_REPLY_BODY%"}

# The transcoder turns a JSON request into gRPC on its way and notes where it came from.
_LOOKS_GRPC = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
_NOT_GRPC = {**_LOOKS_GRPC, "invert_match": True, "treat_missing_header_as_empty": True}
_TRANSCODED = {"name": "x-envoy-original-path", "present_match": True}
_NOT_TRANSCODED = {**_TRANSCODED, "invert_match": True}


def local_replies(max_request_bytes: int) -> dict[str, Any]:
    """A `google.rpc.Status` with its details for every status the gateway produces itself.

    Callers of gRPC get it in the trailer, callers of JSON as the body.
    """
    too_large = {"message": "request", "max_bytes": str(max_request_bytes)}
    meanings = {**_MEANINGS, 413: _MEANINGS[413]._replace(metadata=too_large)}
    return {
        "mappers": [
            mapper
            for http, meaning in meanings.items()
            for mapper in (_for_json(http, meaning), _for_grpc(http, meaning))
        ]
    }


def _for_json(http: int, meaning: _Meaning) -> dict[str, Any]:
    from_json = {"or_filter": {"filters": [_request(_NOT_GRPC), _request(_TRANSCODED)]}}
    said = meaning._replace(message=_SAID_BY_ENVOY.get(http, meaning.message))
    return {
        "filter": {"and_filter": {"filters": [_answer(http), from_json]}},
        "body_format_override": {"json_format": _json(_status(said))},
    }


def _for_grpc(http: int, meaning: _Meaning) -> dict[str, Any]:
    status = base64.b64encode(_bytes(_status(meaning))).decode().rstrip("=")
    is_grpc = [_request(_LOOKS_GRPC), _request(_NOT_TRANSCODED)]
    return {
        "filter": {"and_filter": {"filters": [_answer(http), *is_grpc]}},
        # grpc-message and the status must say the same, or clients refuse to read the details.
        "body_format_override": {"text_format_source": {"inline_string": meaning.message}},
        "headers_to_add": [{"header": {"key": "grpc-status-details-bin", "value": status}}],
    }


def _request(header: dict[str, Any]) -> dict[str, Any]:
    return {"header_filter": {"header": header}}


def _answer(http: int) -> dict[str, Any]:
    value = {"default_value": http, "runtime_key": "unused"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _status(meaning: _Meaning) -> status_pb2.Status:
    reason = ErrorReason.Name(meaning.reason).removeprefix("ERROR_REASON_")
    info = error_details_pb2.ErrorInfo(reason=reason, domain=_DOMAIN, metadata=meaning.metadata)
    details: list[Message] = [info]
    if meaning.code == code_pb2.UNAVAILABLE:
        details.append(_RETRY)
    status = status_pb2.Status(code=meaning.code, message=meaning.message)
    for detail in details:
        status.details.add().Pack(detail, deterministic=True)
    return status


def _bytes(message: Message) -> bytes:
    """The same each time, so that the configuration is."""
    return message.SerializeToString(deterministic=True)


def _json(message: Message) -> Any:
    """The message as JSON, the same each time too: maps have no order of their own."""
    return json.loads(json_format.MessageToJson(message, sort_keys=True))
