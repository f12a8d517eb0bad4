"""How a query is going to be answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.long_term_memory import schema
from agent_memory_services.long_term_memory.search.fusion import (
    Fusion,
    LinearFusion,
    ReciprocalRankFusion,
)
from agent_memory_services.long_term_memory.search.legs import DenseLeg, Leg, WordLeg
from agent_memory_services.long_term_memory.search.question import Question, question_of
from agent_memory_services.long_term_memory.search.weights import RecencyWeights, Weights
from agent_memory_services.runtime.errors import InvalidField, Unimplemented

DENSE: Final = "dense.text"
WORDS: Final = "words.text"

Embed = Callable[[str], Awaitable[bytes]]
"""Makes the vector of a question."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask and how to rank the answers.

    Attributes:
        legs: what the index is asked; none where the text has nothing to look for.
        fusion: how the legs become one match.
        recency: the preference for what is fresh, or None.
        min_score: the least score of a hit.
        max_distance: the greatest cosine distance of a hit, or None.
    """

    legs: tuple[Leg, ...]
    fusion: Fusion
    recency: RecencyWeights | None
    min_score: float
    max_distance: float | None


async def plan_of(query: SearchQuery, weights: Weights, embed: Embed) -> Plan:
    """Plan for a query that has a text.

    Raises:
        InvalidField: an option does not fit the mode.
        Unimplemented: an option asks for what this build does not rank by.
        EmbeddingUnavailable: the question could not be embedded.
    """
    _refuse_unfit(query)
    _refuse_unbuilt(query.ranking)
    return Plan(
        legs=await _legs(query, weights, embed),
        fusion=_fusion(query.ranking, weights),
        recency=_recency(query.recency, weights.recency),
        min_score=query.min_score,
        max_distance=query.max_distance if query.HasField("max_distance") else None,
    )


async def _legs(query: SearchQuery, weights: Weights, embed: Embed) -> tuple[Leg, ...]:
    question = question_of(query.text, max_words=weights.max_words)
    dense = _dense_weight(query, question, weights)
    legs: list[Leg] = []
    if dense > 0:
        # What must occur must occur, however near the meaning is.
        must = "" if query.mode == SearchMode.SEARCH_MODE_SEMANTIC else question.must()
        legs.append(DenseLeg(DENSE, dense, schema.VECTOR, await embed(query.text), must))
    if dense < 1 and not question.empty:
        legs.append(WordLeg(WORDS, 1 - dense, question))
    return tuple(legs)


def _dense_weight(query: SearchQuery, question: Question, weights: Weights) -> float:
    if query.mode == SearchMode.SEARCH_MODE_SEMANTIC:
        return 1.0
    if query.mode == SearchMode.SEARCH_MODE_KEYWORD:
        return 0.0
    if question.empty:
        return 1.0
    ranking = query.ranking
    return ranking.dense_weight if ranking.HasField("dense_weight") else weights.dense


def _fusion(ranking: RankingOptions, weights: Weights) -> Fusion:
    if ranking.fusion == FusionMethod.FUSION_METHOD_RECIPROCAL_RANK:
        return ReciprocalRankFusion(weights.reciprocal_rank_constant)
    return LinearFusion()


def _recency(options: RecencyOptions, default: RecencyWeights) -> RecencyWeights | None:
    if options.HasField("enabled") and not options.enabled:
        return None
    return RecencyWeights(
        semantic=_or(options, "semantic_weight", default.semantic),
        recency=_or(options, "recency_weight", default.recency),
        freshness=_or(options, "freshness_weight", default.freshness),
        novelty=_or(options, "novelty_weight", default.novelty),
        half_life_last_access_days=_or(
            options, "half_life_last_access_days", default.half_life_last_access_days
        ),
        half_life_create_days=_or(options, "half_life_create_days", default.half_life_create_days),
    )


def _or(options: RecencyOptions, name: str, default: float) -> float:
    given: float = getattr(options, name)
    return given if options.HasField(name) else default  # type: ignore[arg-type]


def _refuse_unfit(query: SearchQuery) -> None:
    if query.HasField("max_distance") and query.mode != SearchMode.SEARCH_MODE_SEMANTIC:
        raise InvalidField("query.max_distance", "applies to the semantic mode only")


def _refuse_unbuilt(ranking: RankingOptions) -> None:
    """Refuse what would otherwise be asked for in vain; switching it off is always served."""
    for name in (
        *("context_legs", "neighbour_smoothing", "session_prior", "entity_match"),
        *("temporal_intent", "diversity", "rerank"),
    ):
        if getattr(ranking, name):
            raise Unimplemented(f"query.ranking.{name}")
