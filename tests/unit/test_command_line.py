"""The command line as a whole: what it lists, loads and shows."""

import errno
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from agent_memory_services import __main__, cli
from agent_memory_services.commands import keys, stack, terminal
from agent_memory_services.embedded.store import Fsync
from agent_memory_services.kit.auth.identity import Role

HEAVY = (
    *("agent_memory_client", "grpc", "redis", "rich", "numpy", "openai", "structlog"),
    *("pydantic_settings", "prometheus_client", "opentelemetry.sdk", "jwt"),
)


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
    """So it is there at once: neither a client nor a store, nor what draws tables or serves."""
    pages = [["--version"], ["--help"], *([*path, "--help"] for path in PATHS)]
    code = (
        "import sys; from agent_memory_services.cli import app\n"
        f"for words in {pages!r}: app(words, standalone_mode=False)\n"
        f"print('loaded', *(each for each in {HEAVY!r} if each in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == ["loaded"]


def test_an_unknown_command_is_told_in_words() -> None:
    """With the way to those that there are, in three lines."""
    told = CliRunner().invoke(cli.app, ["remind"])
    assert told.exit_code == 2
    assert "No such command 'remind'" in told.stderr
    assert "--help" in told.stderr
    assert "Did you mean 'search'?" in CliRunner().invoke(cli.app, ["serach"]).stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search", "x", "--type", "fact"), "'--type': 'fact' is not one of 'semantic'"),
        (("search", "x", "--as-of", "monday"), "'--as-of': 'monday' does not match"),
        (("search", "x", "--base-url", "ftp://a:pw@b"), "--base-url: scheme of 'ftp://***@b' is"),
        (("search", "x", "--extraction-address", "a"), "--extraction-address: 'a' needs a scheme"),
        (("search", "x", "--timeout", "0"), "--timeout: Input should be greater than 0"),
        (("search", "x", "--api-key", "a", "--bearer-token", "b"), "give --api-key or --bearer-to"),
        (("search", "x", "--client-key-file", "a"), "--client-certificate-file and --client-key-"),
        (("search", "x", "--base-url", "http://127.0.0.1:9"), "`agent-memory up`), or look at --b"),
        (("keys", "list", "--redis-url", "a"), "agent-memory: --redis-url is no address of a st"),
        (("keys", "list"), "agent-memory: REDIS_URL is no address of a store"),
    ],
)
def test_what_is_typed_wrongly_is_named_as_it_was_typed(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    """An option or a variable; neither an argument of a function nor a library's own words."""
    monkeypatch.setenv("REDIS_URL", "b")
    result = CliRunner().invoke(cli.app, [*words])
    assert result.exit_code in {1, 2}
    assert told in " ".join(result.stderr.split())
    assert "Value error" not in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--role", "admin"), "--tenant: is needed for role admin"),
        (("--role", "service", "--tenant", "a"), "--role: service goes without --tenant"),
        (("--role", "king"), "'--role': 'king' is not one of 'reader'"),
        (("--role", "admin", "--tenant", "a", "--expires", "3w"), "'--expires': must be a whole"),
    ],
)
def test_a_key_that_cannot_be_made_is_told_by_its_options(
    words: tuple[str, ...], told: str
) -> None:
    """Before a store is asked."""
    where = ("--redis-url", "redis://127.0.0.1:9", "--pepper-file", "pepper")
    result = CliRunner().invoke(cli.app, ["keys", "create", *where, *words])
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_roles_and_choices_are_those_of_what_they_choose() -> None:
    """Commands name them without loading what they are of."""
    assert [each.value for each in keys.KeyRole] == [each.value for each in Role]
    assert get_args(stack.Fsync) == get_args(Fsync)


class Outlet(io.StringIO):
    """A standard output that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, _: str) -> int:
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BrokenPipeError(), 0, ""),
        (OSError(errno.ENOSPC, "No space left"), 1, "agent-memory: cannot write: No space left\n"),
    ],
)
@pytest.mark.parametrize("tell", [terminal.say, lambda text: terminal.print_json([text])])
def test_an_output_that_ends_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    tell: Callable[[str], None],
    error: OSError,
    code: int,
    told: str,
) -> None:
    """A reader that has enough is no failure, a disk without room is one."""
    monkeypatch.setattr(sys, "stdout", Outlet(error))
    assert terminal.run({}, lambda _: tell("User plays chess")) == code
    assert capsys.readouterr().err == told


def test_letters_that_an_encoding_has_not_are_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What people wrote is shown everywhere."""
    outlet = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", outlet)
    monkeypatch.setattr(sys, "argv", ["agent-memory", "--version"])
    with pytest.raises(SystemExit):
        __main__.main()
    outlet.write("茶")
    outlet.flush()
    assert outlet.buffer.getvalue().endswith(b"\\u8336")
