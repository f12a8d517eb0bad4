"""Operations on the life of memories: history, forgetting, moving and erasure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from agent_memory.common.v1 import erase_pb2
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.long_term_memory.v1 import long_term_memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory_client import _types, _values, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import memories, operation, records, search
from agent_memory_client._status import from_status
from agent_memory_client._types import build, checked, texts

_LARGEST_BATCH = 10_000
_SAMPLE = 20


@checked
def revisions(
    memory_id: _types.Text, limit: _types.Limit, cursor: _types.Text | None
) -> operation.Operation[rpc.ListMemoryRevisionsResponse, models.MemoryRevisionList]:
    """List the changes of a memory."""
    return operation.Operation(
        rpc.ListMemoryRevisionsRequest(
            memory_id=memory_id, page_size=limit, page_token=cursor or ""
        ),
        lambda response: models.MemoryRevisionList(
            revisions=[from_revision(revision) for revision in response.revisions],
            next_cursor=response.next_page_token or None,
        ),
    )


@checked
def revert(
    memory_id: _types.Text,
    revision_id: _types.Text | None,
    *,
    etag: _types.Text | None,
    reason: _types.Text | None,
    request_id: _types.Text | None,
) -> operation.Operation[rpc.RevertMemoryResponse, list[models.MemoryRecord]]:
    """Take a change back."""
    request = rpc.RevertMemoryRequest(
        memory_id=memory_id,
        revision_id=revision_id or "",
        etag=etag or "",
        reason=reason or "",
        request_id=request_id or "",
    )
    return operation.Operation(
        request, lambda response: [records.from_memory(memory) for memory in response.memories]
    )


@checked
def watch(
    config: MemoryClientConfig,
    *,
    resume_token: _types.Text | None,
    checkpoints: bool,
    patience: _types.Patience,
    criteria: Any,
) -> operation.Watch[rpc.WatchMemoriesResponse, models.MemoryChange]:
    """Watch memories."""
    request = rpc.WatchMemoriesRequest(
        filter=search.default_filter(config, criteria), resume_token=resume_token or ""
    )
    return operation.Watch(
        request,
        from_memory_change,
        patience,
        lambda response: checkpoints or response.HasField("change"),
    )


@checked
def forget(
    config: MemoryClientConfig,
    policy: Any,
    *,
    dry_run: bool,
    pinned_ids: Any,
    request_id: _types.Text | None,
    criteria: Any,
) -> operation.Operation[rpc.ForgetMemoriesResponse, models.ForgetResponse]:
    """Forget by policy."""
    request = rpc.ForgetMemoriesRequest(
        policy=to_forget_policy(build(models.ForgetPolicy, policy, "policy")),
        filter=search.default_filter(config, criteria),
        keep_ids=texts(pinned_ids, "pinned_ids"),
        execute=not dry_run,
        request_id=request_id or "",
    )
    return operation.Operation(request, from_forgotten)


@checked
def delete_by_filter(
    config: MemoryClientConfig,
    *,
    dry_run: bool,
    include_hidden: bool,
    batch_size: _types.Limit,
    reason: _types.Text | None,
    criteria: Any,
) -> rpc.DeleteMemoriesByFilterRequest:
    """Make the request for the batches of a deletion."""
    return rpc.DeleteMemoriesByFilterRequest(
        filter=search.default_filter(config, criteria),
        include_hidden=include_hidden,
        execute=not dry_run,
        limit=batch_size,
        reason=reason or "",
    )


@checked
def update_by_filter(
    config: MemoryClientConfig,
    updates: Any,
    *,
    dry_run: bool,
    include_hidden: bool,
    batch_size: _types.Limit,
    reason: _types.Text | None,
    criteria: Any,
) -> rpc.UpdateMemoriesByFilterRequest:
    """Make the request for the batches of a change."""
    changed = memories.to_update("", build(models.MemoryUpdate, updates, "updates"))
    return rpc.UpdateMemoriesByFilterRequest(
        filter=search.default_filter(config, criteria),
        include_hidden=include_hidden,
        execute=not dry_run,
        limit=batch_size,
        reason=reason or "",
        memory=changed.memory,
        update_mask=changed.update_mask,
    )


ByFilterT = TypeVar(
    "ByFilterT", rpc.DeleteMemoriesByFilterRequest, rpc.UpdateMemoriesByFilterRequest
)


def batch(request: ByFilterT, token: str) -> operation.Operation[Any, models.FilterReport]:
    """Delete or change one batch of memories."""
    following = type(request)()
    following.CopyFrom(request)
    following.resume_token = token
    return operation.Operation(following, from_batch)


def from_batch(
    response: rpc.DeleteMemoriesByFilterResponse | rpc.UpdateMemoriesByFilterResponse,
) -> models.FilterReport:
    """Read what was, or would be, done to a batch."""
    if isinstance(response, rpc.DeleteMemoriesByFilterResponse):
        done, skipped = response.deleted_count, []
    else:
        done, skipped = response.updated_count, list(response.skipped_ids)
    return models.FilterReport(
        matched=response.matched_count,
        done=done,
        sample_ids=list(response.sample_ids),
        skipped_ids=skipped,
        resume_token=response.resume_token or None,
        dry_run=not response.executed,
    )


def joined(report: models.FilterReport, part: models.FilterReport) -> models.FilterReport:
    """Return the report of some batches with that of the next one."""
    return models.FilterReport(
        matched=report.matched,
        done=report.done + part.done,
        sample_ids=[*report.sample_ids, *part.sample_ids][:_SAMPLE],
        skipped_ids=[*report.skipped_ids, *part.skipped_ids],
        resume_token=part.resume_token,
        dry_run=report.dry_run,
    )


@checked
def compact(
    config: MemoryClientConfig, criteria: Any
) -> operation.Operation[rpc.CompactMemoriesResponse, models.CompactionReport]:
    """Consolidate memories."""
    return operation.Operation(
        rpc.CompactMemoriesRequest(filter=search.default_filter(config, criteria)),
        lambda response: models.CompactionReport(
            considered=response.considered_count,
            merged=response.merged_count,
            superseded=response.superseded_count,
        ),
    )


@checked
def export(
    config: MemoryClientConfig,
    *,
    include_hidden: bool,
    resume_token: _types.Text | None,
    criteria: Any,
) -> operation.Operation[rpc.ExportMemoriesResponse, models.ExportPart]:
    """Stream memories out."""
    request = rpc.ExportMemoriesRequest(
        filter=search.default_filter(config, criteria),
        include_hidden=include_hidden,
        resume_token=resume_token or "",
    )
    return operation.Operation(
        request,
        lambda response: models.ExportPart(
            memories=[records.from_memory(memory) for memory in response.memories],
            resume_token=response.resume_token,
        ),
    )


def import_(
    config: MemoryClientConfig,
) -> operation.Upload[
    models.MemoryRecord | Mapping[str, Any], rpc.ImportMemoriesResponse, models.ImportReport
]:
    """Store memories as they were elsewhere."""

    @checked
    def shape(memory: Any, number: int) -> rpc.ImportMemoriesRequest:
        record = build(models.MemoryRecord, memory, f"memories[{number}]")
        return rpc.ImportMemoriesRequest(
            memory=records.to_imported(
                record, namespace=config.namespace(None), user_id=config.user(None)
            )
        )

    return operation.Upload(rpc.ImportMemoriesRequest, shape, from_import, "memories")


class Erasure:
    """Erasure of a user, service by service, each told which sessions the one before erased."""

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id
        self._sessions: dict[str, erase_pb2.ErasedSession] = {}
        self._receipts: list[list[models.EraseReceipt]] = []

    def in_working_memory(
        self,
    ) -> operation.Operation[working_memory.EraseUserResponse, working_memory.EraseUserResponse]:
        """Erase the user's sessions."""
        return operation.Operation(
            working_memory.EraseUserRequest(user_id=self._user_id), operation.as_it_is
        )

    def in_extraction(
        self,
    ) -> list[operation.Operation[extraction.EraseUserResponse, extraction.EraseUserResponse]]:
        """Erase what waits for extraction, in calls of a size that the service takes."""
        return [
            operation.Operation(
                extraction.EraseUserRequest(user_id=self._user_id, sessions=batch),
                operation.as_it_is,
            )
            for batch in self._batches()
        ]

    def in_long_term_memory(
        self,
    ) -> list[operation.Operation[rpc.EraseUserResponse, rpc.EraseUserResponse]]:
        """Erase the user's memories, in calls of a size that the service takes."""
        return [
            operation.Operation(
                rpc.EraseUserRequest(user_id=self._user_id, sessions=batch), operation.as_it_is
            )
            for batch in self._batches()
        ]

    def note(
        self,
        responses: Sequence[
            working_memory.EraseUserResponse | extraction.EraseUserResponse | rpc.EraseUserResponse
        ],
    ) -> None:
        """Keep the receipts of a service, and the sessions that it tells."""
        self._receipts.append([from_receipt(response.receipt) for response in responses])
        for response in responses:
            if not isinstance(response, rpc.EraseUserResponse):
                for each in response.sessions:
                    self._sessions.setdefault(each.session_uid, each).owned_late |= each.owned_late

    def receipt(self) -> models.ErasureReceipt:
        """Answer one receipt of all services."""
        receipts = [_together(receipts) for receipts in self._receipts]
        return models.ErasureReceipt(user_id=self._user_id, receipts=receipts)

    def _batches(self) -> list[list[erase_pb2.ErasedSession]]:
        """Cut the sessions into batches that a call takes; one batch where there are none."""
        sessions = list(self._sessions.values())
        starts = range(0, max(1, len(sessions)), _LARGEST_BATCH)
        return [sessions[start : start + _LARGEST_BATCH] for start in starts]


