"""Which memories are meant.

Conditions by field name, all of which must hold::

    {"user_id": {"eq": "alice"}, "topics": {"all": ["food", "travel"]}}
    {"created_at": {"gte": "2024-01-01", "lt": "2025-01-01"}}
    {"namespace": "work", "any_of": [{"pinned": True}, {"memory_type": "episodic"}]}

========================================  ==================================================
Fields                                    Operators
========================================  ==================================================
id, namespace, user_id, session_id,       eq, ne, any, all, none, prefix, exists
topics, entities, extractor,
extracted_from, slot
created_at, updated_at, last_accessed,    eq, ne, gt, gte, lt, lte, between, exists
event_date
access_count                              eq, ne, gt, gte, lt, lte, between
memory_type, extraction_strategy          eq, ne, any, none
pinned, standing                          eq, ne
any_of, none_of                           a list of filters
========================================  ==================================================

A plain value means `eq`. `in_`, `not_in`, `not_eq` and `startswith` are other names of `any`,
`none`, `ne` and `prefix`. The classes of this module say the same with completion:
`UserId(eq="alice")`. Anything unknown raises `MemoryValidationError` with its path.
"""

from agent_memory_client.filters.compile import compile_filter, conjunction
from agent_memory_client.filters.conditions import (
    AccessCount,
    Condition,
    CreatedAt,
    Entities,
    EventDate,
    ExtractionStrategy,
    Id,
    LastAccessed,
    MemoryType,
    Namespace,
    SessionId,
    Topics,
    UpdatedAt,
    UserId,
)
from agent_memory_client.filters.decompile import decompile_filter

__all__ = [
    "AccessCount",
    "Condition",
    "CreatedAt",
    "Entities",
    "EventDate",
    "ExtractionStrategy",
    "Id",
    "LastAccessed",
    "MemoryType",
    "Namespace",
    "SessionId",
    "Topics",
    "UpdatedAt",
    "UserId",
    "compile_filter",
    "conjunction",
    "decompile_filter",
]
