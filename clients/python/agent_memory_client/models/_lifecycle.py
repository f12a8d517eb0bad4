"""Life of memories: stored, changed, forgotten, moved, erased."""

from typing import Literal

from pydantic import ConfigDict, Field

from agent_memory_client import _types
from agent_memory_client.errors import MemoryClientError
from agent_memory_client.models._memories import MemoryRecord, MemoryTypeEnum

DeduplicationName = Literal["none", "exact", "consolidate"]


class CreateMemoryResult(_types.Model):
    """Outcome of one memory that was to be created."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    outcome: _types.Text | None = Field(
        description="`created`, `duplicate`, `merged`, `superseded` or `rejected`."
    )
    memory_id: _types.Text | None = Field(
        description="The memory that now holds it; none when rejected."
    )
    related_memory_ids: list[_types.Text] = Field(description="Others that the outcome concerns.")
    memory: MemoryRecord | None = Field(description="The memory as stored.")
    error: MemoryClientError | None = Field(default=None, description="Why it was rejected.")


class CreateResult(_types.Model):
    """Outcome of each memory, in the order given."""

    results: list[CreateMemoryResult]

    @property
    def ids(self) -> list[str]:
        """List the ids of the memories that now hold what was given, without the rejected."""
        return [result.memory_id for result in self.results if result.memory_id]

    @property
    def rejected(self) -> list[CreateMemoryResult]:
        """List the results of those that are not stored."""
        return [result for result in self.results if result.outcome == "rejected"]

    def raise_for_rejected(self) -> None:
        """Raise the error of the first memory that was rejected."""
        for result in self.rejected:
            if result.error:
                raise result.error


class BatchGetResult(_types.Model):
    """Several memories by id."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memories: list[MemoryRecord] = Field(description="Those that were found, in the order asked.")
    errors: dict[str, MemoryClientError] = Field(description="Why there is none, by id.")


class DeleteResult(_types.Model):
    """Result of a deletion."""

    deleted_ids: list[_types.Text] = Field(description="The memories that existed and are gone.")


class FilterReport(_types.Model):
    """Memories that were, or would be, deleted or changed by a filter."""

    matched: int = Field(description="How many match the filter at the beginning.")
    done: int = Field(default=0, description="How many were deleted or changed; 0 in a dry run.")
    sample_ids: list[_types.Text] = Field(description="The first of them, at most 20.")
    skipped_ids: list[_types.Text] = Field(
        default_factory=list,
        description="Memories left as they are, because others have the content they would get.",
    )
    resume_token: _types.Text | None = None
    dry_run: bool


class ForgetPolicy(_types.Model):
    """Policy by which memories are forgotten."""

    max_age_days: _types.Days | None = Field(default=None, description="Older than this.")
    max_inactive_days: _types.Days | None = Field(
        default=None, description="Not found for this long."
    )
    budget: int | None = Field(
        default=None,
        ge=0,
        le=_types.LARGEST_INT32,
        description="Keeps the best so many of each owner.",
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


class ForgottenMemory(_types.Model):
    """A memory that is, or would be, forgotten."""

    memory_id: _types.Text
    reason: _types.Text | None = Field(
        description="`age`, `inactive`, `budget`, `expired` or `requested`."
    )


class ForgetResponse(_types.Model):
    """Memories that were, or would be, forgotten."""

    forgotten: list[ForgottenMemory] = Field(description="At most 10000 of them.")
    deleted: int = Field(description="How many in all.")
    scanned: int = Field(description="How many were considered.")
    dry_run: bool

    @property
    def deleted_ids(self) -> list[str]:
        """List the ids of the memories that are, or would be, gone."""
        return [item.memory_id for item in self.forgotten]


class CompactionReport(_types.Model):
    """Result of a consolidation."""

    considered: int = Field(description="How many changed memories were looked at.")
    merged: int
    superseded: int


class MemoryRevision(_types.Model):
    """One change of a memory."""

    revision_id: _types.Text
    memory_id: _types.Text
    cause: _types.Text | None = Field(
        description="`create`, `update`, `merge`, `supersede`, `revert`, `forget`, `delete` or "
        "`import`."
    )
    actor: _types.Text
    reason: _types.Text | None
    before: MemoryRecord | None
    after: MemoryRecord | None
    related_memory_ids: list[_types.Text]
    created_at: _types.UtcDatetime | None


class MemoryRevisionList(_types.Model):
    """A page of a memory's history, the latest first."""

    revisions: list[MemoryRevision]
    next_cursor: _types.Text | None = None


class MemoryChange(_types.Model):
    """News for a watcher: a change of a memory, or a sign of life without one."""

    kind: _types.Text | None = Field(
        description="`created`, `updated`, `merged`, `superseded` or `deleted`."
    )
    memory_id: _types.Text | None
    memory: MemoryRecord | None = Field(description="The memory after it; none where it is gone.")
    changed_at: _types.UtcDatetime | None
    resume_token: _types.Text = Field(description="Continues a watch after this.")


class ExportPart(_types.Model):
    """Some of the memories of an export, oldest first."""

    memories: list[MemoryRecord]
    resume_token: _types.Text = Field(description="Continues after these memories.")


class ImportRowError(_types.Model):
    """Reason for which a row of an import was rejected."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    row: int = Field(description="Its position among those given, from 0.")
    memory_id: _types.Text | None = Field(description="Its memory's id, where it named one.")
    error: MemoryClientError


class ImportReport(_types.Model):
    """Outcome of an import."""

    created: int = Field(description="How many memories are stored now.")
    duplicates: int = Field(description="How many were there before.")
    rejected: int
    errors: list[ImportRowError] = Field(description="Why, for at most 1000 of the rejected.")


class EraseReceipt(_types.Model):
    """Receipt of one service for the data of a user that it erased."""

    receipt_id: _types.Text
    service: _types.Text
    erased: dict[str, int] = Field(description="How many of each kind went.")
    started_at: _types.UtcDatetime | None
    ended_at: _types.UtcDatetime | None


class ErasureReceipt(_types.Model):
    """Receipts of all services for an erased user, in the order it happened."""

    user_id: _types.Text
    receipts: list[EraseReceipt]

    @property
    def erased(self) -> dict[str, int]:
        """Count what went of each kind, over all services."""
        totals: dict[str, int] = {}
        for receipt in self.receipts:
            for kind, count in receipt.erased.items():
                totals[kind] = totals.get(kind, 0) + count
        return totals
