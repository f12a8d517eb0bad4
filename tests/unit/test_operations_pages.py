"""What the pages for operators name is there: files, commands, options, settings, metrics."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from agent_memory_services.cli import ELSEWHERE, app, load
from agent_memory_services.commands.config import ServiceName
from agent_memory_services.kit.contract.environment import variables_of

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs/operations").glob("*.md")), ROOT / "deploy/compose/README.md"]
# Read by commands, not by services.
OF_COMMANDS = re.compile(r"AGENT_MEMORY_(BOOTSTRAP|CLIENT|UP|GATEWAY|KEYS|JOBS|TEST)_")

page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


@page
def test_settings_exist(page: Path) -> None:
    """Every variable of ours is one that a service or a command reads."""
    known = {
        variable
        for service in ServiceName
        for name in service.settings.model_fields
        for variable in variables_of(service.settings, name)
    }
    named = set(re.findall(r"\bAGENT_MEMORY_[A-Z_]*[A-Z]\b", page.read_text()))
    assert {name for name in named - known if not OF_COMMANDS.match(name)} == set()


@page
def test_commands_can_be_typed(page: Path) -> None:
    """Every `agent-memory ...` has a command of that name, with those options."""
    for words in _commands(page.read_text()):
        command: Any = typer.main.get_command(app)
        if words[0] in ELSEWHERE:
            command = load(words.pop(0))
        while commands := getattr(command, "commands", None):
            name = words.pop(0)
            assert name in commands, f"no command {name}"
            command = commands[name]
        known = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= known


def _commands(text: str) -> Iterator[list[str]]:
    """The commands in blocks of shell lines and in sentences, without what is around them."""
    for found in re.findall(r"`agent-memory ([^`|<>&#]+)`", text):
        yield shlex.split(found)
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            # A namespace has the same name; a command begins its line, or what is run in a pod.
            for found in re.findall(r"(?:^|-- +)agent-memory ([^|<>&#]+)", line):
                yield shlex.split(found)
