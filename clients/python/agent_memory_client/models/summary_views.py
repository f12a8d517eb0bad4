"""Standing summaries over groups of memories."""

from typing import Any, Literal

from pydantic import Field

from agent_memory_client.models.base import Model
from agent_memory_client.models.times import UtcDatetime

SummaryGroupName = Literal["user_id", "namespace", "session_id", "memory_type"]


class SummaryView(Model):
    """A standing summary over groups of memories."""

    id: str | None = None
    name: str | None = None
    group_by: list[SummaryGroupName] = Field(
        default_factory=list, description="One summary for each combination of these."
    )
    filters: dict[str, Any] = Field(
        default_factory=dict, description="Which memories take part, as in a search."
    )
    time_window_days: float | None = Field(
        default=None,
        gt=0,
        description="Only memories created within so many days; all when absent.",
    )
    continuous: bool = Field(default=False, description="Refreshed in the background while true.")
    prompt: str | None = Field(default=None, description="What the summary shall say.")
    model_name: str | None = None
    created_at: UtcDatetime | None = None
    updated_at: UtcDatetime | None = None
    etag: str | None = None


class SummaryViewPartition(Model):
    """The summary of one group."""

    view_id: str
    group: dict[str, str]
    summary: str
    memory_count: int
    empty_reason: str | None = Field(description="Why there is no summary.")
    computed_at: UtcDatetime | None


class SummaryViewList(Model):
    """A page of summary views."""

    summary_views: list[SummaryView]
    next_cursor: str | None = None


class SummaryViewPartitionList(Model):
    """A page of partitions."""

    partitions: list[SummaryViewPartition]
    next_cursor: str | None = None
