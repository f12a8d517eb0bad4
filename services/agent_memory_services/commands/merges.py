"""Command `agent-memory merges`: review what was merged, and change nothing."""

import importlib
from typing import Annotated, Any

import typer

from agent_memory_services.commands.connection_options import with_connection

app = typer.Typer()


@app.command()
@with_connection()
def merges(
    *,
    user: Annotated[str | None, typer.Option(help="Only memories of this user.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only this namespace.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show merges that are sound, too.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one merge a line, as JSON.")
    ] = False,
    connection: dict[str, Any],
) -> None:
    """Review the merges of a tenant: which the present rules would take apart, and why.

    Nothing is changed. `RevertMemory` takes a merge apart; what was taken apart is not merged again
    by itself.
    """
    # A service process shares this command line, and needs neither client nor rules.
    terminal = importlib.import_module("agent_memory_services.commands.merges_terminal")
    raise typer.Exit(
        terminal.run(
            connection, user=user, namespace=namespace, everything=everything, as_json=as_json
        )
    )
