"""Exports and imports at a terminal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent_memory.long_term_memory.v1.service_pb2 import ExportMemoriesRequest
from agent_memory_client import MemoryClientConfig, MemoryClientError
from agent_memory_client.connection import Connection
from agent_memory_services.transfer_cli import transfer
from agent_memory_services.transfer_cli.files import TransferError, UnwritableMemoryError

# Standard output may be where the memories go.
_CONSOLE = Console(stderr=True, soft_wrap=True)


def run_export(
    options: Mapping[str, Any],
    path: Path | None,
    *,
    user: str | None,
    namespace: str | None,
    include_hidden: bool,
    resume: bool,
) -> int:
    """Export to a file, or to the standard output; answers the exit code."""
    request = ExportMemoriesRequest(include_hidden=include_hidden)
    if user is not None:
        request.filter.user_id.eq = user
    if namespace is not None:
        request.filter.namespace.eq = namespace

    async def move(connection: Connection) -> int:
        with _progress() as progress:
            task = progress.add_task("exporting")
            written = await transfer.export(
                connection,
                request,
                transfer.Destination(path),
                resume=resume,
                told=lambda count: progress.update(task, description=f"{count} memories"),
            )
        _say(f"{written} memories exported")
        return 0

    return _run(options, move)


def run_import(options: Mapping[str, Any], path: Path | None, *, resume: bool) -> int:
    """Import from a file, or from the standard input; 1 where a line was rejected."""

    async def move(connection: Connection) -> int:
        with _progress() as progress:
            task = progress.add_task("importing")

            def told(tally: transfer.Tally, rejections: Sequence[transfer.Rejection]) -> None:
                progress.update(task, description=f"{tally.lines} lines")
                for each in rejections:
                    name = f" ({each.memory_id})" if each.memory_id else ""
                    _say(f"line {each.line}{name}: {each.reason}")

            tally = await transfer.import_(connection, path, resume=resume, told=told)
        _say(
            f"{tally.created} memories imported, {tally.duplicates} were there, "
            f"{tally.rejected} rejected"
        )
        return 1 if tally.rejected else 0

    return _run(options, move)


def _run(options: Mapping[str, Any], move: Callable[[Connection], Awaitable[int]]) -> int:
    async def connected() -> int:
        async with Connection(MemoryClientConfig.of(**options)) as connection:
            return await move(connection)

    try:
        return asyncio.run(connected())
    except (MemoryClientError, TransferError, UnwritableMemoryError, OSError) as error:
        _say(f"agent-memory: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=_CONSOLE,
        transient=True,
    )


def _say(text: str) -> None:
    _CONSOLE.print(text, markup=False, highlight=False)
