"""Faults in an answer, whichever way it came."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory_services.kit.contract.errors import DOMAIN
from agent_memory_services.kit.contract.status import CODES

_UNFORESEEN = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
# Nobody stops what these speak of.
_THERE = frozenset({"STORE_UNAVAILABLE", "DEPENDENCY_UNAVAILABLE", "SHUTTING_DOWN", "CANCELLED"})
# What is too large to be read is refused by the library, which knows no details.
_TOO_LARGE_TO_READ = "SERVER: Received message larger than max"
_NUMBERS = {code.value[0]: code for code in grpc.StatusCode}
_ELEMENT = re.compile(r'([a-z_0-9]+)((?:\[(?:[0-9]+|true|false|"(?:[^"\\]|\\.)*")\])?)(?:\.|$)')


def refusal_faults(status: Status, request: Descriptor | None) -> Iterator[str]:
    """Faults of a refusal: its code, its one reason, the fields that it names."""
    code = _NUMBERS.get(status.code)
    infos = list(_unpacked(status, ErrorInfo))
    if not infos and status.message.startswith(_TOO_LARGE_TO_READ):
        return
    if len(infos) != 1:
        yield f"{len(infos)} ErrorInfo, {code and code.name}: {generic(status.message)}"
        return
    if code in _UNFORESEEN or code is None:
        yield f"code {code.name if code else status.code}"
    reason = f"ERROR_REASON_{infos[0].reason}"
    if infos[0].domain != DOMAIN or reason not in ErrorReason.keys():  # noqa: SIM118 - no mapping
        yield f"reason {infos[0].domain}/{infos[0].reason} is not of the catalogue"
    elif CODES[ErrorReason.Value(reason)] is not code:
        yield f"code {code and code.name} for {infos[0].reason}"
    if infos[0].reason in _THERE:
        yield f"{infos[0].reason} of what is there"
    for bad_request in _unpacked(status, BadRequest):
        for violation in bad_request.field_violations:
            if request is not None and not names_field(request, violation.field):
                yield f"no field {generic(violation.field)} in {request.name}"


def unnamed_fields(status: Status) -> Iterator[str]:
    """The fault of a refused field that is not named."""
    if any(info.reason == "INVALID_FIELD" for info in _unpacked(status, ErrorInfo)):
        named = [each for found in _unpacked(status, BadRequest) for each in found.field_violations]
        if not named:
            yield "INVALID_FIELD names no field"


def json_status(body: Any) -> Status:
    """The status in a JSON error.

    Raises:
        ValueError: it is none.
    """
    try:
        return ParseDict(body, Status())
    except (ParseError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(str(error)) from None


def answer_faults(answers: Iterable[Message]) -> Iterator[str]:
    """Faults of the refusals of single items that stand in answers."""
    for answer in answers:
        for status in _statuses(answer):
            if status.code:
                yield from (f"item: {fault}" for fault in refusal_faults(status, None))


def names_field(kind: Descriptor, path: str) -> bool:
    """Whether a path leads to a field of a message; the empty one is the message itself."""
    inner: Descriptor | None = kind
    at = 0
    while at < len(path) and not path.startswith("\u2026", at):
        found = _ELEMENT.match(path, at)
        if found is None:
            # A path that was cut ends anywhere.
            return path.endswith("\u2026")
        field = None if inner is None else inner.fields_by_name.get(found[1])
        if field is None:
            return False
        if found[2] and not field.is_repeated:
            return False
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry and found[2].startswith('["'):
            # An entry whose key is no text is named by its position, and so stays an entry.
            inner = inner.fields_by_name["value"].message_type
        at = found.end()
    return True


def generic(path: str) -> str:
    """A path or a message without what differs from call to call."""
    return re.sub(r"\[[^\]]*\]|[0-9]+", "~", path)[:60]


def _unpacked(status: Status, kind: Any) -> Iterator[Any]:
    for detail in status.details:
        if detail.Is(kind.DESCRIPTOR):
            message = kind()
            detail.Unpack(message)
            yield message


def _statuses(message: Message) -> Iterator[Status]:
    if isinstance(message, Status):
        yield message
        return
    for field, held in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for child in held if field.is_repeated else [held]:
            yield from _statuses(child)
