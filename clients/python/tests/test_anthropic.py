"""Anthropic's memory tool, beside the one that keeps files."""

import re
from pathlib import Path
from typing import Any

import pytest
from anthropic.lib.tools import ToolError
from anthropic.lib.tools._beta_builtin_memory_tool import BetaLocalFilesystemMemoryTool

from agent_memory_client import MemoryClient
from agent_memory_client.integrations.anthropic import AgentMemoryTool, AsyncAgentMemoryTool

COMMANDS: list[dict[str, Any]] = [
    {"command": "view", "path": "/memories"},
    {"command": "view", "path": "/memories/a.txt"},
    {"command": "create", "path": "/memories/a.txt", "file_text": "one\ntwo\nthree\nfour\n"},
    {"command": "create", "path": "/memories/a.txt", "file_text": "again"},
    {"command": "create", "path": "/memories/deep/er/b.md", "file_text": ""},
    {"command": "create", "path": "/memories/deep/c.md", "file_text": "naïve — ☃ " * 3},
    {"command": "view", "path": "/memories"},
    {"command": "view", "path": "/memories/deep"},
    {"command": "view", "path": "/memories/a.txt", "view_range": [2, 3]},
    {"command": "view", "path": "/memories/a.txt", "view_range": [3, -1]},
    {"command": "view", "path": "/memories/a.txt", "view_range": [0, 99]},
    {"command": "view", "path": "/memories/deep/er/b.md"},
    {"command": "view", "path": "/elsewhere"},
    {"command": "view", "path": "/memories/../etc/passwd"},
    {"command": "view", "path": "/memories/deep/../a.txt"},
    {"command": "str_replace", "path": "/memories/a.txt", "old_str": "two", "new_str": "2"},
    {"command": "str_replace", "path": "/memories/a.txt", "old_str": "absent", "new_str": "x"},
    {"command": "str_replace", "path": "/memories/a.txt", "old_str": "e", "new_str": "x"},
    {"command": "str_replace", "path": "/memories/no.txt", "old_str": "e", "new_str": "x"},
    {"command": "str_replace", "path": "/memories/deep", "old_str": "e", "new_str": "x"},
    {"command": "insert", "path": "/memories/a.txt", "insert_line": 0, "insert_text": "zero\n"},
    {"command": "insert", "path": "/memories/a.txt", "insert_line": 5, "insert_text": "five"},
    {"command": "insert", "path": "/memories/a.txt", "insert_line": 99, "insert_text": "x"},
    {"command": "insert", "path": "/memories/deep/er/b.md", "insert_line": 0, "insert_text": "b"},
    {"command": "view", "path": "/memories/a.txt"},
    {"command": "rename", "old_path": "/memories/a.txt", "new_path": "/memories/deep/c.md"},
    {"command": "rename", "old_path": "/memories/no", "new_path": "/memories/yes"},
    {"command": "rename", "old_path": "/memories/a.txt", "new_path": "/memories/new/a.txt"},
    {"command": "rename", "old_path": "/memories/deep", "new_path": "/memories/moved"},
    {"command": "rename", "old_path": "/memories", "new_path": "/memories/x"},
    {"command": "view", "path": "/memories"},
    {"command": "view", "path": "/memories/new/a.txt"},
    {"command": "create", "path": "/memories/a.txt", "file_text": "back"},
    {"command": "delete", "path": "/memories/a.txt"},
    {"command": "delete", "path": "/memories/a.txt"},
    {"command": "delete", "path": "/memories"},
    {"command": "delete", "path": "/memories/moved"},
    {"command": "view", "path": "/memories/moved/c.md"},
    {"command": "create", "path": "/memories/moved", "file_text": "a file now"},
    {"command": "view", "path": "/memories"},
]


def outcome(answer: Any) -> Any:
    """What an answer says, apart from wording, and from sizes that a disk decides."""
    text = re.sub(r"^[\d.]+[BKMG]\t", "", str(answer), flags=re.MULTILINE)
    if "directories up to" in text:
        return sorted(text.splitlines()[1:])
    return text.splitlines()[1:]


def called(tool: Any, command: dict[str, Any]) -> Any:
    """What becomes of a command: its outcome, or that it is refused."""
    try:
        return outcome(tool.call(command))
    except ToolError:
        return "refused"


def test_it_does_what_the_tool_with_files_does(url: str, unique: str, tmp_path: Path) -> None:
    """Every command, in order, with the errors that a model can make."""
    ours, theirs = (
        AgentMemoryTool(url, user_id=unique),
        BetaLocalFilesystemMemoryTool(str(tmp_path)),
    )
    for command in COMMANDS:
        assert called(ours, command) == called(theirs, command), command
    assert ours.to_dict() == {"type": "memory_20250818", "name": "memory"}
    ours.clear_all_memory()
    assert outcome(ours.call({"command": "view", "path": "/memories"})) == ["/memories"]


async def test_files_are_their_users_alone_and_are_found(url: str, unique: str) -> None:
    """As memories; another user has none of them, and the file stays whole whatever its size."""
    text = "User is allergic to nuts.\n" + "line\n" * 20_000
    mine, other = (AsyncAgentMemoryTool(url, user_id=user) for user in (unique, f"not-{unique}"))
    await mine.call({"command": "create", "path": "/memories/diet.md", "file_text": text})
    with pytest.raises(ToolError, match="does not exist"):
        await other.call({"command": "view", "path": "/memories/diet.md"})
    shown = str(await mine.call({"command": "view", "path": "/memories/diet.md"}))
    assert shown.count("\n") == text.count("\n") + 1
    with MemoryClient(url) as memory:
        (found,) = memory.search_long_term_memory("allergies", user_id=unique).memories
        assert found.metadata["path"] == "/memories/diet.md"


async def test_a_service_that_is_away_is_told_to_the_model() -> None:
    """As an error of the tool, in words."""
    away = AsyncAgentMemoryTool("http://127.0.0.1:9", timeout=1)
    with pytest.raises(ToolError, match="cannot do this now"):
        await away.call({"command": "view", "path": "/memories"})
