"""Export of memories into a file and import from one, resumable."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from agent_memory.long_term_memory.v1.service_pb2 import (
    ExportMemoriesRequest,
    ImportMemoriesRequest,
)
from agent_memory_client import MemoryAPIClient
from agent_memory_client.connection import Connection, from_status
from agent_memory_client.errors import (
    ExtractionFailedError,
    MemoryConflictError,
    MemoryPermissionError,
    MemoryStateError,
    MemoryValidationError,
)
from agent_memory_client.models import MemoryRecord
from agent_memory_services.transfer_cli import files, foreign

EXPORT_SUFFIX = ".export"
OnExported = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Target of an export: a file that records its progress, or the standard output."""

    path: Path | None

    def open(self, request: ExportMemoriesRequest, *, resume: bool) -> tuple[BinaryIO, int]:
        """Return the file to append to, and how many memories it holds; continue the request there.

        Raises:
            MovingError: the file is in the way, or there is nothing to go on with.
        """
        if self.path is None:
            return sys.stdout.buffer, 0
        noted = files.TransferMark(self.path, EXPORT_SUFFIX).read()
        if not resume:
            if self.path.exists():
                unfinished = "; --resume continues it" if noted else ""
                raise files.TransferError(f"{self.path} exists already{unfinished}")
            return self.path.open("xb"), 0
        if noted is None:
            raise files.TransferError(f"{self.path} is not an unfinished export")
        request.resume_token = noted["token"]
        file = self.path.open("r+b")
        # Lines after the last recorded progress are written again.
        file.truncate(noted["bytes"])
        file.seek(0, os.SEEK_END)
        return file, noted["memories"]

    def note(self, file: BinaryIO, token: str, memories: int) -> None:
        """Flush the lines to disk, and record the token after which the export continues."""
        file.flush()
        if self.path is not None:
            os.fsync(file.fileno())
            files.TransferMark(self.path, EXPORT_SUFFIX).note(
                token=token, bytes=file.tell(), memories=memories
            )

    def finish(self) -> None:
        """Everything is written."""
        if self.path is not None:
            files.TransferMark(self.path, EXPORT_SUFFIX).forget()


async def export(
    connection: Connection,
    request: ExportMemoriesRequest,
    destination: Destination,
    *,
    resume: bool,
    told: OnExported,
) -> int:
    """Write what a request asks for; answers how many memories the file holds.

    Raises:
        MovingError: the file is in the way, or there is nothing to go on with.
        UnwritableMemoryError: a memory cannot be spelled as JSON.
        MemoryClientError: the service refused or went away; `resume` continues from there.
    """
    file, written = destination.open(request, resume=resume)
    with file:
        async with aclosing(connection.stream(request)) as parts:
            async for part in parts:
                lines = b"".join(map(files.line_of, part.memories))
                written += len(part.memories)
                await asyncio.to_thread(file.write, lines)
                await asyncio.to_thread(destination.note, file, part.resume_token, written)
                told(written)
    destination.finish()
    return written


IMPORT_SUFFIX = ".import"
_LINES_PER_CALL = 1000


@dataclass(slots=True)
class Tally:
    """Outcomes of the lines so far."""

    lines: int = 0
    created: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """Reason why a line is not stored; lines count from 1."""

    line: int
    memory_id: str
    reason: str


def lines_of(path: Path | None) -> int | None:
    """Count the lines of a file; None for the standard input, of which nobody knows."""
    if path is None:
        return None
    with path.open("rb") as file:
        return sum(1 for _ in file)


OnImported = Callable[[Tally, Sequence[Rejection]], None]


async def import_(
    connection: Connection, path: Path | None, *, resume: bool, told: OnImported
) -> Tally:
    """Store the memories of a file, or of the standard input.

    Args:
        connection: whom to tell.
        path: the file; None is the standard input.
        resume: go on behind the lines that an earlier import of the file brought in.
        told: hears of every step.

    Raises:
        MovingError: there is nothing to go on with.
        MemoryClientError: the service refused or went away; `resume` continues from there.
    """
    place = None if path is None else files.TransferMark(path, IMPORT_SUFFIX)
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


