"""Operations that find, list and count memories."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from agent_memory.common.v1 import filter_pb2, search_pb2
from agent_memory.long_term_memory.v1 import long_term_memory_pb2
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client import _values, models
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client._operations import operation, records
from agent_memory_client._types import Limit, Text, build, checked
from agent_memory_client.filters import compile_filter, conjunction

_LARGEST_SEARCH_PAGE = 100


@dataclass(frozen=True, slots=True)
class SearchPage(operation.Page[models.MemoryRecordResult]):
    """One page of a search, with the times that the question speaks of."""

    time_windows: list[models.TimeWindow]


@checked
def search(
    config: MemoryClientConfig,
    text: Text,
    *,
    limit: Limit,
    explain: bool = False,
    criteria: Any,
) -> rpc.SearchMemoriesRequest:
    """Make the request for the pages of a search."""
    query = build(models.SearchQuery, {**criteria, "text": text})
    return rpc.SearchMemoriesRequest(
        query=_defaulted(config, query), page_size=min(limit, _LARGEST_SEARCH_PAGE), explain=explain
    )


@checked
def search_all(
    config: MemoryClientConfig, text: Text, *, batch_size: Limit, criteria: Any
) -> rpc.SearchMemoriesRequest:
    """Make the request for all the pages of a search."""
    return search(config, text, limit=batch_size, criteria=criteria)


def search_page(
    request: rpc.SearchMemoriesRequest, token: str
) -> operation.Operation[rpc.SearchMemoriesResponse, SearchPage]:
    """Find one page of a search."""
    paged = rpc.SearchMemoriesRequest()
    paged.CopyFrom(request)
    paged.page_token = token
    return operation.Operation(
        paged,
        lambda response: SearchPage(
            [from_hit(hit) for hit in response.hits],
            response.next_page_token,
            response.total_size,
            [from_time_window(span) for span in response.time_windows],
        ),
    )


@checked
def stream(
    config: MemoryClientConfig, text: Text, *, limit: Limit, explain: bool, criteria: Any
) -> operation.Operation[rpc.StreamSearchMemoriesResponse, list[models.MemoryRecordResult]]:
    """Find many memories in one call."""
    query = build(models.SearchQuery, {**criteria, "text": text})
    request = rpc.StreamSearchMemoriesRequest(
        query=_defaulted(config, query), limit=limit, explain=explain
    )
    return operation.Operation(request, lambda response: [from_hit(hit) for hit in response.hits])


@checked
def listing(
    config: MemoryClientConfig, *, limit: Limit, include_hidden: bool, criteria: Any
) -> rpc.ListMemoriesRequest:
    """Make the request for the pages of a listing."""
    return rpc.ListMemoriesRequest(
        filter=default_filter(config, criteria),
        page_size=min(limit, operation.LARGEST_PAGE),
        include_hidden=include_hidden,
    )


def list_page(
    request: rpc.ListMemoriesRequest, token: str
) -> operation.Operation[rpc.ListMemoriesResponse, operation.Page[models.MemoryRecordResult]]:
    """List one page of memories."""
    paged = rpc.ListMemoriesRequest()
    paged.CopyFrom(request)
    paged.page_token = token
    return operation.Operation(
        paged,
        lambda response: operation.Page(
            [as_result(records.from_memory(memory)) for memory in response.memories],
            response.next_page_token,
            response.total_size,
        ),
    )


@checked
def count(
    config: MemoryClientConfig, *, include_hidden: bool, criteria: Any
) -> operation.Operation[rpc.CountMemoriesResponse, int]:
    """Count memories."""
    request = rpc.CountMemoriesRequest(
        filter=default_filter(config, criteria), include_hidden=include_hidden
    )
    return operation.Operation(request, lambda response: response.count)


@checked
def field_values(
    config: MemoryClientConfig,
    field: Text,
    *,
    metadata_path: Text | None,
    prefix: Text | None,
    depth: int,
    include_hidden: bool,
    limit: Limit,
    cursor: Text | None,
    criteria: Any,
) -> operation.Operation[rpc.ListFieldValuesResponse, models.FieldValues]:
    """List the values of a field."""
    request = rpc.ListFieldValuesRequest(
        field=_values.MEMORY_FIELDS.parse(field, "field"),
        filter=default_filter(config, criteria),
        metadata_path=metadata_path or "",
        prefix=prefix or "",
        depth=depth,
        include_hidden=include_hidden,
        page_size=limit,
        page_token=cursor or "",
    )
    return operation.Operation(
        request,
        lambda response: models.FieldValues(
            values=[from_field_value(value) for value in response.values],
            total=response.total_size,
            next_cursor=response.next_page_token or None,
            partial=response.partial,
        ),
    )


def from_field_value(value: long_term_memory_pb2.FieldValue) -> models.FieldValue:
    """Read a value of a field."""
    kind = value.WhichOneof("value") or "text"
    return models.FieldValue(
        value=getattr(value, kind),
        memory_count=value.memory_count,
        has_children=value.has_children,
    )


def default_filter(
    config: MemoryClientConfig, criteria: Mapping[str, Any]
) -> filter_pb2.MemoryFilter:
    """Make the filter of a listing; defaults hold where no condition names the field."""
    return to_filter(
        build(models.FilterCriteria, criteria),
        namespace=config.default_namespace,
        user_id=config.default_user_id,
    )


def _defaulted(config: MemoryClientConfig, query: models.SearchQuery) -> search_pb2.SearchQuery:
    return to_search_query(
        query, namespace=config.default_namespace, user_id=config.default_user_id
    )


def to_filter(
    criteria: models.FilterCriteria,
    *,
    namespace: str | None = None,
    user_id: str | None = None,
    path: str = "",
) -> filter_pb2.MemoryFilter:
    """Make the filter that holds where `filters` and every other condition does.

    Args:
        criteria: The conditions.
        namespace: Holds where no condition on the namespace is given; none for any.
        user_id: Holds where no condition on the owner is given; none for any.
        path: Where the criteria stand in the caller's arguments, for errors.

    Raises:
        MemoryValidationError: A field or an operator is unknown, or a value has the wrong type.
    """
    names = models.FilterCriteria.model_fields.keys() - {"filters", "time_zone"}
    given = {
        name: value for name in sorted(names) if (value := getattr(criteria, name)) is not None
    }
    zone = criteria.time_zone
    fields = compile_filter(given, path, time_zone=zone)
    rest = compile_filter(
        criteria.filters or {}, f"{path}.filters" if path else "filters", time_zone=zone
    )
    result = conjunction(fields, rest)
    for name, default in (("namespace", namespace), ("user_id", user_id)):
        if default is not None and not result.HasField(name):  # type: ignore[arg-type] # a variable name
            getattr(result, name).eq = default
    return result


def to_search_query(
    query: models.SearchQuery,
    *,
    namespace: str | None = None,
    user_id: str | None = None,
    path: str = "",
) -> search_pb2.SearchQuery:
    """Convert a question; see `to_filter` for the arguments."""
    mode = query.search_mode
    if mode is None and query.distance_threshold is not None:
        # A distance means something between vectors only.
        mode = models.SearchModeEnum.SEMANTIC
    return search_pb2.SearchQuery(
        text=query.text,
        mode=_values.SEARCH_MODES.parse_optional(mode, "search_mode"),
        filter=to_filter(query, namespace=namespace, user_id=user_id, path=path),
        min_score=query.min_score,
        max_distance=query.distance_threshold,
        recency=_to_recency(query.recency, query.recency_boost),
        ranking=_to_ranking(query.ranking, query.hybrid_alpha),
        as_of=_values.to_optional_timestamp(query.as_of),
        include_superseded=query.include_superseded,
        time_zone=query.time_zone or "",
        untracked=query.untracked,
    )


def from_hit(hit: search_pb2.MemoryHit) -> models.MemoryRecordResult:
    """Read a memory that was found."""
    found = {
        "score": hit.score,
        "dist": hit.distance if hit.HasField("distance") else None,
        "signals": [
            models.ScoreSignal(name=part.name, value=part.value, contribution=part.contribution)
            for part in hit.signals
        ],
    }
    return models.MemoryRecordResult.model_validate(records.record_fields(hit.memory) | found)


def as_result(record: models.MemoryRecord) -> models.MemoryRecordResult:
    """Convert a memory of a listing, which has no score."""
    return models.MemoryRecordResult.model_validate(record.model_dump())


def from_time_window(span: search_pb2.TimeWindow) -> models.TimeWindow:
    """Read a span of time that the question speaks of."""
    return models.TimeWindow(
        phrase=span.phrase, start=span.start.ToDatetime(UTC), end=span.end.ToDatetime(UTC)
    )


def _to_recency(
    config: models.RecencyConfig | None, boost: bool | None
) -> search_pb2.RecencyOptions | None:
    if config is None and boost is None:
        return None
    config = config or models.RecencyConfig()
    return search_pb2.RecencyOptions(
        enabled=config.recency_boost if boost is None else boost,
        semantic_weight=config.semantic_weight,
        recency_weight=config.recency_weight,
        freshness_weight=config.freshness_weight,
        novelty_weight=config.novelty_weight,
        half_life_last_access_days=config.half_life_last_access_days,
        half_life_create_days=config.half_life_created_days,
    )


def _to_ranking(
    config: models.RankingConfig | None, dense_weight: float | None
) -> search_pb2.RankingOptions | None:
    if config is None and dense_weight is None:
        return None
    config = config or models.RankingConfig()
    return search_pb2.RankingOptions(
        dense_weight=dense_weight,
        fusion=_values.FUSION_METHODS.parse_optional(config.fusion, "fusion"),
        context_legs=config.context_legs,
        neighbour_smoothing=config.neighbour_smoothing,
        session_prior=config.session_prior,
        entity_match=config.entity_match,
        temporal_intent=config.temporal_intent,
        diversity=config.diversity,
        rerank=config.rerank,
        kind_match=config.kind_match,
        telling=config.telling,
    )