@checked
def erasure(user_id: _types.Text) -> Erasure:
    """Begin the erasure of a user."""
    return Erasure(user_id)


def to_forget_policy(policy: models.ForgetPolicy) -> long_term_memory_pb2.ForgetPolicy:
    """Convert the policy of forgetting."""
    age, inactive = policy.max_age_days, policy.max_inactive_days
    return long_term_memory_pb2.ForgetPolicy(
        max_age=None if age is None else _values.to_duration(timedelta(days=age)),
        max_inactive=None if inactive is None else _values.to_duration(timedelta(days=inactive)),
        keep_per_owner=policy.budget,
        types=[_values.MEMORY_TYPES.parse(name, "policy") for name in policy.memory_type_allowlist],
        hard_age_multiplier=policy.hard_age_multiplier,
        permanently=policy.permanently,
    )


def from_forgotten(response: rpc.ForgetMemoriesResponse) -> models.ForgetResponse:
    """Read what was, or would be, forgotten."""
    return models.ForgetResponse(
        forgotten=[
            models.ForgottenMemory(
                memory_id=item.memory_id, reason=_values.FORGET_REASONS.name(item.reason)
            )
            for item in response.memories
        ],
        deleted=response.forgotten_count,
        scanned=response.considered_count,
        dry_run=not response.executed,
    )


