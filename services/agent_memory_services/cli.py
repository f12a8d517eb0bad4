"""Command line: one stack on this machine, or one of the three service processes."""

import importlib
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent_memory_services.commands.config import app as configuration
from agent_memory_services.commands.gateway import app as gateway_group
from agent_memory_services.commands.jobs import app as jobs
from agent_memory_services.commands.keys import app as keys
from agent_memory_services.commands.merges import app as merges
from agent_memory_services.embedded.errors import EmbeddedError
from agent_memory_services.embedded.stack import StackOptions
from agent_memory_services.embedded.store import Fsync
from agent_memory_services.embedded.up import up as run_stack
from agent_memory_services.evaluation.cli import app as evaluation
from agent_memory_services.transfer_cli.cli import app as transfer

app = typer.Typer(
    help="Memory for LLM agents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Every option of `up` is a variable too: AGENT_MEMORY_UP_PORT and so on.
    context_settings={"auto_envvar_prefix": "AGENT_MEMORY"},
)
app.add_typer(configuration, name="config")
app.add_typer(keys, name="keys")
app.add_typer(jobs, name="jobs")
app.add_typer(evaluation, name="eval")
app.add_typer(transfer)
app.add_typer(merges)
app.add_typer(gateway_group, name="gateway")

_ANY_PORT = "0 for any free one."


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "agent-memory"


def _workers(count: int | None) -> dict[str, str]:
    return {} if count is None else {"AGENT_MEMORY_EXTRACTION_WORKERS": str(count)}


@app.command()
def up(
    *,
    host: Annotated[str, typer.Option(help="Address callers connect to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for gRPC, gRPC-Web and JSON.")] = 8000,
    gateway: Annotated[
        bool, typer.Option(help="Start the gateway, or only write its configuration.")
    ] = True,
    console: Annotated[bool, typer.Option(help="Serve the console at /console/.")] = True,
    working_memory_port: Annotated[int, typer.Option(help=_ANY_PORT)] = 0,
    long_term_memory_port: Annotated[int, typer.Option(help=_ANY_PORT)] = 0,
    extraction_port: Annotated[int, typer.Option(help=_ANY_PORT)] = 0,
    extraction_workers: Annotated[
        int | None, typer.Option(min=1, help="Extractions that run at a time.")
    ] = None,
    redis_url: Annotated[
        str | None,
        typer.Option(
            envvar=["AGENT_MEMORY_REDIS_URL", "REDIS_URL"],
            help="Use this store instead of starting one.",
        ),
    ] = None,
    store_fsync: Annotated[
        Fsync,
        typer.Option(
            help="When the started store has writes on disk: always before it acknowledges them."
        ),
    ] = "everysec",
    state_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder for data and logs.",
            show_default="~/.local/state/agent-memory",
        ),
    ] = None,
) -> None:
    """Start a store, the three services and a gateway, until Ctrl-C."""
    options = StackOptions(
        state_dir=state_dir or _default_state_dir(),
        host=host,
        port=port,
        gateway=gateway,
        console=console,
        service_ports={
            "working_memory": working_memory_port,
            "long_term_memory": long_term_memory_port,
            "extraction": extraction_port,
        },
        redis_url=redis_url,
        store_fsync=store_fsync,
        environment=_workers(extraction_workers),
    )
    try:
        run_stack(options, Console())
    except EmbeddedError as error:
        Console(stderr=True, soft_wrap=True).print(f"agent-memory: {error}", markup=False)
        raise typer.Exit(1) from None


@app.command()
def demo(
    screenplay: Annotated[Path, typer.Argument(help="Script and expected results (TOML).")],
) -> None:
    """Run a scripted conversation on a temporary stack, and show the memories it creates."""
    # Nothing else needs the client or a model's library.
    demonstration = importlib.import_module("agent_memory_services.demo.show")
    raise typer.Exit(demonstration.run(screenplay, Console()))


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
    importlib.import_module(f"agent_memory_services.{service}.api.process").run()


if __name__ == "__main__":
    app()
