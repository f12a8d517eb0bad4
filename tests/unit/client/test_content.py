"""Messages as chat APIs and their SDKs write them."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessage
from openai.types.responses import ResponseOutputMessage

from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory_client import MemoryMessage, MemoryValidationError
from agent_memory_client._operations.messages import from_message, to_messages
from agent_memory_client._operations.prompts import from_prompt

PICTURE = bytes(range(256))
BASE64 = base64.b64encode(PICTURE).decode()
TEXT = "A text that is long enough to be stored once and not twice."
CUT = '{"out": "' + "x" * 40 + " [... 960 of 1011 bytes are not shown ...]"
ASKED = "What a model asks a tool for, in so many words."
OUTPUT = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
NESTED = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
DUMPED: dict[str, Any] = {"refusal": None, "annotations": [], "audio": None, "function_call": None}

# What came, its role, its text, and the kinds of its parts where it has some.
FORMS: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "openai-text": (
        {"role": "user", "content": [{"type": "text", "text": TEXT}]},
        "user",
        TEXT,
        [],
    ),
    "openai-image": (
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Mine."},
                {"type": "image_url", "image_url": {"url": "https://example.com/r.jpg"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}},
            ],
        },
        "user",
        "Mine.",
        ["text", "image", "image"],
    ),
    "openai-audio-and-file": (
        {
            "role": "user",
            "content": [
                {"type": "input_audio", "input_audio": {"data": BASE64, "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
        "user",
        "",
        ["audio", "file"],
    ),
    "openai-dump": (
        {"role": "assistant", "content": "Hi", **DUMPED, "tool_calls": None},
        "assistant",
        "Hi",
        [],
    ),
    "openai-refusal": (
        {"role": "assistant", "content": None, **DUMPED, "refusal": "I cannot help with that."},
        "assistant",
        "I cannot help with that.",
        ["refusal"],
    ),
    "openai-call-with-index": (
        {"role": "assistant", "content": "", "tool_calls": [{"index": 0, **NESTED}]},
        "assistant",
        "",
        [],
    ),
    "openai-tool-answer": (
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "15 C"}]},
        "tool",
        "15 C",
        [],
    ),
    "deepseek-reasoning": (
        {"role": "assistant", "content": "Paris", "reasoning_content": TEXT},
        "assistant",
        "Paris",
        ["reasoning", "text"],
    ),
    "responses-message": (
        {
            "type": "message",
            "id": "m",
            "role": "assistant",
            "status": "completed",
            "content": [OUTPUT],
        },
        "assistant",
        TEXT,
        [],
    ),
    "responses-call": (
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": "fc"},
        "assistant",
        "",
        ["tool_use"],
    ),
    "responses-answer": (
        {"type": "function_call_output", "call_id": "c", "output": TEXT},
        "tool",
        TEXT,
        [],
    ),
    "responses-reasoning": (
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": TEXT}]},
        "assistant",
        "",
        ["reasoning"],
    ),
    "responses-search": (
        {"type": "web_search_call", "id": "ws", "action": {"query": "x"}},
        "assistant",
        "",
        ["other"],
    ),
    "anthropic-tool-use": (
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": TEXT, "signature": "s" * 80},
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"q": ASKED}},
            ],
        },
        "assistant",
        "Let me look.",
        ["reasoning", "text", "tool_use"],
    ),
    "anthropic-tool-result": (
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": TEXT,
                    "is_error": True,
                },
                {"type": "text", "text": "I am vegan."},
            ],
        },
        "user",
        "I am vegan.",
        ["tool_result", "text"],
    ),
    "anthropic-image-and-document": (
        {
            "role": "user",
            "content": [
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
                    "cache_control": {"type": "ephemeral"},
                },
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": TEXT},
                    "title": "Notes",
                },
            ],
        },
        "user",
        "",
        ["image", "file"],
    ),
    "gemini": (
        {
            "role": "model",
            "parts": [
                {"text": TEXT, "thought": True, "inline_data": None},
                {"text": "Here.", "thought": None},
                {"inline_data": {"data": PICTURE, "mime_type": "image/png"}},
                {
                    "function_call": {"id": None, "name": "f", "args": {"q": ASKED}},
                    "thought_signature": b"\x00\xff",
                },
            ],
        },
        "assistant",
        "Here.",
        ["reasoning", "text", "image", "tool_use"],
    ),
    "gemini-answer": (
        {"role": "user", "parts": [{"function_response": {"name": "f", "response": {"a": 1}}}]},
        "user",
        "",
        ["tool_result"],
    ),
    "langchain": (
        {"type": "human", "content": "Hi", "additional_kwargs": {}, "id": None},
        "user",
        "Hi",
        [],
    ),
    "keys-of-ours": (
        {"role": "user", "content": [{"$ref": "content"}, {"$bytes": 1}, {"$literal": []}]},
        "user",
        "",
        ["other", "other", "other"],
    ),
}


@pytest.mark.parametrize(("came", "role", "text", "kinds"), FORMS.values(), ids=FORMS)
def test_a_message_is_read_kept_and_given_back_as_it_came(
    came: dict[str, Any], role: str, text: str, kinds: list[str]
) -> None:
    """Through the contract's form, as often as it goes there."""
    (sent,) = to_messages([came])
    assert (sent.role, sent.content) == (role, text)
    assert [part.WhichOneof("kind") for part in sent.parts] == kinds
    read = from_message(sent)
    assert read.as_given() == came
    assert to_messages([read]) == to_messages([read.model_dump()]) == [sent]
    assert sent.SerializeToString().count(TEXT.encode()) <= 1 + (text == TEXT and bool(kinds))
    assert sent.SerializeToString().count(ASKED.encode()) <= 1
    assert BASE64.encode() not in sent.SerializeToString()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.binary()
        | st.just(TEXT)
        | st.just(BASE64),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(max_size=3)
                | st.sampled_from(
                    ["type", "text", "content", "source", "data", "$ref", "image_url"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).filter(lambda content: isinstance(content, list))
)
def test_whatever_stands_in_a_content_comes_back(content: list[Any]) -> None:
    """Parts that no provider knows yet are kept like any other."""
    came = {"role": "assistant", "content": content, "unheard_of": content}
    for sent in to_messages([came]):
        assert from_message(sent).as_given() == came


