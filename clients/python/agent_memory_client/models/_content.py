"""Parts of messages, and how messages of chat APIs and their SDKs are read.

OpenAI (chat completions and responses), Anthropic, Gemini and LangChain are understood. What is
none of a part's kinds is kept as `other`: nothing that a provider adds makes a message unfit.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeAlias, TypeGuard

from pydantic import ConfigDict, Field, field_validator, model_validator

from agent_memory_client import _types

PartKind: TypeAlias = Literal[
    "text", "image", "audio", "file", "refusal", "tool_use", "tool_result", "reasoning", "other"
]


class ToolCall(_types.Model):
    """A call that a model asks the application to make.

    OpenAI's nested form `{"id", "type", "function": {"name", "arguments"}}` is understood too.
    """

    id: _types.Text
    name: _types.Text
    arguments: _types.Text = Field(default="", description="As the model wrote them, usually JSON.")

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        nested = isinstance(value, Mapping) and any(
            isinstance(value.get(name), Mapping) for name in _WRAPPERS
        )
        return read_call(value) if nested else value

    @field_validator("arguments", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        try:
            return json.dumps(value)
        except (TypeError, RecursionError) as error:
            raise ValueError(f"is not JSON: {error}") from error

    def as_openai(self) -> dict[str, Any]:
        """Convert the call to the form that chat APIs take."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


class ToolResult(_types.Model):
    """The answer to a call."""

    tool_call_id: _types.Text = ""
    name: _types.Text = Field(default="", description="The function, where that is repeated.")
    content: _types.Text = Field(default="", description="Its text; a tool may answer nothing.")
    is_error: bool = False


class Media(_types.Model):
    """An image, a recording or a document, by its address or its bytes."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    uri: _types.Text = ""
    data: bytes = b""
    media_type: _types.Text = Field(default="", description="Such as `image/png`.")
    name: _types.Text = Field(default="", description="The file's name.")


class ContentPart(_types.Model):
    """A part of a message: its kind, and the field of that kind."""

    kind: PartKind
    text: _types.Text = Field(
        default="",
        description="What is said, refused or reasoned; of `other` the provider's name of it.",
    )
    media: Media | None = None
    tool_use: ToolCall | None = None
    tool_result: ToolResult | None = None


_LONGEST_URI: Final = 8192
_LONGEST_ID: Final = 256
_TEXTS: Final = frozenset({"text", "input_text", "output_text", "summary_text"})
_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_text"})
_MEDIA: Final[Mapping[str, PartKind]] = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "audio": "audio",
    "input_audio": "audio",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "media": "file",
    "video": "file",
}
_NESTED: Final = ("source", "image_url", "input_audio", "file", "audio")
_URIS: Final = ("url", "uri", "file_uri", "fileUri", "image_url", "file_url", "file_id")
_BYTES: Final = ("data", "base64", "file_data", "image")
_TYPES: Final = ("media_type", "mime_type", "mediaType", "mimeType")
_NAMES: Final = ("filename", "title", "display_name", "displayName")
_CALLS: Final = frozenset({"function_call", "custom_tool_call", "tool_use", "tool_call"})
_CALL_FIELDS: Final = frozenset({"id", "name", "arguments"})
_WRAPPERS: Final = ("function", "custom")
_ROLES: Final[Mapping[str, str]] = {
    "human": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "function",
}
_OWN: Final = frozenset({"created_at", "recalled", "sequence", "skip_extraction", "whole_bytes"})
"""Fields of a message that no provider's form has, and that stay what they are."""
_SAYING: Final = frozenset({"content", "parts", "tool_calls", "refusal", "audio", "function_call"})


def read_message(given: Mapping[str, Any], fields: frozenset[str]) -> Mapping[str, Any]:
    """Read a message into a model's fields; one that has none but these is answered as it is.

    Args:
        given: The message, in a provider's form or in the model's.
        fields: The names of the model's fields.
    """
    if _is_ours(given, fields):
        return given
    message = {key: value for key, value in given.items() if key in _OWN}
    message["original"] = {key: value for key, value in given.items() if key not in _OWN}
    if _is_text(identity := given.get("id")) and 0 < len(identity) <= _LONGEST_ID:
        message["id"] = identity
    if _is_text(given.get("name")) and "call_id" not in given:
        message["name"] = given["name"]
    kind = given.get("type")
    if "role" not in given and isinstance(kind, str) and kind not in _ROLES:
        return message | _read_item(given, kind)
    role = given.get("role") or _ROLES.get(str(kind), "user" if "parts" in given else None)
    if role is not None:
        message["role"] = "assistant" if role == "model" and "parts" in given else role
    calls = given.get("tool_calls") or ()
    message["tool_calls"] = [read_call(each) for each in calls if isinstance(each, Mapping)]
    if _is_text(answered := given.get("tool_call_id")):
        message["tool_call_id"] = answered
    elif role == "function" and _is_text(given.get("name")):
        message["tool_call_id"] = given["name"]
    return message | _told(list(_read_parts(given)))


