"""Command `agent-memory up`: the whole stack on this machine."""

import importlib
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_memory_services.embedded.errors import EmbeddedError

app = typer.Typer()

_MAX_PORT = 65_535
_ServicePort = Annotated[int, typer.Option(min=0, max=_MAX_PORT, help="0 for any free one.")]
Fsync = Literal["everysec", "always", "no"]
_STORE_VARIABLES = ("AGENT_MEMORY_REDIS_URL", "REDIS_URL")


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "agent-memory"


def _store_named_by(context: typer.Context) -> str:
    """Return the option or the variable that names the store, if any does."""
    source = context.get_parameter_source("redis_url")
    if source is not None and source.name == "ENVIRONMENT":
        return next(name for name in _STORE_VARIABLES if os.environ.get(name))
    return "--redis-url"


def _workers(count: int | None) -> dict[str, str]:
    return {} if count is None else {"AGENT_MEMORY_EXTRACTION_WORKERS": str(count)}


@app.command()
def up(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Address callers connect to.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=_MAX_PORT, help="Port for gRPC, gRPC-Web and JSON.")
    ] = 8000,
    gateway: Annotated[
        bool, typer.Option(help="Start the gateway, or only write its configuration.")
    ] = True,
    console: Annotated[bool, typer.Option(help="Serve the console at /console/.")] = True,
    working_memory_port: _ServicePort = 0,
    long_term_memory_port: _ServicePort = 0,
    extraction_port: _ServicePort = 0,
    extraction_workers: Annotated[
        int | None, typer.Option(min=1, help="Extractions that run at a time.")
    ] = None,
    redis_url: Annotated[
        str | None,
        typer.Option(
            envvar=list(_STORE_VARIABLES),
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
    # Help is there at once without what makes a stack.
    console_of = importlib.import_module("rich.console").Console
    foreground = importlib.import_module("agent_memory_services.embedded.up")
    options = foreground.StackOptions(
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
        redis_url_from=_store_named_by(context),
        store_fsync=store_fsync,
        environment=_workers(extraction_workers),
    )
    try:
        foreground.up(options, console_of())
    except EmbeddedError as error:
        console_of(stderr=True, soft_wrap=True).print(f"agent-memory: {error}", markup=False)
        raise typer.Exit(1) from None
