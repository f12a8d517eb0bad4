"""Memories from a file, in calls of a size that is soon repeated."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from agent_memory.long_term_memory.v1.service_pb2 import ImportMemoriesRequest
from agent_memory_client.connection import Connection, from_status
from agent_memory_services.moving.errors import MovingError
from agent_memory_services.moving.json_lines import UnreadableLineError, memory_of
from agent_memory_services.moving.place import Place

SUFFIX = ".import"
_LINES_PER_CALL = 1000


@dataclass(slots=True)
class Tally:
    """What became of the lines so far."""

    lines: int = 0
    created: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a line is not stored; lines count from 1."""

    line: int
    memory_id: str
    reason: str


Told = Callable[[Tally, Sequence[Rejection]], None]


async def import_(connection: Connection, path: Path | None, *, resume: bool, told: Told) -> Tally:
    """Store the memories of a file, or of the standard input.

    Args:
        connection: whom to tell.
        path: the file; None is the standard input.
        resume: go on behind the lines that an earlier import of the file brought in.
        told: hears of every step.

    Raises:
        MovingError: there is nothing to go on with.
        MemoryClientError: the service refused, or went away; `resume` goes on from there.
    """
    place = None if path is None else Place(path, SUFFIX)
    tally = _resumed(place) if resume else Tally()
    with _opened(path) as file:
        lines = iter(file)
        _ = sum(1 for _ in islice(lines, tally.lines))
        while batch := await asyncio.to_thread(lambda: list(islice(lines, _LINES_PER_CALL))):
            rejections = await _send(connection, batch, tally)
            if place is not None:
                place.note(**_counts(tally))
            told(tally, rejections)
    if place is not None:
        place.forget()
    return tally


def _resumed(place: Place | None) -> Tally:
    noted = place.read() if place else None
    if noted is None:
        raise MovingError("there is no unfinished import of this file")
    return Tally(**noted)


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdin.buffer
    else:
        with path.open("rb") as file:
            yield file


async def _send(
    connection: Connection, lines: Sequence[bytes], tally: Tally
) -> Sequence[Rejection]:
    rejections: list[Rejection] = []
    sent: list[int] = []

    async def rows() -> AsyncIterator[ImportMemoriesRequest]:
        for number, line in enumerate(lines, tally.lines + 1):
            if not line.strip():
                continue
            try:
                memory = memory_of(line)
            except UnreadableLineError as error:
                rejections.append(Rejection(number, "", str(error)))
                continue
            sent.append(number)
            yield ImportMemoriesRequest(memory=memory)

    answer = await connection.upload(ImportMemoriesRequest, rows())
    rejections += (
        Rejection(sent[refused.row], refused.memory_id, str(from_status(refused.error)))
        for refused in answer.errors
    )
    tally.lines += len(lines)
    tally.created += answer.created_count
    tally.duplicates += answer.duplicate_count
    tally.rejected += len(rejections)
    return sorted(rejections, key=lambda rejection: rejection.line)


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "lines": tally.lines,
        "created": tally.created,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
    }
