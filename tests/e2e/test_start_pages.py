"""Quick start, how-tos and guides: every block runs as it stands against a running stack."""

import asyncio
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord
from agent_memory_services.embedded.stack import Stack
from agent_memory_services.kit.contract.ids import new_id
from tests.e2e.markdown import Block, python_blocks, run_block

DOCS = Path(__file__).parents[2] / "docs"
QUICK_START = DOCS / "quickstart.md"
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


def shell(source: str, stack: Stack, folder: Path = Path(), **variables: str) -> str:
    """What a shell prints that stops at the first failure."""
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = {"PATH": scripts, "AGENT_MEMORY_CLIENT_BASE_URL": f"http://{stack.address}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", source.replace(WRITTEN, str(stack.address))],
        env=os.environ | told | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("title", "told"), [("JSON", "User is vegetarian"), ("Command line", "User is vegetarian")]
)
def test_a_shell_block_of_the_quick_start_runs(title: str, told: str, stack: Stack) -> None:
    """As it stands, in a shell that stops at the first failure."""
    assert set(blocks("sh")) == {"JSON", "Command line"}
    assert told in shell(blocks("sh")[title], stack)


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


# What the prose around a block has to be there for it.
_GUIDES = ("working-memory.md", "long-term-memory.md", "search.md", "../clients/python/README.md")


@pytest.mark.parametrize("page", _GUIDES)
async def test_the_programs_of_a_guide_run(page: str, stack: Stack) -> None:
    """One after the other, for a user who has said something; a watch sees a change."""
    tenant = f"guide-{Path(page).parent.name or Path(page).stem}"
    async with MemoryAPIClient(f"http://{stack.address}", tenant=tenant) as memory:
        said = {"role": "user", "content": "I'm vegetarian and I work in Lyon."}
        sent = await memory.append_messages_to_working_memory("trip", [said], user_id="alice")
        await memory.wait_for_extraction("trip")
        fact = MemoryRecord(text="User likes tea", user_id="alice", id="tea")
        await memory.create_long_term_memories([fact])
        await memory.edit_long_term_memory("tea", {"text": "User likes green tea"})
        names: dict[str, Any] = {
            "memory": memory,
            "memory_id": "tea",
            "message_id": sent.messages[0].id,
        }
        listed = python_blocks(DOCS / page)
        assert listed
        for block in listed:
            source = block.source.replace(WRITTEN, str(stack.address))
            running = run_block(Block(block.guide, block.line, source), names, {})
            if "async for" in source:
                await _seen(running, memory)
            else:
                await running


async def _seen(watch: Coroutine[Any, Any, None], memory: MemoryAPIClient) -> None:
    """Let a program watch until it has printed a change."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        task = asyncio.create_task(watch)
        async with asyncio.timeout(60):
            while not printed.getvalue():
                await memory.create_long_term_memories([{"text": new_id(), "user_id": "alice"}])
                await asyncio.sleep(0.1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


# They never end, or measure for minutes.
_ENDLESS = re.compile(r"^agent-memory (watch|eval) .*\n", re.MULTILINE)


@pytest.mark.long
@pytest.mark.parametrize("page", ["command-line.md", "long-term-memory.md"])
async def test_the_commands_of_a_guide_run(page: str, stack: Stack, tmp_path: Path) -> None:
    """Those of `agent-memory`, in a tenant of their own that holds what they are about."""
    tenant = f"commands-{Path(page).stem}"
    async with MemoryAPIClient(f"http://{stack.address}", tenant=tenant) as memory:
        said = {"role": "user", "content": "I'm vegetarian."}
        await memory.append_messages_to_working_memory("trip", [said], user_id="alice")
        facts: list[dict[str, Any]] = [
            {"text": "User cooks", "metadata": {"agent": {"id": "chef"}}},
            {
                "text": "User went to Rome",
                "topics": ["travel"],
                "created_at": "2023-01-01T00:00:00Z",
            },
        ]
        await memory.create_long_term_memories(facts)
    text = (DOCS / page).read_text()
    found = re.findall(r"^```sh\n(agent-memory .*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(found) >= 2
    for source in found:
        # Here is nobody to be asked.
        lines = _ENDLESS.sub("", source).replace("memories delete", "memories delete --yes")
        await asyncio.to_thread(shell, lines, stack, tmp_path, AGENT_MEMORY_CLIENT_TENANT=tenant)
