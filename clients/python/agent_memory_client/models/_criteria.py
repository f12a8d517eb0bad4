# Generated from filters.py by scripts/generate.py; do not edit.
"""Conditions as keyword arguments, which searches and listings share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from pydantic import Field

from agent_memory_client import _conditions
from agent_memory_client._types import Model, Text

Operators = Mapping[str, Any]


class FilterArguments(TypedDict, total=False):
    """Conditions; a plain value means equality. See `agent_memory_client.filters`."""

    filters: Mapping[str, Any] | None
    time_zone: str | None
    id: str | Operators | _conditions.TagCondition | None
    namespace: str | Operators | _conditions.TagCondition | None
    user_id: str | Operators | _conditions.TagCondition | None
    session_id: str | Operators | _conditions.TagCondition | None
    topics: str | Operators | _conditions.TagCondition | None
    entities: str | Operators | _conditions.TagCondition | None
    extractor: str | Operators | _conditions.TagCondition | None
    extracted_from: str | Operators | _conditions.TagCondition | None
    slot: str | Operators | _conditions.TagCondition | None
    memory_type: str | Operators | _conditions.TypeCondition | None
    extraction_strategy: str | Operators | _conditions.StrategyCondition | None
    created_at: datetime | str | Operators | _conditions.TimeCondition | None
    updated_at: datetime | str | Operators | _conditions.TimeCondition | None
    last_accessed: datetime | str | Operators | _conditions.TimeCondition | None
    event_date: datetime | str | Operators | _conditions.TimeCondition | None
    access_count: int | Operators | _conditions.NumberCondition | None
    pinned: bool | Operators | _conditions.FlagCondition | None
    standing: bool | Operators | _conditions.FlagCondition | None
    metadata: Operators | _conditions.MetadataCondition | None


class FilterCriteria(Model):
    """Conditions on memories: the keyword arguments of a listing as one value.

    `filters` holds conditions by field (see `agent_memory_client.filters`); the other fields are
    conditions of their own. All of them must hold.
    """

    filters: dict[str, Any] | None = None
    time_zone: Text | None = Field(
        default=None,
        description="IANA zone in which days of the conditions, and times of a question, are "
        "meant; UTC when absent.",
    )
    id: Any = None
    namespace: Any = None
    user_id: Any = None
    session_id: Any = None
    topics: Any = None
    entities: Any = None
    extractor: Any = None
    extracted_from: Any = None
    slot: Any = None
    memory_type: Any = None
    extraction_strategy: Any = None
    created_at: Any = None
    updated_at: Any = None
    last_accessed: Any = None
    event_date: Any = None
    access_count: Any = None
    pinned: Any = None
    standing: Any = None
    metadata: Any = None
