"""Commands `export` and `import` of the command line."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection

app = typer.Typer()


def _path(name: str) -> Path | None:
    return None if name == "-" else Path(name)


def _terminal() -> Any:
    # A service process shares this command line, and needs no client.
    return importlib.import_module("agent_memory_services.transfer_cli.terminal")


@app.command("export")
@with_connection("long_term_memory")
def export(
    file: Annotated[str, typer.Argument(help="File to write; - is the standard output.")],
    *,
    user: Annotated[str | None, typer.Option(help="Only memories of this user.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only this namespace.")] = None,
    include_hidden: Annotated[
        bool, typer.Option(help="Include superseded, merged and archived memories.")
    ] = False,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted export.")] = False,
    connection: dict[str, Any],
) -> None:
    """Write memories to a file, one a line, the oldest first."""
    code = _terminal().run_export(
        connection,
        _path(file),
        user=user,
        namespace=namespace,
        include_hidden=include_hidden,
        resume=resume,
    )
    raise typer.Exit(code)


@app.command("import")
@with_connection("long_term_memory")
def import_(
    file: Annotated[str, typer.Argument(help="File to read; - is the standard input.")],
    *,
    resume: Annotated[bool, typer.Option(help="Continue an interrupted import.")] = False,
    connection: dict[str, Any],
) -> None:
    """Store the memories of a file unchanged; existing ones are left alone."""
    raise typer.Exit(_terminal().run_import(connection, _path(file), resume=resume))
