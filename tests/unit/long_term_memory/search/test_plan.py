"""How a query is going to be answered."""

import pytest

from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.long_term_memory.search.fusion import LinearFusion, ReciprocalRankFusion
from agent_memory_services.long_term_memory.search.legs import DenseLeg
from agent_memory_services.long_term_memory.search.plan import Plan, plan_of
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, RecencyWeights
from agent_memory_services.runtime.errors import InvalidField, Unimplemented

SEMANTIC, KEYWORD = SearchMode.SEARCH_MODE_SEMANTIC, SearchMode.SEARCH_MODE_KEYWORD


async def planned(text: str = "tea", **fields: object) -> Plan:
    """The plan for a query, and no vector worth looking at."""

    async def embed(_: str) -> bytes:
        return b"vector"

    return await plan_of(SearchQuery(text=text, **fields), DEFAULTS, embed)


def shares(plan: Plan) -> dict[str, float]:
    """The share of each leg."""
    return {leg.name: leg.weight for leg in plan.legs}


async def test_modes_choose_legs() -> None:
    """Each mode asks what it needs and embeds nothing for a keyword search."""
    assert shares(await planned()) == {
        "dense.text": 0.7,
        "words.text": pytest.approx(0.3),
    }
    assert shares(await planned(mode=SEMANTIC)) == {"dense.text": 1.0}
    assert shares(await planned(mode=KEYWORD)) == {"words.text": 1.0}


async def test_weights_choose_legs() -> None:
    """A leg without weight is not run, and without words meaning has it all."""
    for weight, legs in ((0.0, ["words.text"]), (1.0, ["dense.text"])):
        plan = await planned(ranking=RankingOptions(dense_weight=weight))
        assert list(shares(plan)) == legs
    assert shares(await planned("???")) == {"dense.text": 1.0}
    assert shares(await planned("???", mode=KEYWORD)) == {}


async def test_phrases_bind_every_leg_but_meaning_alone() -> None:
    """A quoted phrase must occur in a hybrid search; a semantic one reads quotes as text."""
    for mode, must in ((SearchMode.SEARCH_MODE_HYBRID, True), (SEMANTIC, False)):
        leg = (await planned('"green tea"', mode=mode)).legs[0]
        assert isinstance(leg, DenseLeg)
        assert bool(leg.must) is must


async def test_fusion_and_recency_have_defaults() -> None:
    """Absent options mean the defaults; given ones replace them one by one."""
    plan = await planned()
    assert (plan.fusion, plan.recency) == (LinearFusion(), RecencyWeights())
    ranks = RankingOptions(fusion=FusionMethod.FUSION_METHOD_RECIPROCAL_RANK)
    assert (await planned(ranking=ranks)).fusion == ReciprocalRankFusion(60)
    assert (await planned(recency=RecencyOptions(enabled=False))).recency is None
    knobs = RecencyOptions(recency_weight=0.0, half_life_create_days=2)
    assert (await planned(recency=knobs)).recency == RecencyWeights(
        recency=0.0, half_life_create_days=2
    )


@pytest.mark.parametrize("mode", [0, KEYWORD, SearchMode.SEARCH_MODE_HYBRID])
async def test_distance_bounds_need_meaning_alone(mode: SearchMode.ValueType) -> None:
    """A greatest distance is refused where the score is not the distance's."""
    with pytest.raises(InvalidField) as refused:
        await planned(mode=mode, max_distance=0.5)
    assert refused.value.violations[0].field == "query.max_distance"


@pytest.mark.parametrize(
    "options",
    [
        {"context_legs": True},
        {"neighbour_smoothing": True},
        {"session_prior": True},
        {"entity_match": True},
        {"temporal_intent": True},
        {"rerank": True},
        {"diversity": 0.5},
    ],
)
async def test_what_is_not_built_is_refused(options: dict[str, object]) -> None:
    """An option is never taken and then not followed; switching it off is always fine."""
    with pytest.raises(Unimplemented, match=r"query\.ranking"):
        await planned(ranking=RankingOptions(**options))
    await planned(ranking=RankingOptions(**dict.fromkeys(options, 0)))
