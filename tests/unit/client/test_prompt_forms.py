"""Prompts in the form that the next call to each provider takes."""

import json
from typing import Any

import pytest

from agent_memory_client.models import MemoryPromptResponse

CALL = {"id": "c", "type": "function", "function": {"name": "clock", "arguments": '{"zone":"UTC"}'}}
PLAIN: list[dict[str, Any]] = [
    {"role": "system", "content": "They met."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "content": "noon", "tool_call_id": "c"},
    {"role": "system", "content": "User likes tea."},
    {"role": "user", "content": "What now?"},
]
USED = {"type": "tool_use", "id": "c", "name": "clock", "input": {"zone": "UTC"}}
ANTHROPIC: list[dict[str, Any]] = [
    {"role": "user", "content": "Hello"},
    {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "?", "signature": "s"}, USED],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "c", "content": "noon"}],
    },
    {"role": "system", "content": "User likes tea."},
    {"role": "user", "content": "What now?"},
]
GEMINI: list[dict[str, Any]] = [
    {"role": "user", "parts": [{"text": "Hello"}]},
    {"role": "model", "parts": [{"function_call": {"name": "clock", "args": {"zone": "UTC"}}}]},
    {
        "role": "user",
        "parts": [{"function_response": {"name": "clock", "response": {"result": "noon"}}}],
    },
    {"role": "system", "content": "User likes tea."},
    {"role": "user", "content": "What now?"},
]
IMAGE = "data:image/png;base64,aGVsbG8="


def prompt(*messages: dict[str, Any]) -> MemoryPromptResponse:
    """A prompt of messages."""
    return MemoryPromptResponse(
        messages=list(messages), long_term_memories=[], standing=[], report=[], tokens=0
    )


@pytest.mark.parametrize("given", [PLAIN, ANTHROPIC, GEMINI], ids=["openai", "anthropic", "gemini"])
def test_instructions_come_first_or_apart(given: list[dict[str, Any]]) -> None:
    """Wherever they stood in the prompt, and no matter who wrote the history."""
    made = prompt(*given)
    first, *rest = made.for_openai()["messages"]
    assert first["role"] == "system"
    assert first["content"].endswith("User likes tea.")
    assert all(message["role"] != "system" for message in rest)
    assert made.for_anthropic()["system"] == first["content"]
    assert made.for_gemini()["system_instruction"] == first["content"]
    assert {each["role"] for each in made.for_anthropic()["messages"]} == {"user", "assistant"}
    assert {each["role"] for each in made.for_gemini()["contents"]} == {"user", "model"}
    assert rest[-1] == {"role": "user", "content": "What now?"}


def test_openai_gets_calls_and_answers_as_it_writes_them() -> None:
    """What came so stays as it is; blocks of others become messages."""
    assert prompt(*PLAIN).for_openai()["messages"][1:] == [
        each for each in PLAIN if each["role"] != "system"
    ]
    for given in (ANTHROPIC, GEMINI):
        _, _, asks, answers, _ = prompt(*given).for_openai()["messages"]
        assert asks["content"] is None
        assert json.loads(asks["tool_calls"][0]["function"]["arguments"]) == {"zone": "UTC"}
        assert (answers["role"], answers["content"].count("noon")) == ("tool", 1)
        assert answers["tool_call_id"] == asks["tool_calls"][0]["id"]


def test_anthropic_gets_answers_of_tools_in_the_turn_behind_the_calls() -> None:
    """With what the user says next; its own blocks stay, other models' reasoning goes."""
    result = {"type": "tool_result", "tool_use_id": "c", "content": "noon"}
    last = {"role": "user", "content": [result, {"type": "text", "text": "What now?"}]}
    hello = {"role": "user", "content": "Hello"}
    assert prompt(*PLAIN).for_anthropic() == {
        "system": "They met.\n\nUser likes tea.",
        "messages": [hello, {"role": "assistant", "content": [USED]}, last],
    }
    assert prompt(*ANTHROPIC).for_anthropic()["messages"] == [hello, ANTHROPIC[1], last]


def test_gemini_gets_the_function_with_its_answer() -> None:
    """Which other providers name by the call alone."""
    for given in (PLAIN, ANTHROPIC, GEMINI):
        _, asks, answers = prompt(*given).for_gemini()["contents"]
        assert asks == GEMINI[1]
        assert answers["parts"] == [*GEMINI[2]["parts"], {"text": "What now?"}]


def test_media_go_to_each_in_its_own_form() -> None:
    """As bytes, in base64, or as a data URL; an address stays one."""
    shown = prompt(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": IMAGE}},
                {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
            ],
        }
    )
    blocks = shown.for_anthropic()["messages"][0]["content"]
    assert [block["source"] for block in blocks[1:]] == [
        {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="},
        {"type": "url", "url": "https://a.example/b.png"},
    ]
    parts = shown.for_gemini()["contents"][0]["parts"]
    assert parts[1] == {"inline_data": {"mime_type": "image/png", "data": b"hello"}}
    assert parts[2]["file_data"]["file_uri"] == "https://a.example/b.png"
    back = prompt(*shown.for_anthropic()["messages"]).for_openai()["messages"][0]
    assert back == shown.messages[0]
    drawn = prompt({**shown.messages[0], "role": "assistant", "stop_reason": "end_turn"})
    assert drawn.for_openai()["messages"] == [{"role": "assistant", "content": "Look"}]


def test_a_history_that_begins_with_the_assistant_is_taken_by_all() -> None:
    """Not every provider lets the model begin, or takes a turn that says nothing."""
    given = prompt(
        {"role": "assistant", "content": "Hi"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "Hello"},
    )
    assert [each["role"] for each in given.for_anthropic()["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
    assert "system" not in given.for_anthropic()
    assert "system_instruction" not in given.for_gemini()
