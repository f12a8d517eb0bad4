"""The typed keyword arguments that searches and listings share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from agent_memory_client.filters.conditions import (
    StrategyCondition,
    TagCondition,
    TimeCondition,
    TypeCondition,
)
from agent_memory_client.models.search import RankingConfig, RecencyConfig, SearchModeEnum

Operators = Mapping[str, Any]


class FilterArguments(TypedDict, total=False):
    """Conditions; a plain value means equality. See `agent_memory_client.filters`."""

    filters: Mapping[str, Any] | None
    session_id: str | Operators | TagCondition | None
    namespace: str | Operators | TagCondition | None
    user_id: str | Operators | TagCondition | None
    topics: str | Operators | TagCondition | None
    entities: str | Operators | TagCondition | None
    memory_type: str | Operators | TypeCondition | None
    created_at: Operators | TimeCondition | None
    last_accessed: Operators | TimeCondition | None
    event_date: Operators | TimeCondition | None
    extraction_strategy: str | Operators | StrategyCondition | None


class SearchArguments(FilterArguments, total=False):
    """The fields of `agent_memory_client.models.SearchQuery` besides `text`."""

    search_mode: SearchModeEnum | str | None
    hybrid_alpha: float | None
    distance_threshold: float | None
    min_score: float | None
    recency_boost: bool | None
    recency: RecencyConfig | Mapping[str, Any] | None
    ranking: RankingConfig | Mapping[str, Any] | None
    as_of: datetime | str | None
    include_superseded: bool
    time_zone: str | None
    untracked: bool
