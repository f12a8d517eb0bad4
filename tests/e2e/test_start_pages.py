"""Quick start and how-tos: every block runs as it stands against a running stack."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.stack import Stack
from tests.e2e.markdown import Block, python_blocks, run_block

DOCS = Path(__file__).parents[2] / "docs"
QUICK_START = DOCS / "quickstart.md"
CLIENT = DOCS.parent / "clients/python/README.md"
HOW_TO = DOCS / "how-to.md"
WRITTEN = "localhost:8000"
# Commands that install or start what the tests have.
_ELSEWHERE = re.compile(r"^(pip|npm|go|uvx) |agent-memory up", re.MULTILINE)


def blocks(language: str) -> dict[str, str]:
    """Blocks of a language in the quick start, by the heading that they stand under."""
    parts = re.split(r"^## (.+)$", QUICK_START.read_text(), flags=re.MULTILINE)
    found = {}
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        for source in re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if not _ELSEWHERE.search(source):
                found[title] = source
    return found


@pytest.mark.parametrize(
    ("title", "told"), [("JSON", "User is vegetarian"), ("Command line", "User is vegetarian")]
)
def test_a_shell_block_of_the_quick_start_runs(title: str, told: str, stack: Stack) -> None:
    """As it stands, in a shell that stops at the first failure."""
    assert set(blocks("sh")) == {"JSON", "Command line"}
    source = blocks("sh")[title].replace(WRITTEN, str(stack.address))
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": scripts, "AGENT_MEMORY_CLIENT_BASE_URL": f"http://{stack.address}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", source],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


def test_the_program_of_the_quick_start_prints_what_was_learned(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The prompt knows what was said."""
    source = blocks("python")["Python"].replace(WRITTEN, str(stack.address))
    exec(compile(source, str(QUICK_START), "exec"), {"__name__": "__main__"})
    assert "vegetarian" in capsys.readouterr().out


async def test_the_mcp_server_of_the_quick_start_answers(stack: Stack) -> None:
    """Started as an agent would start it from the file."""
    server = json.loads(blocks("json")["MCP"])["mcpServers"]["memory"]
    command = Path(sys.executable).with_name(server["command"])
    environment = {
        name: value.replace(WRITTEN, str(stack.address)) for name, value in server["env"].items()
    }
    parameters = StdioServerParameters(
        command=str(command), args=server["args"], env=dict(os.environ) | environment
    )
    async with Client(parameters) as client:
        stored = await client.call_tool("remember", {"memories": [{"text": "User is vegetarian"}]})
        assert not stored.is_error
        found = await client.call_tool("search_memories", {"query": "what may I eat?"})
        assert "vegetarian" in str(found.structured_content)


async def test_the_how_tos_run_one_after_the_other(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one stores the next finds, and the last erases."""
    names: dict[str, object] = {"__name__": "how_to"}
    listed = python_blocks(HOW_TO)
    assert len(listed) >= 8
    for block in listed:
        source = block.source.replace(WRITTEN, str(stack.address))
        await run_block(Block(block.guide, block.line, source), names, {})
    assert "User is allergic to peanuts" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["search", "working-memory", "long-term-memory"])
async def test_the_programs_of_a_page_run(page: str, stack: Stack) -> None:
    """In a tenant of their own, with the ids that the text beside them speaks of."""
    async with MemoryAPIClient(f"http://{stack.address}", tenant="pages") as memory:
        said = {"role": "user", "content": "I live in Lyon."}
        added = await memory.append_messages_to_working_memory("trip", [said])
        stored = await memory.create_long_term_memories([{"text": f"User reads {page}"}])
        memory_id = str(stored.results[0].memory_id)
        await memory.edit_long_term_memory(memory_id, {"text": f"User read {page}"})
        supplied = {"memory_id": memory_id, "message_id": added.messages[0].id, "memory": memory}
        names: dict[str, object] = {"__name__": "page"}
        for block in python_blocks(DOCS / f"{page}.md"):
            if "async for" not in block.source:  # a watch has no end
                await run_block(block, names, supplied)


async def test_the_programs_of_the_client_run(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, as they stand on its page."""
    names: dict[str, object] = {"__name__": "client"}
    for block in python_blocks(CLIENT):
        source = block.source.replace(WRITTEN, str(stack.address))
        await run_block(Block(block.guide, block.line, source), names, {})
    assert "User prefers morning meetings" in capsys.readouterr().out
