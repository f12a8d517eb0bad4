"""Memories into a file, as fast as it takes them."""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agent_memory.long_term_memory.v1.service_pb2 import ExportMemoriesRequest
from agent_memory_client.connection import Connection
from agent_memory_services.moving.errors import MovingError
from agent_memory_services.moving.json_lines import line_of
from agent_memory_services.moving.place import Place

SUFFIX = ".export"
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an export goes: a file that knows how far it is, or the standard output."""

    path: Path | None

    def open(self, request: ExportMemoriesRequest, *, resume: bool) -> tuple[BinaryIO, int]:
        """The file to write on, and how many memories it holds; the request goes on behind them.

        Raises:
            MovingError: the file is in the way, or there is nothing to go on with.
        """
        if self.path is None:
            return sys.stdout.buffer, 0
        noted = Place(self.path, SUFFIX).read()
        if not resume:
            if self.path.exists():
                unfinished = "; --resume goes on with it" if noted else ""
                raise MovingError(f"{self.path} is there already{unfinished}")
            return self.path.open("xb"), 0
        if noted is None:
            raise MovingError(f"{self.path} is not an unfinished export")
        request.resume_token = noted["token"]
        file = self.path.open("r+b")
        # What was written after the last note is written again.
        file.truncate(noted["bytes"])
        file.seek(0, os.SEEK_END)
        return file, noted["memories"]

    def note(self, file: BinaryIO, token: str, memories: int) -> None:
        """Make what is written durable, and note that the export goes on after a token."""
        file.flush()
        if self.path is not None:
            os.fsync(file.fileno())
            Place(self.path, SUFFIX).note(token=token, bytes=file.tell(), memories=memories)

    def finish(self) -> None:
        """Everything is written."""
        if self.path is not None:
            Place(self.path, SUFFIX).forget()


async def export(
    connection: Connection,
    request: ExportMemoriesRequest,
    destination: Destination,
    *,
    resume: bool,
    told: Told,
) -> int:
    """Write what a request asks for; answers how many memories the file holds.

    Raises:
        MovingError: the file is in the way, or there is nothing to go on with.
        UnwritableMemoryError: a memory cannot be spelled as JSON.
        MemoryClientError: the service refused, or went away; `resume` goes on from there.
    """
    file, written = destination.open(request, resume=resume)
    with file:
        async with aclosing(connection.stream(request)) as parts:
            async for part in parts:
                lines = b"".join(map(line_of, part.memories))
                written += len(part.memories)
                await asyncio.to_thread(file.write, lines)
                await asyncio.to_thread(destination.note, file, part.resume_token, written)
                told(written)
    destination.finish()
    return written
