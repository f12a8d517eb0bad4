"""Tool schemas: plain lists and dictionaries that a provider's SDK takes as they are."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Self


class ToolSchema(dict[str, Any]):
    """One tool, in OpenAI's form or in Anthropic's; a dictionary with a few methods."""

    @property
    def _body(self) -> dict[str, Any]:
        """Where name and description stand: OpenAI nests them."""
        nested: dict[str, Any] | None = self.get("function")
        return self if nested is None else nested

    @property
    def name(self) -> str:
        """The name the model calls."""
        return str(self._body["name"])

    @property
    def description(self) -> str:
        """What the model reads about the tool."""
        return str(self._body["description"])

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        parameters: dict[str, Any] = self._body.get("parameters") or self._body["input_schema"]
        return parameters

    def set_name(self, name: str) -> Self:
        """Rename the tool; its calls must be resolved under the old name."""
        self._body["name"] = name
        return self

    def set_description(self, description: str) -> Self:
        """Tell the model something else about the tool."""
        self._body["description"] = description
        return self

    def set_parameter_description(self, parameter: str, description: str) -> Self:
        """Tell the model something else about a parameter.

        Raises:
            KeyError: The tool has no such parameter.
        """
        self.parameters["properties"][parameter]["description"] = description
        return self

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary of its own."""
        return deepcopy(dict(self))

    def copy(self) -> "ToolSchema":
        """A schema of its own, at every depth."""
        return ToolSchema(self.to_dict())


class ToolSchemaCollection(list[ToolSchema]):
    """Several tools; a list with a few methods."""

    def __init__(self, schemas: Iterable[ToolSchema] = ()) -> None:
        super().__init__(schemas)

    def get_by_name(self, name: str) -> ToolSchema | None:
        """The tool of a name, where there is one."""
        return next((schema for schema in self if schema.name == name), None)

    def names(self) -> list[str]:
        """The names of the tools."""
        return [schema.name for schema in self]

    def set_name(self, old_name: str, new_name: str) -> Self:
        """Rename a tool; its calls must be resolved under the old name.

        Raises:
            KeyError: There is no such tool.
        """
        self._existing(old_name).set_name(new_name)
        return self

    def set_description(self, name: str, description: str) -> Self:
        """Tell the model something else about a tool.

        Raises:
            KeyError: There is no such tool.
        """
        self._existing(name).set_description(description)
        return self

    def to_list(self) -> list[dict[str, Any]]:
        """A plain list of plain dictionaries."""
        return [schema.to_dict() for schema in self]

    def copy(self) -> "ToolSchemaCollection":
        """A collection of its own, at every depth."""
        return ToolSchemaCollection(schema.copy() for schema in self)

    def _existing(self, name: str) -> ToolSchema:
        if (schema := self.get_by_name(name)) is None:
            raise KeyError(name)
        return schema
