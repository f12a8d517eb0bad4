"""Command line: one stack on this machine, one of the service processes, and memory for people."""

import importlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from agent_memory_services.kit.contract.lasting import lasting


class _Entry(NamedTuple):
    """A command of another module, which is loaded when the command is called.

    Attributes:
        module: of this distribution; its `app` has the command, or is the group itself.
        help: first line of the command's own description.
    """

    module: str
    help: str


ELSEWHERE: Final[Mapping[str, _Entry]] = {
    "search": _Entry("commands.memories", "Find memories by meaning and by words, the best first."),
    "remember": _Entry(
        "commands.memories", "Store memories; what is known already is not stored twice."
    ),
    "memories": _Entry("commands.memories", "List, read, change and forget memories."),
    "sessions": _Entry("commands.sessions", "List, read, continue, copy and delete sessions."),
    "users": _Entry("commands.sessions", "Show and erase what is known of a user."),
    "whoami": _Entry("commands.sessions", "Show whom the credential stands for."),
    "watch": _Entry(
        "commands.memories", "Print changes of memories, or of a session, until Ctrl-C."
    ),
    "mcp": _Entry(
        "commands.mcp",
        "Serve memory over MCP, to agents such as Claude Code, Codex, Cursor and VS Code.",
    ),
    "export": _Entry("transfer_cli.cli", "Write memories to a file, one a line, the oldest first."),
    "import": _Entry(
        "transfer_cli.cli",
        "Store the memories and conversations of a file; existing ones are left alone.",
    ),
    "up": _Entry(
        "commands.stack", "Start a store, the three services and a gateway, until Ctrl-C."
    ),
    "jobs": _Entry("commands.jobs", "List, show, retry, cancel, watch and count background work."),
    "keys": _Entry("commands.keys", "Make, list, show, rotate and revoke API keys."),
    "bootstrap": _Entry(
        "commands.bootstrap",
        "Make the secrets of a new deployment, in Secrets of Kubernetes that are there and empty.",
    ),
    "config": _Entry(
        "commands.config",
        "Check and show the settings that services find in this environment.",
    ),
    "gateway": _Entry("commands.gateway", "The gateway in front of the services."),
    "merges": _Entry(
        "commands.merges",
        "Review the merges of a tenant: which the present rules would take apart, and why.",
    ),
    "snapshot": _Entry(
        "commands.snapshot", "Write snapshots of all nodes of a store that are of one moment."
    ),
    "reshard": _Entry(
        "commands.reshard", "Copy a store into an empty one with other numbers of parts."
    ),
    "eval": _Entry("evaluation.cli", "Measure the quality of extraction, search and beliefs."),
}


class _Announced(TyperCommand):
    """The line of a command in an overview; the command itself is loaded when it is called."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        return load(str(self.name)).make_context(info_name, args, *rest, **extra)


class _Overview(TyperGroup):
    """All commands, most of which are loaded when they are called.

    A service process shares this command line, and needs none of the others.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        announced = {
            name: _Announced(name, short_help=each.help) for name, each in ELSEWHERE.items()
        }
        self.commands = {**announced, **self.commands}

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            # Typer has values checked by another library, which says so.
            error.message = error.message.removeprefix("Value error, ")
            raise


def load(name: str) -> Any:
    """Load a command of another module."""
    module = importlib.import_module(f"agent_memory_services.{ELSEWHERE[name].module}")
    # Tables with borders need wider terminals, and half of the time of a page of help.
    module.app.rich_markup_mode = None
    group = typer.main.get_group(module.app)
    command = group.commands.get(name, group)
    command.name = name
    _quieten(command)
    return command


def _quieten(command: Any) -> None:
    """Name variables in help only where they are not those that every option has."""
    for parameter in command.params:
        if not parameter.envvar:
            parameter.show_envvar = False
        if parameter.default in (None, False) and not isinstance(parameter.show_default, str):
            parameter.show_default = False
    for each in getattr(command, "commands", {}).values():
        _quieten(each)


app = typer.Typer(
    cls=_Overview,
    help="Memory for LLM agents.",
    epilog="Every option is a variable too, such as AGENT_MEMORY_UP_PORT for `up --port`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Every option of `up` is a variable too: AGENT_MEMORY_UP_PORT and so on.
    context_settings={"auto_envvar_prefix": "AGENT_MEMORY"},
)


def _say_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"agent-memory {version('agent-memory-suite')}")
        raise typer.Exit


@app.callback()
def overview(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_say_version,
            is_eager=True,
            show_envvar=False,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Memory for LLM agents."""


@app.command()
def demo(
    screenplay: Annotated[Path, typer.Argument(help="Script and expected results (TOML).")],
) -> None:
    """Run a scripted conversation on a temporary stack, and show the memories it creates."""
    # Nothing else needs the client or a model's library.
    demonstration = importlib.import_module("agent_memory_services.demo.show")
    console = importlib.import_module("rich.console").Console()
    raise typer.Exit(demonstration.run(screenplay, console))


@app.command()
def working_memory() -> None:
    """Serve working memory."""
    _run("working_memory")


@app.command()
def long_term_memory() -> None:
    """Serve long-term memory."""
    _run("long_term_memory")


@app.command()
def extraction() -> None:
    """Serve extraction."""
    _run("extraction")


@app.command()
def reindex() -> None:
    """Rebuild the search index for changed settings, while the services keep serving.

    The settings are those of a long-term memory process: its variables say which store, and which
    model, dimension, precision and algorithm the new index is for. Running processes follow
    automatically; give new ones the same settings. An interrupted run continues when it is
    repeated.
    """
    # A service process shares this command line, and needs none of this.
    importlib.import_module("agent_memory_services.commands.reindex").reindex()


def _run(service: str) -> None:
    # A service process loads its own code and none of the others'.
    with lasting():
        process = importlib.import_module(f"agent_memory_services.{service}.api.process")
    process.run()
