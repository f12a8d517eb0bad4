"""Command `agent-memory snapshot`: snapshots of all nodes of a store that are of one moment."""

import asyncio
import importlib
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def snapshot(
    *,
    store: Annotated[str, typer.Option(help="Address of the store, as REDIS_URL.")],
    pause: Annotated[
        float, typer.Option(min=0.1, max=60, metavar="SECONDS", help="Longest wait of writes.")
    ] = 5.0,
) -> None:
    """Write snapshots of all nodes of a store that are of one moment.

    Prints where each of them is. On a cluster writes wait until every node has begun with its own,
    and go on by themselves.
    """
    # Help is there at once without any of this.
    keys = importlib.import_module("agent_memory_services.commands.keys_terminal")
    work = importlib.import_module("agent_memory_services.commands.snapshotting")
    try:
        files = asyncio.run(work.snapshot(store, pause_seconds=pause))
    except keys.STORE_FAULTS as error:
        raise keys.complaint(error, {"--store": store}) from None
    for each in files:
        typer.echo(each)
