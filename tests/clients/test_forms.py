"""Messages and prompts in the forms of providers: the clients read and write them alike."""

import base64
import json
import re
import subprocess
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from agent_memory_client._operations.messages import from_message, to_messages
from agent_memory_client.models import MemoryPromptResponse
from tests.clients.conftest import built
from tests.unit.client.test_content import FORMS
from tests.unit.client.test_prompt_forms import ANTHROPIC, GEMINI, PLAIN

pytestmark = pytest.mark.clients

CONVERSATIONS: list[list[dict[str, Any]]] = [
    *([came] for came, *_ in FORMS.values()),
    *(PLAIN, ANTHROPIC, GEMINI),
    [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Hello"}],
]


def spelled(value: Any) -> Any:
    """Spell bytes as JSON."""
    return {"$base64": base64.b64encode(value).decode()}


def plain(value: Any, *, name: str = "") -> Any:
    """Leave out what languages spell differently: JSON within a text, and names within Gemini's."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        if value.keys() == {"$base64"}:
            return value["$base64"]
        return {snake(key): plain(each, name=key) for key, each in value.items()}
    if isinstance(value, str) and name in {"arguments", "content", "original"}:
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    return value


def snake(name: str) -> str:
    """Spell a name of JavaScript as Python does."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda found: f"_{found[0].lower()}", name)


def python_reads(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What Python's client makes of messages."""
    sent = to_messages(messages)
    prompt = MemoryPromptResponse(
        messages=messages, long_term_memories=[], standing=[], report=[], tokens=0
    )
    gemini = prompt.for_gemini()
    if "system_instruction" in gemini:
        gemini["config"] = {"systemInstruction": gemini.pop("system_instruction")}
    return {
        "sent": [MessageToDict(message) for message in sent],
        "back": [from_message(message).original for message in sent],
        "openai": prompt.for_openai()["messages"],
        "anthropic": prompt.for_anthropic(),
        "gemini": gemini,
    }


@pytest.mark.parametrize("language", ["typescript"])
def test_clients_read_and_write_the_forms_of_providers_alike(language: str) -> None:
    """What is sent, what comes back, and the prompt for the next call."""
    done = subprocess.run(
        ["node", "build/forms.js"],
        cwd=built(language),
        input=json.dumps(CONVERSATIONS, default=spelled),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert len(answers) == len(CONVERSATIONS)
    for messages, answer in zip(CONVERSATIONS, answers, strict=True):
        expected = json.loads(json.dumps(python_reads(messages), default=spelled))
        assert plain(answer) == plain(expected), messages
