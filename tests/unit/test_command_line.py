"""The command line as a whole: what it lists, loads and shows."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from agent_memory_services import cli

HEAVY = ("agent_memory_client", "grpc", "redis", "rich", "numpy", "openai", "structlog")


def every_command(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command below one."""
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from every_command(each, (*path, name))


PATHS = [path for name in cli.ELSEWHERE for path in every_command(cli.load(name), (name,))]


@pytest.mark.parametrize("name", cli.ELSEWHERE)
def test_the_overview_says_what_a_command_says_of_itself(name: str) -> None:
    """Its line stands apart from the command, which is not loaded for it."""
    command = cli.load(name)
    assert cli.ELSEWHERE[name].help == command.help.partition("\n\n")[0].replace("\n", " ")


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_fits_a_terminal(path: tuple[str, ...]) -> None:
    """No line of it is longer than 80 columns, and no option is without a description."""
    told = CliRunner().invoke(cli.app, [*path, "--help"], terminal_width=80, color=False)
    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
    command: Any = cli.load(path[0])
    for name in path[1:]:
        command = command.commands[name]
    assert all(each.help for each in command.params)


def test_help_loads_next_to_nothing() -> None:
    """So it is there at once: neither a client nor a store, nor what draws tables."""
    code = (
        "import sys; from agent_memory_services.cli import app; "
        "app([*sys.argv[1:]], standalone_mode=False); "
        f"print('loaded', *(each for each in {HEAVY!r} if each in sys.modules))"
    )
    for words in (["--help"], ["memories", "edit", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1].split() == ["loaded"]


def test_an_unknown_command_is_told_in_words() -> None:
    """With the way to those that there are, in three lines."""
    told = CliRunner().invoke(cli.app, ["remind"])
    assert told.exit_code == 2
    assert "No such command 'remind'" in told.stderr
    assert "--help" in told.stderr
