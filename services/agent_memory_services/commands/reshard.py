"""Command `agent-memory reshard`: copies a store into one with other numbers of parts."""

import asyncio
import importlib
from typing import Annotated

import typer

app = typer.Typer()

_MOST = 1024
Source = Annotated[str, typer.Option("--from", help="Address of the store to read, as REDIS_URL.")]
Target = Annotated[str, typer.Option("--to", help="Address of the new, empty store, likewise.")]
Shards = Annotated[
    int | None,
    typer.Option(min=1, max=_MOST, help="Shards of long-term memory.", show_default="as before"),
]
Partitions = Annotated[
    int | None,
    typer.Option(min=1, max=_MOST, help="Partitions of working memory.", show_default="as before"),
]


@app.command()
def reshard(
    *, source: Source, target: Target, shards: Shards = None, partitions: Partitions = None
) -> None:
    """Copy a store into an empty one with other numbers of parts.

    No service may run on either meanwhile. Sessions, logs, memories, their history, jobs, summaries
    and API keys go along. The store that is read is left as it is. Start the services on the new
    one with the new numbers.
    """
    # Help is there at once without any of this.
    keys = importlib.import_module("agent_memory_services.commands.keys_terminal")
    work = importlib.import_module("agent_memory_services.commands.resharding")
    console = importlib.import_module("rich.console").Console(stderr=True, soft_wrap=True)
    try:
        with console.status("reading") as status:

            def told(keys: int) -> None:
                status.update(f"{keys} keys")

            counts = asyncio.run(
                work.reshard(source, target, shards=shards, partitions=partitions, told=told)
            )
    except keys.STORE_FAULTS as error:
        raise keys.complaint(error, {"--from": source, "--to": target}) from None
    copied = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    typer.echo(f"copied {copied}")
