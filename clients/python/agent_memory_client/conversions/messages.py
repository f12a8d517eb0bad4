"""Messages of a conversation."""

from collections.abc import Iterable, Mapping
from typing import Any

from agent_memory.common.v1 import message_pb2
from agent_memory_client.conversions.scalars import from_timestamp, to_optional_timestamp
from agent_memory_client.models.messages import MemoryMessage, ToolCall
from agent_memory_client.validation import build


def to_messages(
    messages: Iterable[MemoryMessage | Mapping[str, Any]], path: str = "messages"
) -> list[message_pb2.Message]:
    """Messages, written as models or as dictionaries, for the server.

    One that says nothing is left out: a model that only calls tools answers without content, and
    applications store that answer like any other.

    Raises:
        MemoryValidationError: A dictionary is no message; names its position.
    """
    built = [build(MemoryMessage, message, f"{path}[{n}]") for n, message in enumerate(messages)]
    return [_to_message(message) for message in built if message.content or message.tool_calls]


def from_message(message: message_pb2.Message) -> MemoryMessage:
    """A message from the server."""
    return MemoryMessage(
        role=message.role,
        content=message.content,
        id=message.id or None,
        name=message.name or None,
        tool_calls=[from_tool_call(call) for call in message.tool_calls],
        tool_call_id=message.tool_call_id or None,
        created_at=from_timestamp(message, "create_time"),
        recalled=message.recalled,
        sequence=message.sequence or None,
    )


def from_tool_call(call: message_pb2.ToolCall) -> ToolCall:
    """A call that a model asked for."""
    return ToolCall(id=call.id, name=call.name, arguments=call.arguments)


def _to_message(message: MemoryMessage) -> message_pb2.Message:
    return message_pb2.Message(
        id=message.id or "",
        role=message.role,
        content=message.content,
        name=message.name or "",
        tool_calls=[
            message_pb2.ToolCall(id=call.id, name=call.name, arguments=call.arguments)
            for call in message.tool_calls
        ],
        tool_call_id=message.tool_call_id or "",
        create_time=to_optional_timestamp(message.created_at),
        recalled=message.recalled,
    )
