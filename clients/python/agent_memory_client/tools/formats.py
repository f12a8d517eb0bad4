"""Tool calls as the providers write them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_memory_client.errors import MemoryValidationError

_ARGUMENT_KEYS = ("arguments", "input", "args", "parameters")


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    """A call that a model asks for, whoever's model it is."""

    name: str
    arguments: Any
    call_id: str | None


def read_tool_call(call: Any) -> ToolCallRequest:
    """Read a call of OpenAI (new and old form), Anthropic, LangChain or the plain form.

    Args:
        call: A mapping, or an object of the provider's SDK.

    Raises:
        MemoryValidationError: It names no function.
    """
    content = _as_mapping(call)
    inner = _as_mapping(content.get("function") or content.get("function_call") or content)
    name = inner.get("name")
    if not isinstance(name, str) or not name:
        raise MemoryValidationError("the tool call names no function")
    arguments = next((inner[key] for key in _ARGUMENT_KEYS if key in inner), None)
    call_id = content.get("id") or content.get("tool_call_id") or content.get("call_id")
    return ToolCallRequest(name, arguments, call_id if isinstance(call_id, str) else None)


def read_arguments(arguments: Any) -> dict[str, Any]:
    """The arguments as a dictionary, from one or from JSON; none at all are an empty one.

    Raises:
        MemoryValidationError: They are not a JSON object.
    """
    if arguments is None or arguments == "":
        return {}
    if isinstance(arguments, str | bytes):
        try:
            arguments = json.loads(arguments)
        except ValueError as error:
            raise MemoryValidationError(f"the arguments are not JSON: {error}") from error
    if not isinstance(arguments, Mapping):
        raise MemoryValidationError("the arguments are not a JSON object")
    return dict(arguments)


def _as_mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if callable(dump := getattr(value, "model_dump", None)):
        dumped: Mapping[str, Any] = dump()
        return dumped
    raise MemoryValidationError(f"a {type(value).__name__} is no tool call")
