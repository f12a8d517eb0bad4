"""Answers that the gateway makes itself, in the shape of the services' own errors."""

import base64
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

from google.protobuf import duration_pb2, json_format
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.embedded.gateway.json_bodies import IS_TOO_LARGE, MAX_HEADER_KIBIBYTES

# An access log filter of Envoy, which its replies are told apart by.
_Filter: TypeAlias = dict[str, Any]

_DOMAIN = "agent-memory"
_RETRY = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1))


class _Meaning(NamedTuple):
    """Error that an answer made by Envoy stands for: no service has seen the request.

    Attributes:
        code: the code of gRPC.
        reason: the reason in its ErrorInfo.
        message: for people; `_ENVOYS_OWN` is what Envoy says itself.
        metadata: of the ErrorInfo.
    """

    code: int
    reason: "ErrorReason.ValueType"
    message: str
    metadata: Mapping[str, str] = {}


# What the scripts and the transcoder say, which names the field; a script makes a status of it.
_ENVOYS_OWN = "%LOCAL_REPLY_BODY%"
_SAID = "x-agent-memory-said"
_NAMES_THE_FIELD = "response.code_details.matches('^lua_response|grpc_json_transcode_failure')"
_NEVER_UPGRADED = "a connection is never upgraded"
_NO_UPGRADE = "response.code_details == 'upgrade_failed'"
_TOO_BUSY = "response.code_details == 'overload'"

_UNREADABLE = _Meaning(
    code_pb2.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INVALID_FIELD,
    "the request is not a valid HTTP request of this interface",
)
_NAMED_FIELD = _UNREADABLE._replace(message=_ENVOYS_OWN)
_FAILED = _Meaning(
    code_pb2.INTERNAL, ErrorReason.ERROR_REASON_INTERNAL, "the request cannot be answered"
)
_NOT_SERVED = _Meaning(
    code_pb2.UNIMPLEMENTED,
    ErrorReason.ERROR_REASON_UNIMPLEMENTED,
    "no method is served under this host and path",
)
_UNREACHABLE = _Meaning(
    code_pb2.UNAVAILABLE,
    ErrorReason.ERROR_REASON_DEPENDENCY_UNAVAILABLE,
    "the service cannot be reached",
)
_BUSY = _Meaning(
    code_pb2.RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_OVERLOADED, "the gateway is busy"
)
_MEANINGS = {
    400: _UNREADABLE,
    403: _Meaning(
        code_pb2.PERMISSION_DENIED,
        ErrorReason.ERROR_REASON_ACCESS_DENIED,
        "pages of this origin may not call",
    ),
    404: _NOT_SERVED,
    405: _NOT_SERVED,
    408: _Meaning(
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "the request did not arrive in time",
    ),
    413: _Meaning(
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
        "the request is too large; send less at a time",
    ),
    426: _UNREADABLE._replace(message="HTTP/1.1 or HTTP/2 is needed"),
    429: _BUSY,
    431: _Meaning(
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
        "the path or the headers are too large",
        {"message": "headers", "max_bytes": str(MAX_HEADER_KIBIBYTES * 1024)},
    ),
    500: _FAILED._replace(message="the answer cannot be sent as JSON; ask for less"),
    501: _UNREADABLE._replace(message="this transfer encoding is not understood"),
    502: _UNREACHABLE,
    503: _UNREACHABLE,
    504: _Meaning(
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "the time allowed for the call ran out",
    ),
}
_RETRIABLE = frozenset({code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED})

# The transcoder turns a JSON request into gRPC on its way and notes where it came from.
_LOOKS_GRPC = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
_NOT_GRPC = {**_LOOKS_GRPC, "invert_match": True, "treat_missing_header_as_empty": True}
_TRANSCODED = {"name": "x-envoy-original-path", "present_match": True}
_NOT_TRANSCODED = {**_TRANSCODED, "invert_match": True}


def local_replies(max_request_bytes: int) -> dict[str, Any]:
    """Return the local replies of the gateway as a `google.rpc.Status` with its details.

    Callers of gRPC get it in the trailer, callers of JSON as the body.
    """
    too_large = {"message": "request", "max_bytes": str(max_request_bytes)}
    meanings = {**_MEANINGS, 413: _MEANINGS[413]._replace(metadata=too_large)}
    # The first that fits holds.
    cases: list[tuple[list[_Filter], int, _Meaning]] = [
        ([_because(_NAMES_THE_FIELD), _answer(400)], 400, _NAMED_FIELD),
        ([_because(_NO_UPGRADE)], 400, _UNREADABLE._replace(message=_NEVER_UPGRADED)),
        ([_because(_TOO_BUSY)], 429, _BUSY),
        ([_because(IS_TOO_LARGE), _answer(408)], 413, meanings[413]),
        *(([_answer(http)], http, meaning) for http, meaning in meanings.items()),
        ([_answer(500, "GE")], 500, _FAILED),
        ([_answer(400, "GE")], 400, _UNREADABLE),
    ]
    return {
        "mappers": [
            {"status_code": http, **mapper}
            for fits, http, meaning in cases
            for mapper in (_for_json(fits, meaning), _for_grpc(fits, meaning))
        ]
    }


