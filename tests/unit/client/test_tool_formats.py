"""Reading a provider's tool calls."""

import pytest
from openai.types.chat import ChatCompletionMessageFunctionToolCall

from agent_memory_client import MemoryValidationError
from agent_memory_client.tools._arguments import read_arguments
from agent_memory_client.tools._calls import read_tool_call

NESTED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}


@pytest.mark.parametrize(
    "call",
    [
        NESTED,
        ChatCompletionMessageFunctionToolCall.model_validate(NESTED),
        {"id": "c", "name": "f", "arguments": '{"x": 1}'},
        {"id": "c", "function_call": {"name": "f", "arguments": '{"x": 1}'}},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}},
        {"type": "tool_call", "id": "c", "name": "f", "args": {"x": 1}},
        {"tool_call_id": "c", "name": "f", "parameters": {"x": 1}},
    ],
    ids=["openai", "openai-object", "plain", "openai-legacy", "anthropic", "langchain", "generic"],
)
def test_every_form_says_the_same(call: object) -> None:
    """Name, arguments and id are found wherever the provider puts them."""
    read = read_tool_call(call)
    assert (read.name, read.call_id) == ("f", "c")
    assert read_arguments(read.arguments) == {"x": 1}


@pytest.mark.parametrize("call", [None, 7, "f", {}, {"name": ""}, {"function": {"name": 1}}])
def test_what_is_no_call_is_refused(call: object) -> None:
    """A call has to name its function."""
    with pytest.raises(MemoryValidationError):
        read_tool_call(call)


@pytest.mark.parametrize("given", [None, "", "{}", b"{}", {}, "null", '"{}"', "None"])
def test_no_arguments_are_an_empty_object(given: object) -> None:
    """Absent arguments are none, in every form."""
    assert read_arguments(given) == {}


@pytest.mark.parametrize("given", ["{", "[]", "3", 3, [("x", 1)], "find me food"])
def test_broken_arguments_are_never_empty_ones(given: object) -> None:
    """A model that writes broken JSON learns so."""
    with pytest.raises(MemoryValidationError):
        read_arguments(given)
