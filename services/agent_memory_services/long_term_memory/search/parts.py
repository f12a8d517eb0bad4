"""Which parts of the ranking speak for memories besides their own match."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from agent_memory.common.v1.search_pb2 import RankingOptions
from agent_memory_services.long_term_memory.search.entities import NamedEntities
from agent_memory_services.long_term_memory.search.evidence import Part
from agent_memory_services.long_term_memory.search.names import QuestionNames
from agent_memory_services.long_term_memory.search.neighbours import Neighbours
from agent_memory_services.long_term_memory.search.sessions import SessionBest, SessionCoverage
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime, asks_when
from agent_memory_services.long_term_memory.search.temporal.nearness import TimeNearness, ToldTime
from agent_memory_services.long_term_memory.search.weights import Weights


def parts_of(
    text: str,
    times: Sequence[SpokenTime],
    ranking: RankingOptions,
    weights: Weights,
    *,
    by_default: bool,
) -> tuple[Part, ...]:
    """The parts that take part in answering a question.

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
        )
        if wanted(option)
        for part in parts
        if part.weight > 0
    )


def chosen(ranking: RankingOptions, option: str, *, by_default: bool) -> bool:
    """Whether a part is switched on."""
    given: bool = getattr(ranking, option)
    return given if ranking.HasField(option) else by_default  # type: ignore[arg-type]


def _neighbours(weights: Weights) -> Iterator[Part]:
    yield Neighbours(
        weights.parts.neighbours,
        weights.neighbour_reach,
        weights.neighbour_decay,
        weights.neighbour_lone,
    )


def _sessions(weights: Weights) -> Iterator[Part]:
    yield SessionBest(weights.parts.session_best)
    yield SessionCoverage(weights.parts.session_coverage)


def _entities(text: str, weights: Weights) -> Iterator[Part]:
    names = QuestionNames(text)
    if names:
        yield NamedEntities(weights.parts.entities, names)


def _temporal(text: str, times: Sequence[SpokenTime], weights: Weights) -> Iterator[Part]:
    if times:
        spans = [(_micros(spoken.start), _micros(spoken.end)) for spoken in times]
        yield TimeNearness(weights.parts.time_nearness, spans)
    if asks_when(text):
        yield ToldTime(weights.parts.told_time)


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
