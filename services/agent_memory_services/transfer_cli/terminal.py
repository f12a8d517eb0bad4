"""Exports and imports at a terminal."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from agent_memory.long_term_memory.v1.service_pb2 import ExportMemoriesRequest
from agent_memory_client import MemoryAPIClient, MemoryClientConfig, MemoryClientError
from agent_memory_client.connection import Connection
from agent_memory_services.commands.terminal import INTERRUPTED, in_one_line
from agent_memory_services.transfer_cli import foreign, transfer, upstream
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


@dataclass(frozen=True, slots=True)
class Foreign:
    """Wishes for a file that is no export of ours.

    Attributes:
        source: who made it.
        reader: how it is read.
        user: the owner of what names none.
        namespace: the namespace of what names none.
        dry_run: only say what would be stored.
        address: a store or a server to read instead of a file.
        token: credential for that server.
    """

    source: foreign.Source = foreign.Source.AUTO
    reader: foreign.Reader = field(default_factory=foreign.Reader)
    user: str | None = None
    namespace: str | None = None
    dry_run: bool = False
    address: str | None = None
    token: str | None = None


def run_import(
    options: Mapping[str, Any], path: Path | None, *, resume: bool, asked: Foreign | None = None
) -> int:
    """Import from a file, or from the standard input; 1 where a line was rejected."""
    asked = asked or Foreign()
    try:
        contents = _contents(path, asked)
    except (TransferError, OSError, ValueError, LookupError) as error:
        place = "" if asked.address or isinstance(error, OSError) else f"{path or '-'}: "
        _say(f"agent-memory: {place}{_why(error)}")
        return 1
    if contents:
        return _run_foreign(options, contents, asked)
    if asked.dry_run:
        _say("agent-memory: an export of Agent Memory has no dry run: ids that are there stay")
        return 1

    async def move(connection: Connection) -> int:
        with _progress() as progress:
            task = progress.add_task("importing", total=transfer.lines_of(path))

            def told(tally: transfer.Tally, rejections: Sequence[transfer.Rejection]) -> None:
                progress.update(task, description=f"{tally.lines} lines", completed=tally.lines)
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


def _run_foreign(options: Mapping[str, Any], contents: foreign.Contents, asked: Foreign) -> int:
    """Store what another maker's file says, or say what that is."""
    messages = sum(len(each.messages) for each in contents.conversations)
    found = (
        f"{len(contents.memories)} memories, {len(contents.conversations)} conversations "
        f"of {messages} messages"
    )
    if asked.dry_run:
        _say_rejected(contents)
        _say(f"found {found}; {len(contents.rejected)} items rejected; nothing was stored")
        return 1 if contents.rejected else 0

    async def bring() -> transfer.Tally:
        async with MemoryAPIClient(**options) as memory:
            with _progress() as progress:
                steps = bool(contents.memories) + len(contents.conversations)
                task = progress.add_task("importing", total=steps, completed=-1)
                return await transfer.bring(
                    memory,
                    contents,
                    user=asked.user,
                    namespace=asked.namespace,
                    told=lambda text: progress.update(task, description=text, advance=1),
                )

    try:
        tally = asyncio.run(bring())
    except MemoryClientError as error:
        _say(f"agent-memory: {in_one_line(error)}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    _say_rejected(contents)
    _say(f"read {found}")
    _say(
        f"{tally.created} memories imported, {tally.duplicates} were there, "
        f"{tally.rejected} rejected"
    )
    return 1 if tally.rejected else 0


def _contents(path: Path | None, asked: Foreign) -> foreign.Contents | None:
    """Read what somebody else made; None where it is one of our own exports."""
    if asked.address is not None:
        items = asyncio.run(upstream.items_of(asked.address, asked.token))
        return foreign.read_items(items, foreign.Source.REDIS)
    if path is not None:
        return foreign.read_file(path, asked.source, asked.reader)
    if asked.source in {foreign.Source.AUTO, foreign.Source.AGENT_MEMORY}:
        return None
    return foreign.read_bytes(sys.stdin.buffer.read(), asked.source, asked.reader)


def _why(error: Exception) -> str:
    """Say why a file cannot be used, without the number of the error."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _say_rejected(contents: foreign.Contents) -> None:
    for place, reason in contents.rejected:
        _say(f"{place}: {reason}")


def _run(options: Mapping[str, Any], move: Callable[[Connection], Awaitable[int]]) -> int:
    async def connected() -> int:
        async with Connection(MemoryClientConfig.of(**options)) as connection:
            return await move(connection)

    try:
        return asyncio.run(connected())
    except MemoryClientError as error:
        _say(f"agent-memory: {in_one_line(error)}")
        return 1
    except (TransferError, UnwritableMemoryError, OSError) as error:
        _say(f"agent-memory: {_why(error)}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=_CONSOLE,
        transient=True,
        disable=not _CONSOLE.is_terminal,
    )


def _say(text: str) -> None:
    _CONSOLE.print(text, markup=False, highlight=False)
