"""The plan of a search: which legs and signals it has, and their weights."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.terms import Term
from agent_memory_services.long_term_memory.search import signals
from agent_memory_services.long_term_memory.search.legs import (
    DenseLeg,
    Fusion,
    Leg,
    LinearFusion,
    ReciprocalRankFusion,
    WordLeg,
)
from agent_memory_services.long_term_memory.search.question import Question, gist, question_of
from agent_memory_services.long_term_memory.search.telling import (
    Kinds,
    Telling,
    kinds_of,
)
from agent_memory_services.long_term_memory.search.temporal import intent, nearness
from agent_memory_services.long_term_memory.search.weights import RecencyWeights, Weights


def parts_of(
    text: str,
    times: Sequence[intent.SpokenTime],
    ranking: RankingOptions,
    weights: Weights,
    *,
    by_default: bool,
) -> tuple[signals.Part, ...]:
    """Return the parts that take part in answering a question.

    Args:
        text: the question.
        times: the times it speaks of.
        ranking: the caller's options.
        weights: what each part is worth.
        by_default: whether a part takes part that the caller says nothing about.
    """

    def wanted(option: str) -> bool:
        return chosen(ranking, option, by_default=by_default)

    return tuple(
        part
        for option, parts in (
            ("neighbour_smoothing", _neighbours(weights)),
            ("session_prior", _sessions(weights)),
            ("entity_match", _entities(text, weights)),
            ("temporal_intent", _temporal(text, times, weights)),
            ("kind_match", _kinds(text, weights)),
        )
        if wanted(option)
        for part in parts
        if part.weight > 0
    )


def chosen(ranking: RankingOptions, option: str, *, by_default: bool) -> bool:
    """Return true if a part is switched on."""
    given: bool = getattr(ranking, option)
    return given if ranking.HasField(option) else by_default  # type: ignore[arg-type]


def _neighbours(weights: Weights) -> Iterator[signals.Part]:
    yield signals.Neighbours(
        weights.parts.neighbours,
        weights.neighbour_reach,
        weights.neighbour_decay,
        weights.neighbour_lone,
    )
    yield signals.Passage(
        weights.parts.passage,
        weights.passage_reach,
        weights.passage_decay,
        weights.neighbour_lone,
    )


def _sessions(weights: Weights) -> Iterator[signals.Part]:
    yield signals.SessionBest(weights.parts.session_best)
    yield signals.SessionCoverage(weights.parts.session_coverage)


def _entities(text: str, weights: Weights) -> Iterator[signals.Part]:
    names = signals.QuestionNames(text)
    if names:
        yield signals.NamedEntities(weights.parts.entities, names, weights.other_speaker)


def _temporal(
    text: str, times: Sequence[intent.SpokenTime], weights: Weights
) -> Iterator[signals.Part]:
    if times:
        spans = [(_micros(spoken.start), _micros(spoken.end)) for spoken in times]
        yield nearness.TimeNearness(weights.parts.time_nearness, spans)
    if intent.asks_when(text):
        yield nearness.ToldTime(weights.parts.told_time)


def _kinds(text: str, weights: Weights) -> Iterator[signals.Part]:
    if kinds := kinds_of(text):
        yield Kinds(weights.parts.kind, kinds)


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


DENSE: Final = "dense.text"
DENSE_CONTEXT: Final = "dense.context"
WORDS: Final = "words.text"
WORDS_CONTEXT: Final = "words.context"

_SINGLE: Final = frozenset({SearchMode.SEARCH_MODE_SEMANTIC, SearchMode.SEARCH_MODE_KEYWORD})
"""Modes of one kind of match. Unless asked for more, they answer by that match alone."""

Embed = Callable[[str], Awaitable[bytes]]
"""Makes the vector of a question."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Plan of a search: its legs, and the ranking of what they find.

    Attributes:
        legs: what the index is asked; none where the text has nothing to look for.
        words: the words of the question that are looked for.
        fusion: how the legs become one match.
        recency: the preference for what is fresh, or None.
        min_score: the least score of a hit.
        max_distance: the greatest cosine distance of a hit, or None.
        parts: what speaks for a memory besides its own match.
        telling: the reader of what messages tell, or None.
        times: the times that the question speaks of.
        diversity: how far hits are spread, 0 to 1.
        generation: the generation of the index that the question is embedded for; None is the
            present one.
        fact_lead: what part of its lead over its message a fact keeps.
    """

    legs: tuple[Leg, ...]
    words: tuple[Term, ...]
    fusion: Fusion
    recency: RecencyWeights | None
    min_score: float
    max_distance: float | None
    parts: tuple[signals.Part, ...] = ()
    telling: Telling | None = None
    times: tuple[intent.SpokenTime, ...] = ()
    diversity: float = 0.0
    generation: int | None = None
    fact_lead: float = 1.0


async def plan_of(
    query: SearchQuery,
    weights: Weights,
    embed: Embed,
    asked_at: int,
    generation: int | None = None,
) -> SearchPlan:
    """Plan the answer to a query that has a text.

    Args:
        query: the query.
        weights: defaults of what the query leaves open.
        embed: makes the vector of the question.
        asked_at: the moment of the question, in microseconds.
        generation: the generation of the index that `embed` serves; None is the present one.

    Raises:
        InvalidField: an option does not fit the mode, or there is no such time zone.
        Unimplemented: the query asks for a cross-encoder.
        EmbeddingUnavailable: the question could not be embedded.
    """
    refuse_unfit(query)
    if query.ranking.rerank:
        raise errors.Unimplemented("query.ranking.rerank")
    text = gist(query.text)
    question = question_of(text, max_words=weights.max_words)
    ranking, hybrid = query.ranking, query.mode not in _SINGLE
    question = question.loose if hybrid else question
    times = _times(query, text, asked_at)
    return SearchPlan(
        legs=await _legs(query, question, weights, lambda: embed(text)),
        words=question.words,
        fusion=_fusion(ranking, weights),
        recency=_recency(query.recency, weights.recency),
        min_score=query.min_score,
        max_distance=query.max_distance if query.HasField("max_distance") else None,
        parts=parts_of(text, times, ranking, weights, by_default=hybrid),
        telling=Telling(text) if chosen(ranking, "telling", by_default=hybrid) else None,
        times=times,
        diversity=ranking.diversity,
        generation=generation,
        fact_lead=weights.fact_lead if hybrid else 1.0,
    )


async def _legs(
    query: SearchQuery,
    question: Question,
    weights: Weights,
    embedded: Callable[[], Awaitable[bytes]],
) -> tuple[Leg, ...]:
    dense = _dense_weight(query, question, weights)
    around = chosen(query.ranking, "context_legs", by_default=query.mode not in _SINGLE)
    legs: list[Leg] = []
    if dense > 0:
        # What must occur must occur, however near the meaning is.
        semantic = query.mode == SearchMode.SEARCH_MODE_SEMANTIC
        must = "" if semantic else question.must(around=around)
        vector = await embedded()
        context = dense * weights.dense_context * around
        legs.append(DenseLeg(DENSE, dense - context, fields.VECTOR, vector, must))
        legs.append(DenseLeg(DENSE_CONTEXT, context, fields.CONTEXT_VECTOR, vector, must, DENSE))
    if dense < 1 and not question.empty:
        context = (1 - dense) * weights.words_context * around
        # Whatever holds a word in its text also holds it in its text and the words around it.
        legs.append(WordLeg(WORDS, 1 - dense - context, question, finds=not context))
        legs.append(WordLeg(WORDS_CONTEXT, context, question, around=True))
    return tuple(leg for leg in legs if leg.weight > 0)


def _times(query: SearchQuery, text: str, asked_at: int) -> tuple[intent.SpokenTime, ...]:
    """Return the times of a question, as seen from when it is asked about."""
    moment = query.as_of if query.HasField("as_of") else clock.to_timestamp(asked_at)
    return tuple(intent.spoken_times(text, clock.to_datetime(moment).astimezone(_zone(query))))


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


def refuse_unfit(query: SearchQuery) -> None:
    """Refuse a threshold where nothing is measured that it could apply to, and an unknown zone.

    Raises:
        InvalidField: an option does not fit the query, or there is no such time zone.
    """
    _zone(query)
    asks = bool(query.text.strip())
    if query.HasField("min_score") and not asks:
        raise errors.InvalidField("query.min_score", "applies to a query with a text only")
    semantic = query.mode == SearchMode.SEARCH_MODE_SEMANTIC
    if query.HasField("max_distance") and not (asks and semantic):
        raise errors.InvalidField(
            "query.max_distance", "applies to a text in the semantic mode only"
        )


def _zone(query: SearchQuery) -> tzinfo:
    zone = clock.zone_of(query.time_zone)
    if zone is None:
        raise errors.InvalidField(
            "query.time_zone", "must be an IANA time zone, such as Europe/Berlin"
        )
    return zone
