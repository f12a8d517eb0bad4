"""Messages, in the form of the contracts, in that of the client, and in that of their providers.

A message that came in a provider's form is kept as JSON beside its fields. What a field holds
stands there as a reference, so that nothing is stored twice:

- `{"$ref": "parts.0.text"}` is the value of a field. With `"$as"` it is spelled otherwise:
  `"json"` is the JSON that the text spells, or an object that has it as `output` where it was
  shortened and spells none, `"utf-8"` the text of bytes, `"base64"` their base64,
  and `"data:...;base64,"` a data URL.
- `{"$bytes": "..."}` is bytes, in base64.
- `{"$literal": {...}}` is an object that itself has one of these keys.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from agent_memory.common.v1 import message_pb2
from agent_memory.working_memory.v1 import working_memory_pb2
from agent_memory_client import _values, models
from agent_memory_client._types import build, items
from agent_memory_client.errors import invalid
from agent_memory_client.models._content import spelled

_Kept: TypeAlias = message_pb2.Message | working_memory_pb2.PromptMessage
_MARKS: Final = frozenset({"$ref", "$bytes", "$literal"})
_WORTH_A_REFERENCE: Final = 32
_DEEPEST: Final = 100
_OUTPUT: Final = "output"


def to_messages(
    messages: Iterable[models.MemoryMessage | Mapping[str, Any]], path: str = "messages"
) -> list[message_pb2.Message]:
    """Convert messages, written as models, as dictionaries, or as a chat API's SDK writes them.

    One that says nothing is left out, unless it is the answer of a tool: a model that only calls
    tools answers without content, and applications store that answer like any other.

    Raises:
        MemoryValidationError: A dictionary is no message; names its position.
    """
    built = [
        (build(models.MemoryMessage, message, f"{path}[{n}]"), f"{path}[{n}]")
        for n, message in enumerate(items(messages, path))
    ]
    return [_to_message(message, at) for message, at in built if _says_something(message)]


def _says_something(message: models.MemoryMessage) -> bool:
    said = message.content or message.tool_calls or message.parts
    return bool(said or message.role == "tool" or message.tool_call_id)


def _to_message(message: models.MemoryMessage, path: str) -> message_pb2.Message:
    sent = message_pb2.Message(
        id=message.id or "",
        role=message.role,
        content=message.content,
        name=message.name or "",
        tool_calls=[_to_call(call) for call in message.tool_calls],
        tool_call_id=message.tool_call_id or "",
        create_time=_values.to_optional_timestamp(message.created_at),
        recalled=message.recalled,
        skip_extraction=message.skip_extraction,
        parts=map(_to_part, message.parts),
    )
    if message.original is not None:
        sent.original = _Speller(sent, path).spell(message.original)
    return sent


def _to_call(call: models.ToolCall) -> message_pb2.ToolCall:
    return message_pb2.ToolCall(id=call.id, name=call.name, arguments=call.arguments)


def _to_part(part: models.ContentPart) -> message_pb2.ContentPart:
    value: Any
    match part.kind:
        case "image" | "audio" | "file":
            media = part.media or models.Media()
            value = message_pb2.Media(**media.model_dump())
        case "tool_use":
            value = _to_call(part.tool_use) if part.tool_use else message_pb2.ToolCall()
        case "tool_result":
            result = part.tool_result or models.ToolResult()
            value = message_pb2.ToolResult(**result.model_dump())
        case _:
            value = part.text
    return message_pb2.ContentPart(**{part.kind: value})


def from_message(message: message_pb2.Message) -> models.MemoryMessage:
    """Read a message."""
    return models.MemoryMessage(
        role=message.role,
        content=message.content,
        id=message.id or None,
        name=message.name or None,
        tool_calls=[from_tool_call(call) for call in message.tool_calls],
        tool_call_id=message.tool_call_id or None,
        created_at=_values.from_timestamp(message, "create_time"),
        recalled=message.recalled,
        skip_extraction=message.skip_extraction,
        parts=[part for each in message.parts if (part := _from_part(each))],
        original=restored(message),
        sequence=message.sequence or None,
        whole_bytes=message.whole_bytes or None,
    )


def from_tool_call(call: message_pb2.ToolCall) -> models.ToolCall:
    """Read a call that a model asked for."""
    return models.ToolCall(id=call.id, name=call.name, arguments=call.arguments)


def _from_part(part: message_pb2.ContentPart) -> models.ContentPart | None:
    """Read a part; none of a kind that a newer server knows."""
    match part.WhichOneof("kind"):
        case "image" | "audio" | "file" as kind:
            media: message_pb2.Media = getattr(part, kind)
            read = models.Media(
                uri=media.uri, data=media.data, media_type=media.media_type, name=media.name
            )
            return models.ContentPart(kind=kind, media=read)
        case "tool_use":
            return models.ContentPart(kind="tool_use", tool_use=from_tool_call(part.tool_use))
        case "tool_result":
            given = part.tool_result
            result = models.ToolResult(
                tool_call_id=given.tool_call_id,
                name=given.name,
                content=given.content,
                is_error=given.is_error,
            )
            return models.ContentPart(kind="tool_result", tool_result=result)
        case "text" | "refusal" | "reasoning" | "other" as kind:
            return models.ContentPart(kind=kind, text=getattr(part, kind))
        case _:
            return None


class _Speller:
    """Speller of a provider's message as JSON that refers to the fields of ours."""

    def __init__(self, message: message_pb2.Message, path: str) -> None:
        self._path = path
        self._texts: dict[str, str] = {}
        self._bytes: dict[bytes, str] = {}
        self._base64: dict[str, str] = {}
        for number, part in enumerate(message.parts):
            self._note_part(f"parts.{number}", part)
        for number, call in enumerate(message.tool_calls):
            self._note(f"tool_calls.{number}.arguments", call.arguments)
        if not message.parts:
            self._note("content", message.content)

    def spell(self, original: Mapping[str, Any]) -> str:
        """Spell the message.

        Raises:
            MemoryValidationError: It is not JSON, bytes aside; names its value.
        """
        value = self._encoded(original, self._path, 0)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def _note(self, path: str, text: str) -> None:
        if len(text) >= _WORTH_A_REFERENCE:
            self._texts.setdefault(text, path)

    def _note_part(self, path: str, part: message_pb2.ContentPart) -> None:
        kind = part.WhichOneof("kind") or ""
        value = getattr(part, kind)
        if isinstance(value, str):
            self._note(f"{path}.{kind}", value)
        elif isinstance(value, message_pb2.ToolCall):
            self._note(f"{path}.{kind}.arguments", value.arguments)
        elif isinstance(value, message_pb2.ToolResult):
            self._note(f"{path}.{kind}.content", value.content)
        elif len(value.data) >= _WORTH_A_REFERENCE:
            self._bytes[value.data] = f"{path}.{kind}.data"
            self._base64[base64.b64encode(value.data).decode()] = f"{path}.{kind}.data"

    def _encoded(self, value: Any, path: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise invalid(path[:80], f"is nested deeper than {_DEEPEST} levels")
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes | bytearray):
            return self._data(bytes(value))
        if isinstance(value, float):
            if value - value != 0:
                raise invalid(path, f"{value} is not JSON")
            return value
        if isinstance(value, Mapping):
            return self._object(value, path, depth)
        if isinstance(value, list | tuple):
            return [self._encoded(each, f"{path}[{n}]", depth + 1) for n, each in enumerate(value)]
        raise invalid(path, f"{type(value).__name__} is not JSON")

    def _object(self, value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
        if depth and self._texts:
            for text in (spelled(value), _shortened(value)):
                if text in self._texts:
                    return {"$ref": self._texts[text], "$as": "json"}
        fields: dict[str, Any] = {}
        for key, each in value.items():
            if not isinstance(key, str):
                raise invalid(path, "has a key that is no text")
            fields[key] = self._encoded(each, f"{path}.{key}", depth + 1)
        return {"$literal": fields} if _MARKS & fields.keys() else fields

    def _text(self, text: str) -> Any:
        if len(text) < _WORTH_A_REFERENCE:
            return str.__str__(text)
        if found := self._texts.get(text):
            return {"$ref": found}
        if found := self._base64.get(text):
            return {"$ref": found, "$as": "base64"}
        head, comma, tail = text.partition(",")
        if comma and (found := self._base64.get(tail)):
            return {"$ref": found, "$as": f"{head},"}
        if self._bytes and (found := self._bytes.get(text.encode())):
            return {"$ref": found, "$as": "utf-8"}
        return str.__str__(text)

    def _data(self, data: bytes) -> Any:
        if found := self._bytes.get(data):
            return {"$ref": found}
        return {"$bytes": base64.b64encode(data).decode()}


def restored(message: _Kept) -> dict[str, Any] | None:
    """Answer a message as its provider writes it; none where it did not come so.

    One that another client wrote, and that refers to what the message has not, counts as none.
    """
    if not message.original:
        return None
    try:
        read = _decoded(json.loads(message.original), message)
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _decoded(value: Any, message: _Kept) -> Any:
    if isinstance(value, list):
        return [_decoded(each, message) for each in value]
    if not isinstance(value, dict):
        return value
    if "$literal" in value:
        return {key: _decoded(each, message) for key, each in value["$literal"].items()}
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$ref" in value:
        return _read_as(value.get("$as", ""), _field(message, value["$ref"]))
    return {key: _decoded(each, message) for key, each in value.items()}


def _field(message: _Kept, path: str) -> Any:
    found: Any = message
    for name in path.split("."):
        found = found[int(name)] if name.isdigit() else getattr(found, name)
    if not isinstance(found, str | bytes):
        raise TypeError(path)
    return found


def _read_as(form: str, value: Any) -> Any:
    spell: Callable[[Any], Any] | None = _FORMS.get(form)
    return spell(value) if spell else form + base64.b64encode(value).decode()


def _spelled_by(text: str) -> Any:
    """Read the JSON that a text spells; a shortened answer spells none, and is an output still."""
    try:
        return json.loads(text)
    except ValueError:
        return {_OUTPUT: text}


def _shortened(value: Mapping[Any, Any]) -> str | None:
    """Answer the text that `_spelled_by` read as a shortened answer, if it is one."""
    text = value.get(_OUTPUT) if len(value) == 1 else None
    return text if isinstance(text, str) and _spelled_by(text) == value else None


_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "": lambda value: value,
    "json": _spelled_by,
    "utf-8": bytes.decode,
    "base64": lambda value: base64.b64encode(value).decode(),
}
