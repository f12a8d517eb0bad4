"""What becomes of memories in long-term memory."""

from collections.abc import Sequence
from datetime import timedelta

from agent_memory.common.v1 import erase_pb2
from agent_memory.long_term_memory.v1 import long_term_memory_pb2, service_pb2
from agent_memory_client.conversions.enums import (
    CREATE_OUTCOMES,
    FORGET_REASONS,
    MEMORY_CHANGES,
    MEMORY_TYPES,
    REVISION_CAUSES,
)
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.conversions.scalars import from_timestamp, to_duration
from agent_memory_client.error_details import from_status
from agent_memory_client.models.lifecycle import (
    BatchGetResult,
    CreateMemoryResult,
    EraseReceipt,
    ForgetPolicy,
    ForgetResponse,
    ForgottenMemory,
    ImportReport,
    ImportRowError,
    MemoryChange,
    MemoryRevision,
)


def from_create_result(result: long_term_memory_pb2.CreateMemoryResult) -> CreateMemoryResult:
    """What became of one memory."""
    return CreateMemoryResult(
        outcome=CREATE_OUTCOMES.name(result.outcome),
        memory_id=result.memory_id or None,
        related_memory_ids=list(result.related_memory_ids),
        memory=from_memory(result.memory) if result.HasField("memory") else None,
        error=from_status(result.error) if result.HasField("error") else None,
    )


def from_batch(
    memory_ids: Sequence[str], response: service_pb2.BatchGetMemoriesResponse
) -> BatchGetResult:
    """Several memories, each or why not."""
    items = list(zip(memory_ids, response.items, strict=True))
    return BatchGetResult(
        memories=[from_memory(item.memory) for _, item in items if item.HasField("memory")],
        errors={
            memory_id: from_status(item.error)
            for memory_id, item in items
            if item.HasField("error")
        },
    )


def to_forget_policy(policy: ForgetPolicy) -> long_term_memory_pb2.ForgetPolicy:
    """What may be forgotten."""
    age, inactive = policy.max_age_days, policy.max_inactive_days
    return long_term_memory_pb2.ForgetPolicy(
        max_age=None if age is None else to_duration(timedelta(days=age)),
        max_inactive=None if inactive is None else to_duration(timedelta(days=inactive)),
        keep_per_owner=policy.budget,
        types=[MEMORY_TYPES.parse(name, "policy") for name in policy.memory_type_allowlist],
        hard_age_multiplier=policy.hard_age_multiplier,
        permanently=policy.permanently,
    )


def from_forgotten(response: service_pb2.ForgetMemoriesResponse) -> ForgetResponse:
    """What was, or would be, forgotten."""
    return ForgetResponse(
        forgotten=[
            ForgottenMemory(memory_id=item.memory_id, reason=FORGET_REASONS.name(item.reason))
            for item in response.forgotten
        ],
        deleted=response.forgotten_count,
        scanned=response.considered_count,
        dry_run=not response.executed,
    )


def from_revision(revision: long_term_memory_pb2.MemoryRevision) -> MemoryRevision:
    """One change of a memory."""
    return MemoryRevision(
        revision_id=revision.revision_id,
        memory_id=revision.memory_id,
        cause=REVISION_CAUSES.name(revision.cause),
        actor=revision.actor,
        reason=revision.reason or None,
        before=from_memory(revision.before) if revision.HasField("before") else None,
        after=from_memory(revision.after) if revision.HasField("after") else None,
        related_memory_ids=list(revision.related_memory_ids),
        created_at=from_timestamp(revision, "create_time"),
    )


def from_memory_change(answer: service_pb2.WatchMemoriesResponse) -> MemoryChange:
    """What a watcher is told."""
    change = answer.change
    return MemoryChange(
        kind=MEMORY_CHANGES.name(change.kind),
        memory_id=change.memory_id or None,
        memory=from_memory(change.memory) if change.HasField("memory") else None,
        changed_at=from_timestamp(change, "change_time"),
        resume_token=answer.resume_token,
    )


def from_import(response: service_pb2.ImportMemoriesResponse) -> ImportReport:
    """What became of an import."""
    return ImportReport(
        created=response.created_count,
        duplicates=response.duplicate_count,
        rejected=response.rejected_count,
        errors=[
            ImportRowError(
                row=item.row, memory_id=item.memory_id or None, error=from_status(item.error)
            )
            for item in response.errors
        ],
    )


def from_receipt(receipt: erase_pb2.EraseReceipt) -> EraseReceipt:
    """What one service erased."""
    return EraseReceipt(
        receipt_id=receipt.receipt_id,
        service=receipt.service,
        erased=dict(receipt.erased),
        started_at=from_timestamp(receipt, "start_time"),
        ended_at=from_timestamp(receipt, "end_time"),
    )
