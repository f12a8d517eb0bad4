"""Export of memories as a stream, and import with an outcome for each row."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.contract.errors import (
    AccessDenied,
    FieldViolation,
    IdAlreadyExists,
    InvalidField,
    InvalidFields,
    ServiceError,
    SessionErased,
)
from agent_memory_services.long_term_memory.domain import conditions
from agent_memory_services.long_term_memory.domain.memory import (
    Change,
    content_hash,
    normalise,
    violations,
)
from agent_memory_services.long_term_memory.domain.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.listing import ListingCursor, Walk
from agent_memory_services.long_term_memory.store.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore


def restored(row: Memory, now: int, model: str) -> Memory:
    """Return the memory that a row describes, with the life it had before.

    Everything is kept but what depends on this store: the digest, the etag, the fingerprint of the
    embedding model, and conflicts, which consolidation finds anew. A row without an id has one
    that follows from all it says, so that the same row sent again is the same memory.

    Args:
        row: the memory as it was exported, or as much of it as a caller gave.
        now: the present, in microseconds.
        model: fingerprint of the embedding model.
    """
    memory = Memory()
    memory.CopyFrom(row)
    memory.id = row.id or _id_of(row)
    del memory.conflicts_with[:]
    if not memory.HasField("create_time"):
        memory.create_time.CopyFrom(clock.to_timestamp(now))
    memory.proof_count = max(1, row.proof_count)
    memory.embedding_model = model
    normalise(memory, now)
    if row.HasField("update_time"):
        memory.update_time.CopyFrom(row.update_time)
    return memory


def _id_of(row: Memory) -> str:
    spelled = row.SerializeToString(deterministic=True).hex()
    return ids.derived_id("import", spelled)


_BATCH_ROWS: Final = 100
_BATCH_BYTES: Final = 1024 * 1024
_LISTED_ERRORS: Final = 1000

ContractViolations = Callable[[Memory], Sequence[FieldViolation]]


@dataclass(frozen=True, slots=True)
class RowError:
    """Reason that a row was rejected; rows count from 0."""

    row: int
    memory_id: str
    error: ServiceError


@dataclass(slots=True)
class ImportReport:
    """Counts of the rows so far.

    Attributes:
        created: how many are stored now.
        duplicates: how many were there before.
        rejected: how many were refused.
        errors: why, for the first thousand of these.
    """

    created: int = 0
    duplicates: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)

    def reject(self, row: int, memory_id: str, error: ServiceError) -> None:
        """Note that a row was refused."""
        self.rejected += 1
        if len(self.errors) < _LISTED_ERRORS:
            self.errors.append(RowError(row, memory_id, error))


class Import:
    """Takes rows in.

    A row is known by its id. What was stored before is neither stored nor embedded again, so that
    an import that was cut is finished by sending everything once more.
    """

    def __init__(
        self, store: MemoryStore, vectorizer: Vectorizer, violations: ContractViolations
    ) -> None:
        """Refuse rows that the contract forbids; `violations` says which."""
        self._store = store
        self._vectorizer = vectorizer
        self._violations = violations

    async def run(self, scope: Scope, rows: AsyncIterator[Memory], *, actor: str) -> ImportReport:
        """Store the rows of a stream; no more of them than a batch are held at a time.

        Their history names `actor`.

        Raises:
            EmbeddingUnavailable: the embedding provider is away; rows before may be stored.
            RedisError: the store is; likewise.
        """
        report = ImportReport()
        batch: dict[int, Memory] = {}
        size = number = 0
        async for row in rows:
            batch[number] = row
            number += 1
            size += row.ByteSize()
            if len(batch) == _BATCH_ROWS or size >= _BATCH_BYTES:
                await self._take(scope, batch, report, actor)
                batch, size = {}, 0
        await self._take(scope, batch, report, actor)
        report.errors.sort(key=lambda rejected: rejected.row)
        return report

    async def _take(
        self, scope: Scope, rows: Mapping[int, Memory], report: ImportReport, actor: str
    ) -> None:
        now = clock.now_micros()
        acceptable: dict[int, Memory] = {}
        for number, row in rows.items():
            if (error := self._refusal(scope, row)) is not None:
                report.reject(number, row.id, error)
            else:
                # A microsecond apart, so that rows without a time keep their order.
                acceptable[number] = restored(row, now + len(acceptable), self._vectorizer.model)
        new = await self._new(scope, acceptable, report)
        changes = await self._changes(new, report)
        commits = await self._store.commit_each(
            scope.tenant, list(changes.values()), actor=actor, now=now
        )
        for (number, change), commit in zip(changes.items(), commits, strict=True):
            _tally(number, change.memory, commit, report)

    def _refusal(self, scope: Scope, row: Memory) -> ServiceError | None:
        stated = (
            FieldViolation(f"memory.{broken.field}", broken.description)
            for broken in self._violations(row)
        )
        if broken := [*stated, *violations(row, "memory")]:
            return InvalidFields(broken)
        return None if scope.admits(row) else AccessDenied(OTHER_SCOPE)

    async def _new(
        self, scope: Scope, memories: Mapping[int, Memory], report: ImportReport
    ) -> dict[int, Memory]:
        """Return the memories whose ids are free."""
        found = await self._store.get(scope.tenant, [memory.id for memory in memories.values()])
        new: dict[int, Memory] = {}
        for (number, memory), present in zip(memories.items(), found, strict=True):
            if present is None:
                new[number] = memory
            elif content_hash(present) == memory.content_hash:
                report.duplicates += 1
            else:
                report.reject(number, memory.id, IdAlreadyExists(memory.id))
        return new

    async def _changes(
        self, memories: Mapping[int, Memory], report: ImportReport
    ) -> dict[int, Change]:
        """Return the creations of memories that can be embedded; a text may occur twice."""
        found = await self._vectorizer.of_memories(list(memories.values())) if memories else []
        changes: dict[int, Change] = {}
        for (number, memory), vectors in zip(memories.items(), found, strict=True):
            if vectors is None:
                report.reject(number, memory.id, InvalidField("memory.text", REJECTED))
            else:
                changes[number] = Change(
                    None, memory, ltm.REVISION_CAUSE_IMPORT, vectors, unique=False
                )
        return changes


def _tally(number: int, memory: Memory, commit: Commit | Exception, report: ImportReport) -> None:
    if isinstance(commit, Exception):
        raise commit
    match commit.outcome:
        case CommitOutcome.COMMITTED:
            report.created += 1
        case CommitOutcome.SAME:
            report.duplicates += 1
        case CommitOutcome.ERASED:
            report.reject(number, memory.id, SessionErased())
        case _:
            report.reject(number, memory.id, IdAlreadyExists(memory.id))


_READ_AT_A_TIME: Final = 100
_SENT_AT_A_TIME: Final = 1024 * 1024
"""Bytes of one part, so that large memories fit into the messages of any caller."""


async def exported(
    walk: Walk, scope: Scope, condition: conditions.Node, after: ListingCursor | None
) -> AsyncIterator[Sequence[Memory]]:
    """Yield the memories behind a position, in parts; each is read after the one before.

    A caller that takes them slowly slows the reading down, and no more than one page is held.
    """
    pages = walk.pages(scope, condition, size=_READ_AT_A_TIME, after=after)
    async for page in pages:
        for part in parts(page, _SENT_AT_A_TIME):
            yield part


def parts(memories: Sequence[Memory], limit: int) -> Iterator[Sequence[Memory]]:
    """Yield the memories in order, in parts of at most `limit` bytes or of a single memory."""
    part: list[Memory] = []
    size = 0
    for memory in memories:
        bytes_ = memory.ByteSize()
        if part and size + bytes_ > limit:
            yield part
            part, size = [], 0
        part.append(memory)
        size += bytes_
    if part:
        yield part
