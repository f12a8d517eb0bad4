"""Memories into the store, row by row, in batches."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.commit import Commit, CommitOutcome
from agent_memory_services.long_term_memory.records.intake import violations
from agent_memory_services.long_term_memory.records.store import MemoryStore
from agent_memory_services.long_term_memory.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.transfer.rows import restored
from agent_memory_services.runtime.clock import now_micros
from agent_memory_services.runtime.errors import (
    AccessDenied,
    FieldViolation,
    IdAlreadyExists,
    InvalidField,
    InvalidFields,
    ServiceError,
    SessionErased,
)

_BATCH_ROWS: Final = 100
_BATCH_BYTES: Final = 1024 * 1024
_LISTED_ERRORS: Final = 1000

ContractViolations = Callable[[Memory], Sequence[FieldViolation]]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was rejected; rows count from 0."""

    row: int
    memory_id: str
    error: ServiceError


@dataclass(slots=True)
class ImportReport:
    """What became of the rows so far.

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
        now = now_micros()
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
            _note(number, change.memory, commit, report)

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
        """Those whose ids are free."""
        found = await self._store.get(scope.tenant, [memory.id for memory in memories.values()])
        new: dict[int, Memory] = {}
        for (number, memory), present in zip(memories.items(), found, strict=True):
            if present is None:
                new[number] = memory
            elif present.content_hash == memory.content_hash:
                report.duplicates += 1
            else:
                report.reject(number, memory.id, IdAlreadyExists(memory.id))
        return new

    async def _changes(
        self, memories: Mapping[int, Memory], report: ImportReport
    ) -> dict[int, Change]:
        """The creations of those that can be embedded; the same text may be there twice."""
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


def _note(number: int, memory: Memory, commit: Commit | Exception, report: ImportReport) -> None:
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