def _is_ours(given: Mapping[str, Any], fields: frozenset[str]) -> bool:
    if isinstance(given.get("content"), list | tuple):
        return False
    if any(isinstance(part, Mapping) and "kind" not in part for part in _list(given.get("parts"))):
        return False
    if any(map(_is_more_than_a_call, _list(given.get("tool_calls")))):
        return False
    unknown = given.keys() - fields
    if not unknown or any(get_close_matches(str(key), _OWN, 1, 0.85) for key in unknown):
        return True
    # A misspelt message that says nothing is no message of anybody.
    return "type" not in unknown and not _SAYING & given.keys()


def _is_more_than_a_call(call: Any) -> bool:
    if not isinstance(call, Mapping):
        return False
    if not isinstance(call.get("function"), Mapping):
        return not call.keys() <= _CALL_FIELDS
    outer = call.keys() <= {"id", "type", "function"} and call.get("id") is not None
    inner: Mapping[str, Any] = call["function"]
    plain = inner.keys() <= _CALL_FIELDS and isinstance(inner.get("arguments"), str)
    return not (outer and plain)


def _told(parts: list[ContentPart]) -> dict[str, Any]:
    """Make the fields of what is said; a plain text alone needs no parts."""
    if len(parts) == 1 and parts[0].kind == "text":
        return {"content": parts[0].text}
    return {"content": text_of(parts), "parts": parts}


def text_of(parts: Iterable[ContentPart]) -> str:
    """Put together what parts say, roughly as the server does."""
    return "\n".join(part.text for part in parts if part.kind in {"text", "refusal"} and part.text)


def _read_parts(given: Mapping[str, Any]) -> Iterator[ContentPart]:
    """Read the parts of a message, among them those that stand beside its content."""
    for name in ("reasoning_content", "reasoning"):
        if _is_text(given.get(name)):
            yield ContentPart(kind="reasoning", text=given[name])
    content = given.get("parts" if "parts" in given else "content")
    for part in _list(content) if not isinstance(content, str) else [content]:
        yield _read_part(part)
    if _is_text(given.get("refusal")):
        yield ContentPart(kind="refusal", text=given["refusal"])
    if isinstance(audio := given.get("audio"), Mapping):
        if _is_text(audio.get("transcript")):
            yield ContentPart(kind="text", text=audio["transcript"])
        yield _media("audio", {**audio, "file_id": audio.get("id")}, "audio")
    if isinstance(call := given.get("function_call"), Mapping):
        yield _call(call, "function_call")


