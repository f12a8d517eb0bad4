"""Every Python block of the page on frameworks runs, with the framework that it is about."""

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.models.test import TestModel

GUIDE = Path(__file__).parents[3] / "docs/integrations.md"
MULTILINE = re.MULTILINE | re.DOTALL
SECTIONS = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", GUIDE.read_text(), MULTILINE)
# The blocks of a section follow each other.
PROGRAMS = {
    title: "\n".join(re.findall(r"^```python\n(.*?)^```$", body, MULTILINE))
    for title, body in SECTIONS
}
PRINTED = {
    "LangGraph": "I am vegetarian\n[('alice', 'notes')]",
    "LangChain": "User likes tea",
    "OpenAI Agents": "Noted.",
    "Pydantic AI": "remembered",
    "Anthropic's memory tool": "diet.md",
    "Google ADK": "User likes tea\nI live in Lyon. {'user:diet': 'vegan'}",
    "Strands": "User likes tea",
    "Microsoft Agent Framework": "Noted.",
}


def model_of(title: str) -> Any:
    """A model as the framework of a section has it."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        if title == "OpenAI Agents":
            return __import__("test_openai_agents").Scripted()
        if title == "Microsoft Agent Framework":
            return __import__("test_microsoft_agents").Scripted()
    finally:
        sys.path.pop(0)
    return TestModel(call_tools=[], custom_output_text="What is remembered.")


def test_every_section_is_tried() -> None:
    """And no block is anywhere else."""
    assert set(PROGRAMS) == set(PRINTED)
    assert all(PROGRAMS.values())


@pytest.mark.parametrize("title", PRINTED)
async def test_a_section_does_what_it_says(
    title: str, url: str, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the address of the tests' stack, and names of its own."""
    source = PROGRAMS[title].replace("http://localhost:8000", url)
    for name in ("alice", "chat-1", "trip-1", "ms-1"):
        source = source.replace(f'"{name}"', f'"{name}-{unique}"')
    code = compile(source, str(GUIDE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"__name__": "guide", "model": model_of(title)}
    running = eval(code, names)
    if inspect.isawaitable(running):
        await running
    assert PRINTED[title] in capsys.readouterr().out.replace(f"-{unique}", "")