def from_revision(revision: long_term_memory_pb2.MemoryRevision) -> models.MemoryRevision:
    """Read one change of a memory."""
    return models.MemoryRevision(
        revision_id=revision.revision_id,
        memory_id=revision.memory_id,
        cause=_values.REVISION_CAUSES.name(revision.cause),
        actor=revision.actor,
        reason=revision.reason or None,
        before=records.from_memory(revision.before) if revision.HasField("before") else None,
        after=records.from_memory(revision.after) if revision.HasField("after") else None,
        related_memory_ids=list(revision.related_memory_ids),
        created_at=_values.from_timestamp(revision, "create_time"),
    )


def from_memory_change(answer: rpc.WatchMemoriesResponse) -> models.MemoryChange:
    """Read what a watcher is told."""
    change = answer.change
    return models.MemoryChange(
        kind=_values.MEMORY_CHANGES.name(change.kind),
        memory_id=change.memory_id or None,
        memory=records.from_memory(change.memory) if change.HasField("memory") else None,
        changed_at=_values.from_timestamp(change, "change_time"),
        resume_token=answer.resume_token,
    )


def from_import(response: rpc.ImportMemoriesResponse) -> models.ImportReport:
    """Read what became of an import."""
    return models.ImportReport(
        created=response.created_count,
        duplicates=response.duplicate_count,
        rejected=response.rejected_count,
        errors=[
            models.ImportRowError(
                row=item.row, memory_id=item.memory_id or None, error=from_status(item.error)
            )
            for item in response.errors
        ],
    )


def from_receipt(receipt: erase_pb2.EraseReceipt) -> models.EraseReceipt:
    """Read what one service erased."""
    return models.EraseReceipt(
        receipt_id=receipt.receipt_id,
        service=receipt.service,
        erased=dict(receipt.erased),
        started_at=_values.from_timestamp(receipt, "start_time"),
        ended_at=_values.from_timestamp(receipt, "end_time"),
    )


def _together(receipts: Sequence[models.EraseReceipt]) -> models.EraseReceipt:
    """Make one receipt of a service that was asked in several calls."""
    first, *others = receipts
    if not others:
        return first
    erased: Counter[str] = Counter()
    for receipt in receipts:
        erased.update(receipt.erased)
    return first.model_copy(update={"erased": dict(erased), "ended_at": receipts[-1].ended_at})
