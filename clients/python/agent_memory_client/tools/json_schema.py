"""JSON Schema as models understand it best: no references, no titles, no null branches."""

from typing import Any

from pydantic import BaseModel

_NOISE = {"title", "$defs"}


def parameters_of(arguments: type[BaseModel]) -> dict[str, Any]:
    """The schema of a tool's arguments."""
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
