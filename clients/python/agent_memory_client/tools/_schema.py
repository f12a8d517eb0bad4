"""Tool schemas: plain lists and dictionaries that a provider's SDK takes as they are."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Self

from pydantic import BaseModel

_NOISE = {"title", "$defs"}


class ToolSchema(dict[str, Any]):
    """One tool, in OpenAI's form or in Anthropic's; a dictionary with a few methods."""

    @property
    def _body(self) -> dict[str, Any]:
        """Find the object of name and description: OpenAI nests it."""
        nested: dict[str, Any] | None = self.get("function")
        return self if nested is None else nested

    @property
    def name(self) -> str:
        """Name that the model calls."""
        return str(self._body["name"])

    @property
    def description(self) -> str:
        """Text that the model reads about the tool."""
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
        """Copy to a plain dictionary."""
        return deepcopy(dict(self))

    def copy(self) -> "ToolSchema":
        """Copy at every depth."""
        return ToolSchema(self.to_dict())


class ToolSchemaCollection(list[ToolSchema]):
    """Several tools; a list with a few methods."""

    def __init__(self, schemas: Iterable[ToolSchema] = ()) -> None:
        super().__init__(schemas)

    def get_by_name(self, name: str) -> ToolSchema | None:
        """Find the tool of a name, where there is one."""
        return next((schema for schema in self if schema.name == name), None)

    def names(self) -> list[str]:
        """List the names of the tools."""
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
        """Copy to a plain list of plain dictionaries."""
        return [schema.to_dict() for schema in self]

    def copy(self) -> "ToolSchemaCollection":
        """Copy at every depth."""
        return ToolSchemaCollection(schema.copy() for schema in self)

    def _existing(self, name: str) -> ToolSchema:
        if (schema := self.get_by_name(name)) is None:
            raise KeyError(name)
        return schema


def parameters_of(arguments: type[BaseModel]) -> dict[str, Any]:
    """Make the schema of a tool's arguments."""
    schema = arguments.model_json_schema()
    plain = _plain(schema, schema.get("$defs", {}))
    # Its docstring speaks to readers of this code, not to a model.
    plain.pop("description", None)
    return {"type": "object", "properties": {}} | plain


def _plain(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _plain(definitions[node["$ref"].rpartition("/")[2]] | rest, definitions)
    if "anyOf" in node:
        (option,) = (item for item in node["anyOf"] if item != {"type": "null"})
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        return _plain(option | rest, definitions)
    return {
        key: _deeper(key, value, definitions)
        for key, value in node.items()
        if key not in _NOISE and not (key == "default" and value is None)
    }


def _deeper(key: str, value: Any, definitions: dict[str, Any]) -> Any:
    if key == "properties":
        return {name: _plain(node, definitions) for name, node in value.items()}
    return _plain(value, definitions) if isinstance(value, dict) else value
