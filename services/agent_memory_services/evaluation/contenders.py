"""The settings that are compared in one run, on the same memories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of asking.

    Attributes:
        name: how the report calls it.
        settings: what every query carries besides its text and filter.
    """

    name: str
    settings: SearchQuery


def _bare(**fields: bool) -> RankingOptions:
    """Only the legs over the memories' own texts."""
    return RankingOptions(
        context_legs=False,
        neighbour_smoothing=False,
        session_prior=False,
        entity_match=False,
        temporal_intent=False,
        **fields,  # type: ignore[arg-type]
    )


def _baseline(mode: SearchMode.ValueType, ranking: RankingOptions) -> SearchQuery:
    return SearchQuery(mode=mode, ranking=ranking, recency=RecencyOptions(enabled=False))


_RANKS: Final = RankingOptions(fusion=FusionMethod.FUSION_METHOD_RECIPROCAL_RANK)
_RANKS.MergeFrom(_bare())

DEFAULT: Final = Contender("default", SearchQuery())
CONTENDERS: Final[Sequence[Contender]] = (
    DEFAULT,
    Contender("words (BM25)", _baseline(SearchMode.SEARCH_MODE_KEYWORD, _bare())),
    Contender("meaning (dense)", _baseline(SearchMode.SEARCH_MODE_SEMANTIC, _bare())),
    Contender("ranks (RRF)", _baseline(SearchMode.SEARCH_MODE_HYBRID, _RANKS)),
)
"""The server's defaults first, then the usual answers of the field."""