def refusal_script(descriptors: bytes) -> str:
    """Return Lua code for Envoy that says which field of a JSON request is at fault."""
    code = resources.files(__package__).joinpath("refusal.lua").read_text()
    (info,) = _json(_status(_UNREADABLE))["details"]
    pool = FileDescriptorSet.FromString(descriptors)
    enums = ", ".join(f'["{name}"] = true' for file in pool.file for name in _enums(file))
    return f"local INFO = '{json.dumps(info)}'\nlocal ENUMS = {{{enums}}}\n\n{code}"


def _enums(scope: FileDescriptorProto | DescriptorProto, package: str = "") -> Iterator[str]:
    """Yield the full names of the enumerations in a file or a message."""
    if isinstance(scope, FileDescriptorProto):
        package, children = scope.package, scope.message_type
    else:
        package, children = f"{package}.{scope.name}", scope.nested_type
    yield from (f"{package}.{enum.name}" for enum in scope.enum_type)
    for child in children:
        yield from _enums(child, package)


def _for_json(fits: list[_Filter], meaning: _Meaning) -> dict[str, Any]:
    from_json = {"or_filter": {"filters": [_request(_NOT_GRPC), _request(_TRANSCODED)]}}
    if meaning.message == _ENVOYS_OWN:
        return {
            "filter": {"and_filter": {"filters": [*fits, from_json]}},
            "body_format_override": {
                "text_format_source": {"inline_string": _ENVOYS_OWN},
                "content_type": "application/json",
            },
            "headers_to_add": [_header(_SAID, "1")],
        }
    return {
        "filter": {"and_filter": {"filters": [*fits, from_json]}},
        "body_format_override": {"json_format": _json(_status(meaning))},
    }


def _for_grpc(fits: list[_Filter], meaning: _Meaning) -> dict[str, Any]:
    said = _UNREADABLE.message if meaning.message == _ENVOYS_OWN else meaning.message
    status = _bytes(_status(meaning._replace(message=said)))
    is_grpc = [_request(_LOOKS_GRPC), _request(_NOT_TRANSCODED)]
    # Code, message and details must say the same, or clients refuse to read the details.
    return {
        "filter": {"and_filter": {"filters": [*fits, *is_grpc]}},
        "body_format_override": {"text_format_source": {"inline_string": said}},
        "headers_to_add": [
            _header("grpc-status", str(meaning.code)),
            _header("grpc-status-details-bin", base64.b64encode(status).decode().rstrip("=")),
        ],
    }


def _header(name: str, value: str) -> dict[str, Any]:
    return {
        "header": {"key": name, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def _because(expression: str) -> _Filter:
    kind = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {"@type": kind, "expression": expression},
        }
    }


def _request(header: dict[str, Any]) -> _Filter:
    return {"header_filter": {"header": header}}


def _answer(http: int, op: str = "EQ") -> _Filter:
    value = {"default_value": http, "runtime_key": "unused"}
    return {"status_code_filter": {"comparison": {"op": op, "value": value}}}


def _status(meaning: _Meaning) -> status_pb2.Status:
    reason = ErrorReason.Name(meaning.reason).removeprefix("ERROR_REASON_")
    info = error_details_pb2.ErrorInfo(reason=reason, domain=_DOMAIN, metadata=meaning.metadata)
    details: list[Message] = [info]
    if meaning.code in _RETRIABLE:
        details.append(_RETRY)
    status = status_pb2.Status(code=meaning.code, message=meaning.message)
    for detail in details:
        status.details.add().Pack(detail, deterministic=True)
    return status


def _bytes(message: Message) -> bytes:
    """Return the bytes of a message, always in the same order."""
    return message.SerializeToString(deterministic=True)


def _json(message: Message) -> Any:
    """Return the message as JSON with sorted keys, because maps have no order of their own."""
    return json.loads(json_format.MessageToJson(message, sort_keys=True))