def _resumed(place: files.TransferMark | None) -> Tally:
    noted = place.read() if place else None
    if noted is None:
        raise files.TransferError("there is no unfinished import of this file")
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
                memory = files.memory_of(line)
            except files.UnreadableLineError as error:
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


_MESSAGES_PER_CALL = 500
# What a service says of one conversation, and not of those after it.
_REFUSALS = (
    *(MemoryValidationError, MemoryConflictError, MemoryPermissionError, MemoryStateError),
    ExtractionFailedError,
)


async def bring(
    memory: MemoryAPIClient,
    contents: foreign.Contents,
    *,
    user: str | None,
    namespace: str | None,
    told: Callable[[str], None],
) -> Tally:
    """Store what a file of another memory or chat says.

    Conversations become sessions, and this returns when they are extracted. What was stored by an
    earlier run is there already, so one that was interrupted is repeated.

    Args:
        memory: whom to tell.
        contents: what the file says.
        user: the owner of what names none.
        namespace: the namespace of what names none.
        told: hears what is done.

    Raises:
        MemoryClientError: a service refused or went away.
    """
    tally = Tally(rejected=len(contents.rejected))
    if contents.memories:
        told(f"{len(contents.memories)} memories")
        rows = [_placed(each, user, namespace) for each in contents.memories]
        report = await memory.import_long_term_memories(rows)
        tally.created += report.created
        tally.duplicates += report.duplicates
        tally.rejected += len(report.errors)
        contents.rejected += [(each.memory_id or "", str(each.error)) for each in report.errors]
    for number, conversation in enumerate(contents.conversations, 1):
        told(f"conversation {number} of {len(contents.conversations)}")
        place = conversation.user_id or user, conversation.namespace or namespace
        try:
            new, learned = await _learned(memory, conversation, *place)
        except _REFUSALS as error:
            tally.rejected += 1
            contents.rejected.append((f"conversation {conversation.session_id}", str(error)))
            continue
        tally.created += learned if new else 0
        tally.duplicates += 0 if new else learned
        tally.lines += len(conversation.messages)
    return tally


def _placed(record: MemoryRecord, user: str | None, namespace: str | None) -> MemoryRecord:
    named = {"user_id": record.user_id or user, "namespace": record.namespace or namespace}
    return record.model_copy(update=named)


async def _learned(
    memory: MemoryAPIClient,
    conversation: foreign.Conversation,
    user: str | None,
    namespace: str | None,
) -> tuple[int, int]:
    """Store a conversation; answers its new messages, and the memories that hold what it says."""
    session = conversation.session_id
    messages = conversation.messages
    new = 0
    for start in range(0, len(messages), _MESSAGES_PER_CALL):
        appended = await memory.append_messages_to_working_memory(
            session,
            messages[start : start + _MESSAGES_PER_CALL],
            user_id=user,
            namespace=namespace,
        )
        new += appended.new_message_count
    if conversation.data:
        await memory.update_working_memory_data(
            session, conversation.data, user_id=user, namespace=namespace
        )
    if not messages:
        return 0, 0
    await memory.wait_for_extraction(session, user_id=user, namespace=namespace, timeout=None)
    learned: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        page = await memory.list_jobs(
            session_id=session, namespace=namespace, limit=100, cursor=cursor or None
        )
        learned.update(each for job in page.jobs for each in job.memory_ids)
        cursor = page.next_cursor
    # What was said is stored as well, and no memory that the conversation taught.
    cursor = ""
    while learned and cursor is not None:
        said = await memory.search_long_term_memory(
            text="",
            filters={"session_id": {"eq": session}, "memory_type": {"eq": "message"}},
            limit=100,
            cursor=cursor or None,
        )
        learned.difference_update(record.id for record in said.memories)
        cursor = said.next_cursor
    return new, len(learned)


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "lines": tally.lines,
        "created": tally.created,
        "duplicates": tally.duplicates,
        "rejected": tally.rejected,
    }