def _read_item(given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Read an item of OpenAI's responses that is no message."""
    if kind == "reasoning":
        texts = [*_list(given.get("summary")), *_list(given.get("content"))]
        said = "\n".join(filter(None, map(_text, texts)))
        return {"role": "assistant", "parts": [ContentPart(kind="reasoning", text=said)]}
    if kind.endswith("_output") and _is_text(given.get("call_id")):
        output = given.get("output")
        read = map(_read_part, [output] if isinstance(output, str) else _list(output))
        parts = list(read) or [_other(kind)]
        return {"role": "tool", "tool_call_id": given["call_id"], **_told(parts)}
    part = _call(given, kind) if kind in _CALLS else _other(kind)
    return {"role": "assistant", "parts": [part]}


def _read_part(part: Any) -> ContentPart:
    """Read a part as any provider writes it."""
    if isinstance(part, str):
        return ContentPart(kind="text", text=part)
    if not isinstance(part, Mapping):
        return _other(type(part).__name__)
    kind = part.get("type")
    if not isinstance(kind, str):
        return _read_typeless(part)
    if kind in _MEDIA:
        return _media(_MEDIA[kind], part, kind)
    reader = _READERS.get(kind)
    return reader(part, kind) if reader else _other(kind)


def _other(name: str) -> ContentPart:
    return ContentPart(kind="other", text=name[: _LONGEST_ID // 4] or "part")


def _said(part: Mapping[str, Any], kind: str) -> ContentPart:
    text = part.get("text")
    return ContentPart(kind="text", text=text) if isinstance(text, str) else _other(kind)


def _refused(part: Mapping[str, Any], kind: str) -> ContentPart:
    text = part.get("refusal")
    return ContentPart(kind="refusal", text=text) if isinstance(text, str) else _other(kind)


def _reasoned(part: Mapping[str, Any], _: str) -> ContentPart:
    return ContentPart(kind="reasoning", text=_text(part))


def _answered(part: Mapping[str, Any], _: str) -> ContentPart:
    answered = part.get("tool_use_id") or part.get("tool_call_id")
    return _result(part, answered, part.get("content"))


def _read_typeless(part: Mapping[str, Any]) -> ContentPart:
    """Read a part of Gemini, which is told by the field that it has."""
    held = {key: value for key, value in part.items() if value is not None}
    if _is_text(text := held.get("text")):
        return ContentPart(kind="reasoning" if held.get("thought") else "text", text=text)
    for key, value in held.items():
        if not isinstance(value, Mapping):
            continue
        if key in {"inline_data", "inlineData", "file_data", "fileData"}:
            return _media(_kind_of(_first(value, _TYPES)), value, key)
        if key in {"function_call", "functionCall"}:
            return _call(value, key)
        if key in {"function_response", "functionResponse"}:
            return _result(value, value.get("id") or value.get("name"), value.get("response"))
    return _other(next(iter(held), ""))


def read_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """Read a call into the fields of a `ToolCall`; what it has beside them stays unread."""
    inner = next((call[key] for key in _WRAPPERS if isinstance(call.get(key), Mapping)), call)
    name = inner.get("name")
    given = [inner[key] for key in ("arguments", "args", "input") if inner.get(key) is not None]
    identity = call.get("id")
    return {
        "id": name if identity is None else identity,
        "name": name,
        "arguments": given[0] if given else "",
    }


def _call(call: Mapping[str, Any], kind: str) -> ContentPart:
    """Read a call; a provider that gives it no id answers it by its function."""
    identity = call.get("call_id") or call.get("id") or call.get("name")
    given = next((call[k] for k in ("arguments", "input", "args") if call.get(k) is not None), "")
    arguments = given if isinstance(given, str) else spelled(given)
    if not (_is_text(identity) and _is_text(call.get("name"))) or arguments is None:
        return _other(kind)
    read = ToolCall(id=identity, name=call["name"], arguments=arguments)
    return ContentPart(kind="tool_use", tool_use=read)


def _result(part: Mapping[str, Any], answered: Any, content: Any) -> ContentPart:
    """Read an answer: its text, or the texts of its parts, or its JSON."""
    if isinstance(content, list | tuple):
        text = "\n".join(filter(None, map(_text, content)))
    else:
        text = content if isinstance(content, str) else spelled(content or {}) or ""
    name = part.get("name")
    result = ToolResult(
        tool_call_id=answered if _is_text(answered) else "",
        name=name if _is_text(name) else "",
        content="" if content is None else text,
        is_error=bool(part.get("is_error")),
    )
    return ContentPart(kind="tool_result", tool_result=result)


def spelled(value: Any) -> str | None:
    """Spell a value as JSON; none where it is not JSON."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def _media(kind: PartKind, part: Mapping[str, Any], name: str) -> ContentPart:
    """Read media, wherever the part says where or what they are."""
    fields = dict(part)
    for nested in _NESTED:
        if isinstance(inner := part.get(nested), Mapping):
            fields |= inner
    media_type = _first(fields, _TYPES)
    if not media_type and (form := _first(fields, ("format",))):
        media_type = f"{kind}/{form}"
    uri, data = _first(fields, _URIS), next(filter(None, map(fields.get, _BYTES)), None)
    if uri.startswith("data:"):
        uri, data = "", uri
    if isinstance(data, str) and fields.get("type") == "text":
        content: bytes | None = data.encode()
    else:
        content = _bytes_of(data)
    if isinstance(data, str) and data.startswith("data:"):
        media_type = media_type or data[5:].partition(",")[0].partition(";")[0]
    if not content and not 0 < len(uri) <= _LONGEST_URI:
        return _other(name)
    media = Media(uri=uri, data=content or b"", media_type=media_type, name=_first(fields, _NAMES))
    return ContentPart(kind=kind, media=media)


def _bytes_of(data: Any) -> bytes | None:
    """Read bytes, or base64 with or without the head of a data URL, if it can be told again."""
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    if not isinstance(data, str):
        return None
    head, comma, tail = data.partition(",")
    text = tail if comma and head.startswith("data:") and head.endswith(";base64") else data
    try:
        read = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return read if base64.b64encode(read).decode() == text else None


def _kind_of(media_type: str) -> PartKind:
    kind = media_type.partition("/")[0]
    return "image" if kind == "image" else "audio" if kind == "audio" else "file"


def _text(part: Any) -> str:
    """Answer the text in a part, whatever its provider calls it."""
    if isinstance(part, str):
        return part
    return _first(part, ("text", "thinking", "reasoning")) if isinstance(part, Mapping) else ""


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((fields[name] for name in names if _is_text(fields.get(name))), "")


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value != ""


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [value] if isinstance(value, Mapping) else []


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], ContentPart]]] = {
    **dict.fromkeys(_TEXTS, _said),
    **dict.fromkeys(_THOUGHTS, _reasoned),
    **dict.fromkeys(_CALLS, _call),
    "refusal": _refused,
    "tool_result": _answered,
}
