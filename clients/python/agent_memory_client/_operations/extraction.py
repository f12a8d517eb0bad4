"""Operations on background work: jobs, previews, summaries and summary views."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory.extraction.v1 import service_pb2 as rpc
from agent_memory_client import _types, _values, errors, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import operation, records, sessions
from agent_memory_client._operations.messages import to_messages
from agent_memory_client._status import from_status
from agent_memory_client._types import build, checked, text
from agent_memory_client.filters import compile_filter, decompile_filter

_TEXT_GROUPS = ("user_id", "namespace", "session_id")
_PATHS = {"filters": "filter", "time_window_days": "time_window"}
_ONE_DAY = timedelta(days=1)


@checked
def get_job(job_id: _types.Text) -> operation.Operation[rpc.GetJobResponse, models.Job]:
    """Read a job."""
    return operation.Operation(
        rpc.GetJobRequest(job_id=job_id), lambda response: from_job(response.job)
    )


@checked
def list_jobs(
    config: MemoryClientConfig,
    *,
    session_id: _types.Text | None,
    namespace: _types.Text | None,
    state: _types.Text | None,
    limit: _types.Limit,
    cursor: _types.Text | None,
) -> operation.Operation[rpc.ListJobsResponse, models.JobListResponse]:
    """List jobs."""
    request = rpc.ListJobsRequest(
        namespace=config.default_namespace if namespace is None else namespace,
        session_id=session_id,
        state=_values.JOB_STATES.parse_optional(state, "state"),
        page_size=limit,
        page_token=cursor or "",
    )
    return operation.Operation(
        request,
        lambda response: models.JobListResponse(
            jobs=[from_job(job) for job in response.jobs],
            next_cursor=response.next_page_token or None,
        ),
    )


@checked
def retry_job(job_id: _types.Text) -> operation.Operation[rpc.RetryJobResponse, models.Job]:
    """Try a job again."""
    return operation.Operation(
        rpc.RetryJobRequest(job_id=job_id), lambda response: from_job(response.job)
    )


@checked
def cancel_job(job_id: _types.Text) -> operation.Operation[rpc.CancelJobResponse, models.Job]:
    """Cancel a job."""
    return operation.Operation(
        rpc.CancelJobRequest(job_id=job_id), lambda response: from_job(response.job)
    )


@checked
def watch_jobs(
    config: MemoryClientConfig,
    *,
    session_id: _types.Text | None,
    namespace: _types.Text | None,
    resume_token: _types.Text | None,
    patience: _types.Patience,
) -> operation.Watch[rpc.WatchJobsResponse, models.JobChange]:
    """Watch jobs."""
    request = rpc.WatchJobsRequest(
        session_id=session_id or "",
        namespace=config.namespace(namespace) if session_id else "",
        resume_token=resume_token or "",
    )
    return operation.Watch(request, from_job_change, patience)


def watch_progress(
    namespace: str, session_id: str, patience: float
) -> operation.Watch[rpc.WatchJobsResponse, rpc.WatchJobsResponse]:
    """Watch the jobs of a session in the form of the contract."""
    request = rpc.WatchJobsRequest(namespace=namespace, session_id=session_id)
    return operation.Watch(request, operation.as_it_is, patience)


@checked
def preview(
    messages: Any, strategy: Any, *, before: Any, time_zone: _types.Text | None
) -> operation.Operation[rpc.ExtractMemoriesResponse, models.ExtractionPreview]:
    """Find what a strategy would find in messages."""
    config = build(models.MemoryStrategyConfig, {} if strategy is None else strategy, "strategy")
    request = rpc.ExtractMemoriesRequest(
        messages=to_messages(messages),
        before=to_messages(before, "before"),
        extraction=sessions.to_extraction(config),
        time_zone=time_zone or "",
    )
    return operation.Operation(
        request,
        lambda response: models.ExtractionPreview(
            memories=[records.from_memory(candidate.memory) for candidate in response.candidates],
            extractor=response.extractor,
            dropped_items=dict(response.dropped_items),
        ),
    )


@checked
def summarize(
    messages: Any, *, previous_summary: _types.Text, max_words: _types.Count | None
) -> operation.Operation[rpc.SummarizeResponse, str]:
    """Summarize messages."""
    request = rpc.SummarizeRequest(
        messages=to_messages(messages),
        previous_summary=previous_summary,
        max_words=max_words or 0,
    )
    return operation.Operation(request, lambda response: response.summary)


@checked
def create_view(
    view: Any,
) -> operation.Operation[rpc.CreateSummaryViewResponse, models.SummaryView]:
    """Create a view."""
    request = rpc.CreateSummaryViewRequest(
        summary_view=to_summary_view(build(models.SummaryView, view, "view"))
    )
    return operation.Operation(request, lambda response: from_summary_view(response.summary_view))


@checked
def get_view(
    view_id: _types.Text,
) -> operation.Operation[rpc.GetSummaryViewResponse, models.SummaryView]:
    """Read a view."""
    return operation.Operation(
        rpc.GetSummaryViewRequest(view_id=view_id),
        lambda response: from_summary_view(response.summary_view),
    )


@checked
def list_views(
    limit: _types.Limit, cursor: _types.Text | None
) -> operation.Operation[rpc.ListSummaryViewsResponse, models.SummaryViewList]:
    """List views."""
    return operation.Operation(
        rpc.ListSummaryViewsRequest(page_size=limit, page_token=cursor or ""),
        lambda response: models.SummaryViewList(
            summary_views=[from_summary_view(view) for view in response.summary_views],
            next_cursor=response.next_page_token or None,
        ),
    )


@checked
def update_view(
    view_id: _types.Text, updates: Any, etag: _types.Text | None
) -> operation.Operation[rpc.UpdateSummaryViewResponse, models.SummaryView]:
    """Change the fields of a view that are named."""
    if not isinstance(updates, Mapping):
        raise errors.invalid("updates", f"needs fields by name, not {type(updates).__name__}")
    message = to_summary_view(build(models.SummaryView, {**updates, "id": view_id}, "updates"))
    message.etag = etag or ""
    request = rpc.UpdateSummaryViewRequest(summary_view=message, update_mask=update_mask(updates))
    return operation.Operation(request, lambda response: from_summary_view(response.summary_view))


@checked
def delete_view(view_id: _types.Text) -> operation.Operation[rpc.DeleteSummaryViewResponse, bool]:
    """Delete a view."""
    return operation.Operation(
        rpc.DeleteSummaryViewRequest(view_id=view_id), lambda response: response.deleted
    )


@checked
def run_view(view_id: _types.Text) -> operation.Operation[rpc.RunSummaryViewResponse, models.Job]:
    """Refresh a view."""
    return operation.Operation(
        rpc.RunSummaryViewRequest(view_id=view_id), lambda response: from_job(response.job)
    )


@checked
def run_partition(
    view_id: _types.Text, group: Any
) -> operation.Operation[rpc.RunSummaryViewPartitionResponse, models.SummaryViewPartition]:
    """Refresh a partition of a view."""
    return operation.Operation(
        rpc.RunSummaryViewPartitionRequest(view_id=view_id, group=to_group(group)),
        lambda response: from_partition(response.partition),
    )


@checked
def list_partitions(
    view_id: _types.Text, group: Any, limit: _types.Limit, cursor: _types.Text | None
) -> operation.Operation[rpc.ListSummaryViewPartitionsResponse, models.SummaryViewPartitionList]:
    """List the partitions of a view."""
    request = rpc.ListSummaryViewPartitionsRequest(
        view_id=view_id,
        group=None if group is None or group == {} else to_group(group),
        page_size=limit,
        page_token=cursor or "",
    )
    return operation.Operation(
        request,
        lambda response: models.SummaryViewPartitionList(
            partitions=[from_partition(partition) for partition in response.partitions],
            next_cursor=response.next_page_token or None,
        ),
    )


def failure(job: extraction_pb2.Job) -> errors.ExtractionFailedError:
    """Make the error for a job that gave up."""
    failed = from_job(job)
    why = failed.error.message if failed.error else "no reason given"
    return errors.ExtractionFailedError(f"extraction job {job.id} gave up: {why}", failed)


def from_job_change(response: rpc.WatchJobsResponse) -> models.JobChange:
    """Read what a watcher is told."""
    return models.JobChange(
        job=from_job(response.job) if response.HasField("job") else None,
        progress=from_progress(response.progress) if response.HasField("progress") else None,
        resume_token=response.resume_token,
    )


def from_job(job: extraction_pb2.Job) -> models.Job:
    """Read a job."""
    return models.Job(
        id=job.id,
        kind=_values.JOB_KINDS.name(job.kind),
        state=_values.JOB_STATES.name(job.state),
        session_id=job.session.session_id or None,
        namespace=job.session.namespace or None,
        session_uid=job.session_uid or None,
        user_id=job.user_id or None,
        view_id=job.view_id or None,
        first_sequence=job.first_sequence,
        last_sequence=job.last_sequence,
        attempt=job.attempt,
        memory_ids=list(job.memory_ids),
        error=_from_status(job.error) if job.HasField("error") else None,
        dropped_items=dict(job.dropped_items),
        skipped=[_from_skipped(item) for item in job.skipped],
        forget_receipts=[_from_receipt(item) for item in job.forget_receipts],
        created_at=_values.from_timestamp(job, "create_time"),
        due_at=_values.from_timestamp(job, "due_time"),
        started_at=_values.from_timestamp(job, "start_time"),
        ended_at=_values.from_timestamp(job, "end_time"),
    )


def from_progress(progress: extraction_pb2.SessionProgress) -> models.ExtractionProgress:
    """Read how far a session is."""
    return models.ExtractionProgress(
        session_uid=progress.session_uid,
        received_sequence=progress.received_sequence,
        extracted_sequence=progress.extracted_sequence,
    )


def _from_receipt(receipt: extraction_pb2.ForgetReceipt) -> models.ForgetReceipt:
    return models.ForgetReceipt(
        message_id=receipt.message_id,
        outcome=_values.FORGET_OUTCOMES.name(receipt.outcome),
        memory_ids=list(receipt.memory_ids),
        matched=receipt.matched_count,
    )


def _from_skipped(item: extraction_pb2.SkippedItem) -> models.SkippedItem:
    return models.SkippedItem(
        message_id=item.message_id or None,
        sequence=item.sequence or None,
        memory_id=item.memory_id or None,
        error=_from_status(item.error),
    )


def _from_status(status: Status) -> models.JobError:
    error = from_status(status)
    name = code_pb2.Code.Name(status.code)
    return models.JobError(code=name, reason=error.reason, message=status.message)


def to_summary_view(view: models.SummaryView) -> extraction_pb2.SummaryView:
    """Convert a view, without the fields that the server sets."""
    days = view.time_window_days
    return extraction_pb2.SummaryView(
        id=view.id or "",
        name=view.name or "",
        group_by=[_values.SUMMARY_GROUP_FIELDS.parse(name, "group_by") for name in view.group_by],
        filter=compile_filter(view.filters),
        time_window=None if days is None else _values.to_duration(timedelta(days=days)),
        continuous=view.continuous,
        prompt=view.prompt or "",
        model_name=view.model_name or "",
    )


def from_summary_view(view: extraction_pb2.SummaryView) -> models.SummaryView:
    """Read a view."""
    window = view.time_window.ToTimedelta() / _ONE_DAY if view.HasField("time_window") else None
    return models.SummaryView.model_validate(
        {
            "id": view.id,
            "name": view.name or None,
            "group_by": [_values.SUMMARY_GROUP_FIELDS.name(field) for field in view.group_by],
            "filters": decompile_filter(view.filter),
            "time_window_days": window,
            "continuous": view.continuous,
            "prompt": view.prompt or None,
            "model_name": view.model_name or None,
            "created_at": _values.from_timestamp(view, "create_time"),
            "updated_at": _values.from_timestamp(view, "update_time"),
            "etag": view.etag or None,
        }
    )


def update_mask(updates: Iterable[str]) -> FieldMask:
    """Make the mask that names the fields to change."""
    return FieldMask(paths=sorted(_PATHS.get(name, name) for name in updates))


def to_group(group: Mapping[str, str]) -> extraction_pb2.SummaryGroup:
    """Convert the group that a partition stands for.

    Raises:
        MemoryValidationError: A field is none that a view can group by.
    """
    if not isinstance(group, Mapping):
        raise errors.invalid("group", f"needs values by field, not {type(group).__name__}")
    result = extraction_pb2.SummaryGroup()
    for name, value in group.items():
        if name == "memory_type":
            result.memory_type = _values.MEMORY_TYPES.parse(value, "group.memory_type")
        elif name in _TEXT_GROUPS:
            setattr(result, name, text(value, f"group.{name}"))
        else:
            known = ", ".join((*_TEXT_GROUPS, "memory_type"))
            raise errors.invalid(f"group.{name}", f"unknown field; known are {known}")
    return result


def from_partition(partition: extraction_pb2.SummaryPartition) -> models.SummaryViewPartition:
    """Read the summary of one group."""
    group = {field.name: value for field, value in partition.group.ListFields()}
    if "memory_type" in group:
        group["memory_type"] = _values.MEMORY_TYPES.name(group["memory_type"]) or ""
    return models.SummaryViewPartition(
        view_id=partition.view_id,
        group=group,
        summary=partition.summary,
        memory_count=partition.memory_count,
        empty_reason=partition.empty_reason or None,
        computed_at=_values.from_timestamp(partition, "compute_time"),
    )
