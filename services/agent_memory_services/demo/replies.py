"""What a scripted model is asked, and what it can answer."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """A call that came in.

    Attributes:
        path: Where it went, such as `/v1/chat/completions`.
        headers: With lower-case names.
        body: The JSON object.
    """

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The messages of a chat call."""
        messages: Sequence[Mapping[str, Any]] = self.body.get("messages", [])
        return messages

    @property
    def last_text(self) -> str:
        """What the last message says."""
        content = self.messages[-1].get("content") if self.messages else ""
        return content if isinstance(content, str) else ""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema that the answer must fit, where the call names one."""
        form = self.body.get("response_format") or {}
        schema: Mapping[str, Any] | None = (form.get("json_schema") or {}).get("schema")
        return schema


@dataclass(frozen=True, slots=True)
class Say:
    """Answer a text; a `finish_reason` of `length` says that it was cut off.

    `usage` is how many tokens were read and written; nothing lets callers count themselves.
    """

    text: str
    finish_reason: str = "stop"
    usage: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the application to call its tools, each with its arguments."""

    tools: Sequence[tuple[str, Mapping[str, Any]]]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer an error status, and perhaps how many seconds to wait."""

    status: int
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Garbage:
    """Answer bytes that are no completion, under a status that says all is well."""

    body: bytes = b"<html>Bad Gateway</html>"


@dataclass(frozen=True, slots=True)
class Drip:
    """Answer well, but a few bytes at a time, this many seconds apart."""

    text: str
    seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection without an answer."""


Reply = Say | Call | Refuse | Garbage | Drip | Hang | Close
Rule = Callable[[Request], Reply]


def agree(request: Request) -> Reply:
    """The smallest answer that fits the request."""
    if request.schema is not None:
        return Say(orjson.dumps(_smallest(request.schema)).decode())
    return Say("OK")


def completion(request: Request, reply: Say | Call) -> dict[str, Any]:
    """The body of a `/chat/completions` answer."""
    number = next(_numbers)
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if isinstance(reply, Call):
        message["tool_calls"] = [
            {
                "id": f"call_{number}_{position}",
                "type": "function",
                "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
            }
            for position, (name, arguments) in enumerate(reply.tools)
        ]
    reason = "tool_calls" if isinstance(reply, Call) else reply.finish_reason
    usage = (0, 0) if isinstance(reply, Call) else reply.usage
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        },
    }


_numbers = itertools.count(1)


def _smallest(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a schema, as far as structured output goes."""
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "null")
    kind = kinds if isinstance(kinds, str) else "null" if "null" in kinds else kinds[0]
    if kind == "object":
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {name: _smallest(properties[name]) for name in schema.get("required", [])}
    empty: dict[str, Any] = {
        "array": [],
        "string": "",
        "integer": 0,
        "number": 0,
        "boolean": False,
        "null": None,
    }
    return empty[kind]
