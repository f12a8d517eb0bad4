"""Questions to long-term memory and their answers."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, StrictBool, StrictFloat

from agent_memory_client import _types
from agent_memory_client.models._criteria import FilterArguments, FilterCriteria
from agent_memory_client.models._memories import MemoryRecord


class SearchModeEnum(StrEnum):
    """Ways to match memories with a text."""

    SEMANTIC = "semantic"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


class FusionMethod(StrEnum):
    """Ways to make one ranking of the legs of a hybrid search."""

    LINEAR = "linear"
    RECIPROCAL_RANK = "reciprocal_rank"


class RecencyConfig(_types.Model):
    """Preference for fresh memories; what is absent keeps the server's default.

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


class RankingConfig(_types.Model):
    """Parts of the ranking that take part; what is absent keeps the server's default."""

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
    kind_match: bool | None = Field(
        default=None, description="Lift instances of a kind that the question asks for."
    )
    telling: bool | None = Field(
        default=None, description="Lift messages that tell something over questions and thanks."
    )


class SearchArguments(FilterArguments, total=False):
    """Keyword arguments of a search: the fields of `SearchQuery` besides `text`."""

    search_mode: SearchModeEnum | str | None
    hybrid_alpha: float | None
    distance_threshold: float | None
    min_score: float | None
    recency_boost: bool | None
    recency: RecencyConfig | Mapping[str, Any] | None
    ranking: RankingConfig | Mapping[str, Any] | None
    as_of: datetime | str | None
    include_superseded: bool
    untracked: bool


class SearchQuery(FilterCriteria):
    """A question: the keyword arguments of a search as one value."""

    text: _types.Text = Field(
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
    as_of: _types.UtcDatetime | None = Field(
        default=None, description="Finds what was true at this time."
    )
    include_superseded: bool = Field(
        default=False, description="Also finds what is no longer true."
    )
    untracked: bool = Field(
        default=False, description="Leaves access times and counts as they are."
    )


class SearchOptions(SearchQuery):
    """Search of long-term memory for a prompt."""

    limit: int = Field(default=10, ge=1, le=100)
    exclude_session: bool = Field(default=False, description="Leaves out the prompt's own session.")
    exclude_standing: bool = Field(default=False, description="Leaves out the standing shelf.")


class ScoreSignal(_types.Model):
    """One part of a hit's score."""

    name: _types.Text = Field(description="Such as `dense.text` or `recency.freshness`.")
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


class TimeWindow(_types.Model):
    """A span of time that the question speaks of."""

    phrase: _types.Text
    start: datetime
    end: datetime


class MemoryRecordResults(_types.Model):
    """A page of memories.

    `total` counts everything the filter matches, found by the question or not. `next_cursor` asks
    for the page after this one; it is absent on the last page, and where the page ends inside one
    of the server's.
    """

    memories: list[MemoryRecordResult] = Field(default_factory=list)
    total: int = Field(
        default=0,
        description="How many memories the filter matches, found by the question or not.",
    )
    next_cursor: _types.Text | None = None
    next_offset: int | None = None
    time_windows: list[TimeWindow] = Field(default_factory=list)


class FieldValue(_types.Model):
    """Value that a field has among memories."""

    # Strict: a text such as "n" or "2024" is neither a truth value nor a number.
    value: StrictBool | StrictFloat | _types.Text = Field(
        union_mode="left_to_right",
        description="A text; of metadata also a number or a truth value.",
    )
    memory_count: int = Field(
        description="How many memories have it; of one that is cut, those below it too."
    )
    has_children: bool = Field(default=False, description="Others below it are counted with it.")


class FieldValues(_types.Model):
    """Page of the values of a field, those of most memories first."""

    values: list[FieldValue]
    total: int = Field(description="How many values there are in all.")
    next_cursor: _types.Text | None = None
    partial: bool = Field(
        default=False,
        description=(
            "Not everything was looked at; a narrower filter or a longer prefix tells more."
        ),
    )
