"""Questions to long-term memory and their answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from agent_memory_client.models.base import Model
from agent_memory_client.models.memories import MemoryRecord
from agent_memory_client.models.times import UtcDatetime


class SearchModeEnum(StrEnum):
    """How memories are matched with a text."""

    SEMANTIC = "semantic"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


class FusionMethod(StrEnum):
    """How the legs of a hybrid search become one ranking."""

    LINEAR = "linear"
    RECIPROCAL_RANK = "reciprocal_rank"


class RecencyConfig(Model):
    """How much fresh memories are preferred; what is absent keeps the server's default.

    `score = semantic_weight * match + recency_weight * (freshness_weight * freshness +
    novelty_weight * novelty)`; freshness halves every `half_life_last_access_days` since the last
    access, novelty every `half_life_created_days` since creation.
    """

    recency_boost: bool | None = Field(
        default=None, description="False switches the preference off."
    )
    semantic_weight: float | None = Field(default=None, ge=0, le=1)
    recency_weight: float | None = Field(default=None, ge=0, le=1)
    freshness_weight: float | None = Field(default=None, ge=0, le=1)
    novelty_weight: float | None = Field(default=None, ge=0, le=1)
    half_life_last_access_days: float | None = Field(default=None, gt=0)
    half_life_created_days: float | None = Field(default=None, gt=0)


class RankingConfig(Model):
    """Which parts of the ranking take part; what is absent keeps the server's default."""

    fusion: FusionMethod | None = None
    context_legs: bool | None = Field(
        default=None, description="Also match the words around a memory."
    )
    neighbour_smoothing: bool | None = None
    session_prior: bool | None = None
    entity_match: bool | None = None
    temporal_intent: bool | None = None
    diversity: float | None = Field(default=None, ge=0, le=1)
    rerank: bool | None = None


class FilterCriteria(Model):
    """Which memories are meant: the keyword arguments of a listing as one value.

    `filters` holds conditions by field (see `agent_memory_client.filters`); the other fields are
    conditions of their own. All of them must hold.
    """

    filters: dict[str, Any] | None = None
    session_id: Any = None
    namespace: Any = None
    user_id: Any = None
    topics: Any = None
    entities: Any = None
    memory_type: Any = None
    created_at: Any = None
    last_accessed: Any = None
    event_date: Any = None
    extraction_strategy: Any = None


class SearchQuery(FilterCriteria):
    """What to look for: the keyword arguments of a search as one value."""

    text: str = Field(
        default="", description="The question; empty lists what matches, newest first."
    )
    search_mode: SearchModeEnum | None = None
    hybrid_alpha: float | None = Field(
        default=None, ge=0, le=1, description="Weight of meaning against words in a hybrid search."
    )
    distance_threshold: float | None = Field(
        default=None,
        ge=0,
        le=2,
        description="Drops hits farther than this cosine distance; semantic only.",
    )
    min_score: float | None = Field(
        default=None, ge=0, le=1, description="Drops hits that score lower."
    )
    recency_boost: bool | None = Field(default=None, description="False switches recency off.")
    recency: RecencyConfig | None = None
    ranking: RankingConfig | None = None
    as_of: UtcDatetime | None = Field(default=None, description="Finds what was true at this time.")
    include_superseded: bool = Field(
        default=False, description="Also finds what is no longer true."
    )
    time_zone: str | None = Field(
        default=None, description="IANA zone in which the question's times are."
    )
    untracked: bool = Field(
        default=False, description="Leaves access times and counts as they are."
    )


class SearchOptions(SearchQuery):
    """Long-term memory's part in a prompt."""

    limit: int = Field(default=10, ge=1, le=100)
    exclude_session: bool = Field(default=False, description="Leaves out the prompt's own session.")
    exclude_standing: bool = Field(default=False, description="Leaves out the standing shelf.")


class ScoreSignal(Model):
    """One part of a hit's score."""

    name: str = Field(description="Such as `dense.text` or `recency.freshness`.")
    value: float
    contribution: float = Field(description="What it added to the score.")


class MemoryRecordResult(MemoryRecord):
    """A memory that was found."""

    score: float | None = Field(
        default=None, description="0 to 1, higher is better; none in a listing."
    )
    dist: float | None = Field(
        default=None, description="Cosine distance, where a vector took part."
    )
    signals: list[ScoreSignal] = Field(default_factory=list)


class TimeWindow(Model):
    """A span of time that the question speaks of."""

    phrase: str
    start: datetime
    end: datetime


class MemoryRecordResults(Model):
    """A page of memories.

    `total` counts everything the filter matches. `next_cursor` asks for the page after this one;
    it is absent on the last page, and where the page ends inside one of the server's.
    """

    memories: list[MemoryRecordResult] = Field(default_factory=list)
    total: int = 0
    next_cursor: str | None = None
    next_offset: int | None = None
    time_windows: list[TimeWindow] = Field(default_factory=list)
