"""Summary views and their partitions."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from google.protobuf.field_mask_pb2 import FieldMask

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory_client.conversions.enums import MEMORY_TYPES, SUMMARY_GROUP_FIELDS
from agent_memory_client.conversions.scalars import from_timestamp, to_duration
from agent_memory_client.errors import invalid
from agent_memory_client.filters import compile_filter, decompile_filter
from agent_memory_client.models.summary_views import SummaryView, SummaryViewPartition

_TEXT_GROUPS = ("user_id", "namespace", "session_id")
_PATHS = {"filters": "filter", "time_window_days": "time_window"}
_ONE_DAY = timedelta(days=1)


def to_summary_view(view: SummaryView) -> extraction_pb2.SummaryView:
    """A view for the server, without the fields that the server sets."""
    days = view.time_window_days
    return extraction_pb2.SummaryView(
        id=view.id or "",
        name=view.name or "",
        group_by=[SUMMARY_GROUP_FIELDS.parse(name, "group_by") for name in view.group_by],
        filter=compile_filter(view.filters),
        time_window=None if days is None else to_duration(timedelta(days=days)),
        continuous=view.continuous,
        prompt=view.prompt or "",
        model_name=view.model_name or "",
    )


def from_summary_view(view: extraction_pb2.SummaryView) -> SummaryView:
    """A view from the server."""
    window = view.time_window.ToTimedelta() / _ONE_DAY if view.HasField("time_window") else None
    return SummaryView.model_validate(
        {
            "id": view.id,
            "name": view.name or None,
            "group_by": [SUMMARY_GROUP_FIELDS.name(field) for field in view.group_by],
            "filters": decompile_filter(view.filter),
            "time_window_days": window,
            "continuous": view.continuous,
            "prompt": view.prompt or None,
            "model_name": view.model_name or None,
            "created_at": from_timestamp(view, "create_time"),
            "updated_at": from_timestamp(view, "update_time"),
            "etag": view.etag or None,
        }
    )


def update_mask(updates: Iterable[str]) -> FieldMask:
    """The mask that names the fields to change."""
    return FieldMask(paths=sorted(_PATHS.get(name, name) for name in updates))


def to_group(group: Mapping[str, str]) -> extraction_pb2.SummaryGroup:
    """The group that a partition stands for.

    Raises:
        MemoryValidationError: A field is none that a view can group by.
    """
    result = extraction_pb2.SummaryGroup()
    for name, value in group.items():
        if name == "memory_type":
            result.memory_type = MEMORY_TYPES.parse(value, "group.memory_type")
        elif name in _TEXT_GROUPS:
            setattr(result, name, value)
        else:
            known = ", ".join((*_TEXT_GROUPS, "memory_type"))
            raise invalid(f"group.{name}", f"unknown field; known are {known}")
    return result


def from_partition(partition: extraction_pb2.SummaryPartition) -> SummaryViewPartition:
    """The summary of one group."""
    group = {field.name: value for field, value in partition.group.ListFields()}
    if "memory_type" in group:
        group["memory_type"] = MEMORY_TYPES.name(group["memory_type"]) or ""
    return SummaryViewPartition(
        view_id=partition.view_id,
        group=group,
        summary=partition.summary,
        memory_count=partition.memory_count,
        empty_reason=partition.empty_reason or None,
        computed_at=from_timestamp(partition, "compute_time"),
    )
