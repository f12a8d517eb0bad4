"""Questions to long-term memory and what was found."""

from datetime import UTC

from agent_memory.common.v1 import filter_pb2, search_pb2
from agent_memory_client.conversions.enums import FUSION_METHODS, SEARCH_MODES
from agent_memory_client.conversions.memories import record_fields
from agent_memory_client.conversions.scalars import to_optional_timestamp
from agent_memory_client.filters import compile_filter, conjunction
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.search import (
    FilterCriteria,
    MemoryRecordResult,
    RankingConfig,
    RecencyConfig,
    ScoreSignal,
    SearchModeEnum,
    SearchQuery,
    TimeWindow,
)

_GIVEN_ELSEWHERE = {"filters"}


def to_filter(
    criteria: FilterCriteria,
    *,
    namespace: str | None = None,
    user_id: str | None = None,
    path: str = "",
) -> filter_pb2.MemoryFilter:
    """The filter that holds where `filters` and every other condition does.

    Args:
        criteria: The conditions.
        namespace: Holds where no condition on the namespace is given; none for any.
        user_id: Holds where no condition on the owner is given; none for any.
        path: Where the criteria stand in the caller's arguments, for errors.

    Raises:
        MemoryValidationError: A field or an operator is unknown, or a value has the wrong type.
    """
    names = FilterCriteria.model_fields.keys() - _GIVEN_ELSEWHERE
    given = {
        name: value for name in sorted(names) if (value := getattr(criteria, name)) is not None
    }
    fields = compile_filter(given, path)
    rest = compile_filter(criteria.filters or {}, f"{path}.filters" if path else "filters")
    result = conjunction(fields, rest)
    for name, default in (("namespace", namespace), ("user_id", user_id)):
        if default is not None and not result.HasField(name):  # type: ignore[arg-type] # a variable name
            getattr(result, name).eq = default
    return result


def to_search_query(
    query: SearchQuery,
    *,
    namespace: str | None = None,
    user_id: str | None = None,
    path: str = "",
) -> search_pb2.SearchQuery:
    """A question for the server; see `to_filter` for the arguments."""
    mode = query.search_mode
    if mode is None and query.distance_threshold is not None:
        # A distance means something between vectors only.
        mode = SearchModeEnum.SEMANTIC
    return search_pb2.SearchQuery(
        text=query.text,
        mode=SEARCH_MODES.parse_optional(mode, "search_mode"),
        filter=to_filter(query, namespace=namespace, user_id=user_id, path=path),
        min_score=query.min_score,
        max_distance=query.distance_threshold,
        recency=_to_recency(query.recency, query.recency_boost),
        ranking=_to_ranking(query.ranking, query.hybrid_alpha),
        as_of=to_optional_timestamp(query.as_of),
        include_superseded=query.include_superseded,
        time_zone=query.time_zone or "",
        untracked=query.untracked,
    )


def from_hit(hit: search_pb2.MemoryHit) -> MemoryRecordResult:
    """A memory that was found."""
    found = {
        "score": hit.score,
        "dist": hit.distance if hit.HasField("distance") else None,
        "signals": [
            ScoreSignal(name=part.name, value=part.value, contribution=part.contribution)
            for part in hit.signals
        ],
    }
    return MemoryRecordResult.model_validate(record_fields(hit.memory) | found)


def as_result(record: MemoryRecord) -> MemoryRecordResult:
    """A memory of a listing, which has no score."""
    return MemoryRecordResult.model_validate(record.model_dump())


def from_time_window(span: search_pb2.TimeWindow) -> TimeWindow:
    """A span of time that the question speaks of."""
    return TimeWindow(
        phrase=span.phrase, start=span.start.ToDatetime(UTC), end=span.end.ToDatetime(UTC)
    )


def _to_recency(
    config: RecencyConfig | None, boost: bool | None
) -> search_pb2.RecencyOptions | None:
    if config is None and boost is None:
        return None
    config = config or RecencyConfig()
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
    config: RankingConfig | None, dense_weight: float | None
) -> search_pb2.RankingOptions | None:
    if config is None and dense_weight is None:
        return None
    config = config or RankingConfig()
    return search_pb2.RankingOptions(
        dense_weight=dense_weight,
        fusion=FUSION_METHODS.parse_optional(config.fusion, "fusion"),
        context_legs=config.context_legs,
        neighbour_smoothing=config.neighbour_smoothing,
        session_prior=config.session_prior,
        entity_match=config.entity_match,
        temporal_intent=config.temporal_intent,
        diversity=config.diversity,
        rerank=config.rerank,
    )
