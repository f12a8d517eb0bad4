"""What becomes of memories: stored, forgotten, changed, erased."""

from typing import Literal

from pydantic import ConfigDict, Field

from agent_memory_client.errors import MemoryClientError
from agent_memory_client.models.base import Model
from agent_memory_client.models.memories import MemoryRecord, MemoryTypeEnum
from agent_memory_client.models.times import UtcDatetime

DeduplicationName = Literal["none", "exact", "consolidate"]


class CreateMemoryResult(Model):
    """What became of one memory that was to be created."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    outcome: str | None = Field(
        description="`created`, `duplicate`, `merged`, `superseded` or `rejected`."
    )
    memory_id: str | None = Field(description="The memory that now holds it; none when rejected.")
    related_memory_ids: list[str] = Field(description="Others that the outcome concerns.")
    memory: MemoryRecord | None = Field(description="The memory as stored.")
    error: MemoryClientError | None = Field(default=None, description="Why it was rejected.")


class CreateResult(Model):
    """What became of each memory, in the order given."""

    results: list[CreateMemoryResult]

    @property
    def ids(self) -> list[str]:
        """Ids of the memories that now hold what was given, without the rejected."""
        return [result.memory_id for result in self.results if result.memory_id]

    @property
    def rejected(self) -> list[CreateMemoryResult]:
        """The results of those that are not stored."""
        return [result for result in self.results if result.outcome == "rejected"]

    def raise_for_rejected(self) -> None:
        """Raise the error of the first memory that was rejected."""
        for result in self.rejected:
            if result.error:
                raise result.error


class BatchGetResult(Model):
    """Several memories by id."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memories: list[MemoryRecord] = Field(description="Those that were found, in the order asked.")
    errors: dict[str, MemoryClientError] = Field(description="Why there is none, by id.")


class DeleteResult(Model):
    """What was deleted."""

    deleted_ids: list[str] = Field(description="The memories that existed and are gone.")


class ForgetPolicy(Model):
    """What may be forgotten."""

    max_age_days: float | None = Field(default=None, gt=0, description="Older than this.")
    max_inactive_days: float | None = Field(
        default=None, gt=0, description="Not found for this long."
    )
    budget: int | None = Field(
        default=None, ge=0, description="Keeps the best so many of each owner."
    )
    memory_type_allowlist: list[MemoryTypeEnum] = Field(
        default_factory=list, description="Only these types; all when empty."
    )
    hard_age_multiplier: float = Field(
        default=12.0, gt=0, description="With both ages set, so many times the age suffices alone."
    )
    permanently: bool = Field(
        default=False, description="Deletes at once instead of archiving first."
    )


class ForgottenMemory(Model):
    """A memory that is, or would be, forgotten."""

    memory_id: str
    reason: str | None = Field(description="`age`, `inactive`, `budget` or `expired`.")


class ForgetResponse(Model):
    """What was, or would be, forgotten."""

    forgotten: list[ForgottenMemory] = Field(description="At most 10000 of them.")
    deleted: int = Field(description="How many in all.")
    scanned: int = Field(description="How many were considered.")
    dry_run: bool

    @property
    def deleted_ids(self) -> list[str]:
        """Ids of the memories that are, or would be, gone."""
        return [item.memory_id for item in self.forgotten]


class CompactionReport(Model):
    """What consolidation did."""

    considered: int = Field(description="How many changed memories were looked at.")
    merged: int
    superseded: int


class MemoryRevision(Model):
    """One change of a memory."""

    revision_id: str
    memory_id: str
    cause: str | None = Field(
        description="`create`, `update`, `merge`, `supersede`, `revert`, `forget`, `delete` or "
        "`import`."
    )
    actor: str
    reason: str | None
    before: MemoryRecord | None
    after: MemoryRecord | None
    related_memory_ids: list[str]
    created_at: UtcDatetime | None


class MemoryRevisionList(Model):
    """A page of a memory's history, the latest first."""

    revisions: list[MemoryRevision]
    next_cursor: str | None = None


class MemoryChange(Model):
    """What a watcher is told: a change of a memory, or a sign of life without one."""

    kind: str | None = Field(
        description="`created`, `updated`, `merged`, `superseded` or `deleted`."
    )
    memory_id: str | None
    memory: MemoryRecord | None = Field(description="The memory after it; none where it is gone.")
    changed_at: UtcDatetime | None
    resume_token: str = Field(description="Continues a watch after this.")


class ExportPart(Model):
    """Some of the memories of an export, oldest first."""

    memories: list[MemoryRecord]
    resume_token: str = Field(description="Continues after these memories.")


class ImportRowError(Model):
    """Why a row of an import was rejected."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    row: int = Field(description="Its position among those given, from 0.")
    memory_id: str | None = Field(description="Its memory's id, where it named one.")
    error: MemoryClientError


class ImportReport(Model):
    """What became of an import."""

    created: int = Field(description="How many memories are stored now.")
    duplicates: int = Field(description="How many were there before.")
    rejected: int
    errors: list[ImportRowError] = Field(description="Why, for at most 1000 of the rejected.")


class EraseReceipt(Model):
    """What one service erased of a user."""

    receipt_id: str
    service: str
    erased: dict[str, int] = Field(description="How many of each kind went.")
    started_at: UtcDatetime | None
    ended_at: UtcDatetime | None


class ErasureReceipt(Model):
    """What all services erased of a user, in the order it happened."""

    user_id: str
    receipts: list[EraseReceipt]

    @property
    def erased(self) -> dict[str, int]:
        """How many of each kind went, over all services."""
        totals: dict[str, int] = {}
        for receipt in self.receipts:
            for kind, count in receipt.erased.items():
                totals[kind] = totals.get(kind, 0) + count
        return totals