def test_objects_of_sdks_are_read_as_their_dumps() -> None:
    """An answer may be appended as the SDK returned it."""
    openai = ChatCompletionMessage(role="assistant", content="Hi")
    item = ResponseOutputMessage.model_validate(FORMS["responses-message"][0])
    for each, text in ((openai, "Hi"), (item, TEXT)):
        (sent,) = to_messages([each])  # type: ignore[list-item]
        assert to_messages([each.model_dump()]) == [sent]
        assert sent.content == text


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"role": "user", "contnet": "hi"}, "messages[0].contnet"),
        ({"role": "user", "content": "hi", "recaled": True}, "messages[0].recaled"),
        ({"role": "user", "content": [{"a": object()}]}, "messages[0].content[0].a"),
        ({"role": "user", "content": [float("nan")]}, "messages[0].content[0]"),
        ({"content": [{"type": "text", "text": "hi"}]}, "messages[0].role"),
    ],
)
def test_what_is_no_message_is_refused_by_its_path(wrong: dict[str, Any], path: str) -> None:
    """A field that is misspelt is not taken for a provider's."""
    with pytest.raises(MemoryValidationError) as refused:
        to_messages([wrong])
    assert refused.value.field_violations[0].field == path


def test_an_answer_of_a_tool_is_sent_though_it_is_empty() -> None:
    """Providers refuse a history in which a call has no answer."""
    given: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": "c", "content": None},
        {"role": "user", "content": ""},
    ]
    assert [message.role for message in to_messages(given)] == ["tool"]


def test_a_prompt_has_messages_as_their_provider_takes_them() -> None:
    """Fields that only an answer has are left out, and so are empty ones."""
    names = ("openai-dump", "openai-image", "anthropic-tool-use", "gemini", "responses-message")
    sent = to_messages([FORMS[name][0] for name in names])
    lines = [
        wm.PromptMessage(role=m.role, content=m.content, parts=m.parts, original=m.original)
        for m in sent
    ]
    answered = from_prompt(rpc.BuildMemoryPromptResponse(messages=lines)).messages
    assert answered[0] == {"role": "assistant", "content": "Hi"}
    assert answered[1:4] == [FORMS[name][0] for name in names[1:4]]
    assert answered[4]["content"] == [OUTPUT]


def test_what_another_client_wrote_wrongly_is_no_original() -> None:
    """A reference to nothing does not make a session unreadable."""
    (sent,) = to_messages([{"role": "user", "content": "hi"}])
    for wrong in ('{"a": {"$ref": "parts.9.text"}}', "[]", "{", '{"a": {"$bytes": 1}}'):
        sent.original = wrong
        assert from_message(sent) == MemoryMessage(role="user", content="hi")


def test_a_shortened_answer_keeps_the_form_of_its_provider() -> None:
    """What is left of a text that was JSON is an output; the call has its answer all the same."""
    answer = {"name": "f", "response": {"out": "x" * 1000}}
    came = {"role": "user", "parts": [{"function_response": answer}]}
    (sent,) = to_messages([came])
    sent.parts[0].tool_result.content = CUT
    read = from_message(sent)
    [part] = read.as_given()["parts"]
    assert part["function_response"]["response"] == {"output": CUT}
    assert to_messages([read]) == [sent]


def test_a_message_with_bytes_can_be_spelled_as_json() -> None:
    """For applications that write their history into a file."""
    (sent,) = to_messages([FORMS["openai-image"][0]])
    read = from_message(sent)
    assert MemoryMessage.model_validate(json.loads(read.model_dump_json())) == read
