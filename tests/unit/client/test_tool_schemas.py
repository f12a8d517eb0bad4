"""Schemas of the tools, as a provider's SDK gets them."""

import inspect
import json
from typing import Any

import pytest

from agent_memory_client import MemoryAPIClient, ToolSchema
from agent_memory_client._async.tools import HANDLERS
from agent_memory_client.tools._definitions import OTHER_NAMES, TOOLS, ToolSchemaMethods

NAMES = [
    "search_memory",
    "get_or_create_working_memory",
    "lazily_create_long_term_memory",
    "update_working_memory_data",
    "get_long_term_memory",
    "eagerly_create_long_term_memory",
    "edit_long_term_memory",
    "delete_long_term_memories",
    "get_current_datetime",
]
SINGLE = [
    name
    for name, _ in inspect.getmembers(ToolSchemaMethods, callable)
    if name.endswith(("_schema", "_schema_anthropic"))
]


def test_all_tools_are_a_plain_list() -> None:
    """A real list of real dictionaries, which JSON takes as they are."""
    schemas = MemoryAPIClient.get_all_memory_tool_schemas()
    assert isinstance(schemas, list)
    assert all(isinstance(schema, dict) for schema in schemas)
    assert json.loads(json.dumps(schemas)) == schemas.to_list()
    assert schemas.names() == NAMES


def test_the_anthropic_form_holds_the_same_tools() -> None:
    """Names and arguments agree in both forms."""
    openai = MemoryAPIClient.get_all_memory_tool_schemas()
    anthropic = MemoryAPIClient.get_all_memory_tool_schemas_anthropic()
    for ours, theirs in zip(openai, anthropic, strict=True):
        assert set(theirs) == {"name", "description", "input_schema"}
        assert (ours.name, ours.parameters) == (theirs.name, theirs.parameters)
        assert ours["function"]["parameters"] == theirs["input_schema"]


@pytest.mark.parametrize("name", SINGLE)
def test_each_tool_has_a_schema_of_its_own(name: str) -> None:
    """On the class and on an instance, under every name."""
    schema = getattr(MemoryAPIClient, name)()
    assert isinstance(schema, ToolSchema)
    assert schema == getattr(MemoryAPIClient(), name)()
    assert schema.name in NAMES
    assert ("input_schema" in schema) == name.endswith("_anthropic")


def test_the_names_callers_know_are_there() -> None:
    """The predecessor's names and the plain ones give the same tool."""
    client = MemoryAPIClient
    assert client.search_long_term_memory_tool_schema() == client.get_memory_search_tool_schema()
    assert (
        client.create_long_term_memories_tool_schema()
        == client.get_eagerly_create_long_term_memory_tool_schema()
    )


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_schemas_are_simple_enough_for_every_model(tool: Any) -> None:
    """No references, no titles, no null branches; every parameter is described."""
    parameters = tool.for_openai().parameters
    text = json.dumps(parameters)
    assert "$ref" not in text
    assert '"title"' not in text
    assert "anyOf" not in text
    assert "null" not in text
    assert parameters["type"] == "object"
    assert parameters["additionalProperties"] is False
    assert all("description" in field for field in parameters["properties"].values())


def test_what_a_model_may_not_say_is_no_parameter() -> None:
    """Owner and place of a memory are set by the application."""
    for name in ("edit_long_term_memory", "eagerly_create_long_term_memory"):
        text = json.dumps(TOOLS[name].for_openai())
        assert "user_id" not in text
        assert "namespace" not in text
        assert "message" not in json.dumps(TOOLS[name].for_openai().parameters)


def test_every_tool_has_a_handler() -> None:
    """Schemas and resolver know the same tools."""
    assert set(HANDLERS) == set(TOOLS)
    assert set(OTHER_NAMES.values()) <= set(TOOLS)


def test_schemas_can_be_changed_without_changing_the_next() -> None:
    """Descriptions and names are the caller's own, at every depth."""
    schemas = MemoryAPIClient.get_all_memory_tool_schemas()
    kept = schemas.copy()
    schemas.set_description("search_memory", "Look it up.").set_name("search_memory", "recall")
    recall = schemas.get_by_name("recall")
    assert recall is not None
    recall.set_parameter_description("query", "What?")
    copied = recall.copy().set_name("other")
    assert recall.description == "Look it up."
    assert recall.parameters["properties"]["query"]["description"] == "What?"
    assert (copied.name, recall.name) == ("other", "recall")
    assert kept == MemoryAPIClient.get_all_memory_tool_schemas()
    assert schemas.get_by_name("search_memory") is None
    with pytest.raises(KeyError):
        schemas.set_name("search_memory", "again")
