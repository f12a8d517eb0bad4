"""The answer to a tool call."""

from typing import Any


class ToolCallResult(dict[str, Any]):
    """What a tool call did; a dictionary that serializes to JSON, with its keys as properties.

    `formatted_response` is what to send back to the model: it holds the memories themselves, or
    says what went wrong.
    """

    @property
    def success(self) -> bool:
        """Whether the tool did what was asked."""
        return bool(self["success"])

    @property
    def function_name(self) -> str:
        """The tool that was called, by the name the model used."""
        return str(self["function_name"])

    @property
    def result(self) -> Any:
        """What the tool answered, as JSON; none after an error."""
        return self["result"]

    @property
    def error(self) -> str | None:
        """What went wrong; none after a success."""
        error: str | None = self["error"]
        return error

    @property
    def formatted_response(self) -> str:
        """The answer in words, for the model."""
        return str(self["formatted_response"])

    @property
    def tool_call_id(self) -> str | None:
        """The provider's id of the call, where it has one."""
        return self.get("tool_call_id")

    @classmethod
    def succeeded(cls, function_name: str, result: Any, text: str) -> "ToolCallResult":
        """The answer of a tool that did what was asked."""
        return cls(
            success=True,
            function_name=function_name,
            result=result,
            error=None,
            formatted_response=text,
        )

    @classmethod
    def failed(cls, function_name: str, error: str) -> "ToolCallResult":
        """The answer of a tool that could not do what was asked."""
        return cls(
            success=False,
            function_name=function_name,
            result=None,
            error=error,
            formatted_response=f"The tool failed: {error}",
        )
