"""Messages of a conversation."""

import json
from typing import Any

from pydantic import Field, field_validator, model_validator

from agent_memory_client.models.base import Model
from agent_memory_client.models.times import UtcDatetime


class ToolCall(Model):
    """A call that a model asks the application to make.

    OpenAI's nested form `{"id", "type", "function": {"name", "arguments"}}` is understood too.
    """

    id: str
    name: str
    arguments: str = Field(default="", description="As the model wrote them, usually JSON.")

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not (isinstance(value, dict) and isinstance(value.get("function"), dict)):
            return value
        outer = {key: item for key, item in value.items() if key not in {"function", "type"}}
        return outer | value["function"]

    @field_validator("arguments", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, dict) else value

    def as_openai(self) -> dict[str, Any]:
        """The call as chat APIs take it."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


class MemoryMessage(Model):
    """One message.

    Without an id, the server takes a message that equals one already in view, in role, content
    and order, for that message; so a history may be sent again as a whole.
    """

    role: str = Field(description="`user`, `assistant`, `system`, `tool` or a role of your own.")
    content: str = Field(
        default="",
        description="What is said; a message without content and tool calls is not sent.",
    )
    id: str | None = Field(default=None, description="Identifies the message within its session.")
    name: str | None = Field(default=None, description="The speaker, where speakers have names.")
    tool_calls: list[ToolCall] = Field(default_factory=list)
    tool_call_id: str | None = Field(
        default=None, description="The call that a `tool` message answers."
    )
    created_at: UtcDatetime | None = Field(
        default=None, description="When it was said; absent means when the server received it."
    )
    recalled: bool = Field(
        default=False, description="Put there from memory: shown, but nothing is extracted from it."
    )
    sequence: int | None = Field(
        default=None, description="Position in the log. Set by the server."
    )

    @field_validator("content", mode="before")
    @classmethod
    def _no_content(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("tool_calls", mode="before")
    @classmethod
    def _no_tool_calls(cls, value: Any) -> Any:
        return [] if value is None else value
