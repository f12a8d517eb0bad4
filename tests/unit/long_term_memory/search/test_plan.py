"""How a query is going to be answered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent_memory.common.v1.search_pb2 import (
    FusionMethod,
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.kit.contract.errors import InvalidField, Unimplemented
from agent_memory_services.long_term_memory.search.legs import (
    DenseLeg,
    LinearFusion,
    ReciprocalRankFusion,
    WordLeg,
)
from agent_memory_services.long_term_memory.search.plan import SearchPlan, plan_of
from agent_memory_services.long_term_memory.search.weights import DEFAULTS, RecencyWeights

NOW = 9 * 86_400_000_000
SEMANTIC, KEYWORD = SearchMode.SEARCH_MODE_SEMANTIC, SearchMode.SEARCH_MODE_KEYWORD


async def planned(text: str = "tea", **fields: Any) -> SearchPlan:
    """The plan for a query, and no vector worth looking at."""

    async def embed(_: str) -> bytes:
        return b"vector"

    return await plan_of(SearchQuery(text=text, **fields), DEFAULTS, embed, NOW)


def shares(plan: SearchPlan) -> dict[str, float]:
    """The share of each leg, in hundredths."""
    return {leg.name: round(100 * leg.weight) for leg in plan.legs}


def parts(plan: SearchPlan) -> set[str]:
    """The names of the parts, and of the reading of what messages tell."""
    return {part.name for part in (*plan.parts, plan.telling) if part}


async def test_modes_choose_legs() -> None:
    """Each mode asks what it needs and embeds nothing for a keyword search."""
    assert shares(await planned()) == {
        "dense.text": 30,
        "dense.context": 30,
        "words.text": 12,
        "words.context": 28,
    }
    assert shares(await planned(mode=SEMANTIC)) == {"dense.text": 100}
    assert shares(await planned(mode=KEYWORD)) == {"words.text": 100}


async def test_options_choose_legs() -> None:
    """A leg without weight is not run, and without words meaning has it all."""
    alone: dict[str, Any] = {"context_legs": False}
    for weight, legs in ((0.0, ["words.text"]), (1.0, ["dense.text"])):
        plan = await planned(ranking=RankingOptions(dense_weight=weight, **alone))
        assert list(shares(plan)) == legs
    assert shares(await planned("???")) == {"dense.text": 50, "dense.context": 50}
    assert shares(await planned("???", mode=KEYWORD)) == {}
    around = RankingOptions(context_legs=True)
    assert shares(await planned(mode=KEYWORD, ranking=around)) == {
        "words.text": 30,
        "words.context": 70,
    }


_ALL = {
    *("neighbours", "passage", "session.best", "session.coverage", "entities"),
    *("temporal.nearness", "temporal.told", "kind", "telling"),
}
_QUESTION = "When did Ann leave which country in 2019?"


@pytest.mark.parametrize(
    ("option", "gone"),
    [
        ("neighbour_smoothing", {"neighbours", "passage"}),
        ("session_prior", {"session.best", "session.coverage"}),
        ("entity_match", {"entities"}),
        ("temporal_intent", {"temporal.nearness", "temporal.told"}),
        ("kind_match", {"kind"}),
        ("telling", {"telling"}),
    ],
)
async def test_each_part_can_be_switched(option: str, gone: set[str]) -> None:
    """Hybrid search has every part unless told otherwise, the other modes have none."""
    assert parts(await planned(_QUESTION)) == _ALL
    off = RankingOptions(**{option: False})  # type: ignore[arg-type] # a variable name
    assert parts(await planned(_QUESTION, ranking=off)) == _ALL - gone
    assert parts(await planned(_QUESTION, mode=SEMANTIC)) == set()
    on = RankingOptions(**{option: True})  # type: ignore[arg-type] # a variable name
    assert parts(await planned(_QUESTION, mode=SEMANTIC, ranking=on)) == gone


async def test_parts_need_something_to_go_by() -> None:
    """A question without names, kinds and times is not measured by them."""
    assert parts(await planned("What is it?")) == {
        "neighbours",
        "passage",
        "session.best",
        "session.coverage",
        "telling",
    }


async def test_times_are_read_as_of_the_question() -> None:
    """Relative times count from when a query is about, in the zone that it names."""
    [now] = (await planned("yesterday")).times
    assert now.start == datetime(1970, 1, 9, tzinfo=UTC)
    about = datetime(2020, 5, 5, 2, tzinfo=UTC)
    [then] = (await planned("yesterday", as_of=about, time_zone="America/New_York")).times
    assert then.start == datetime(2020, 5, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Nowhere/Else", "../../etc/passwd", "\0", "x" * 64])
async def test_unknown_zones_are_refused(zone: str) -> None:
    """A zone that does not exist is named as the fault."""
    with pytest.raises(InvalidField) as refused:
        await planned(time_zone=zone)
    assert refused.value.violations[0].field == "query.time_zone"


async def test_phrases_bind_every_leg_but_meaning_alone() -> None:
    """A quoted phrase must occur in a hybrid search; a semantic one reads quotes as text."""
    for mode, must in ((SearchMode.SEARCH_MODE_HYBRID, True), (SEMANTIC, False)):
        leg = (await planned('"green tea"', mode=mode)).legs[0]
        assert isinstance(leg, DenseLeg)
        assert bool(leg.must) is must


async def test_quotes_in_a_sentence_bind_nothing() -> None:
    """A title in a question excludes no answer; in keyword mode it is to occur."""
    for mode, must in ((SearchMode.SEARCH_MODE_HYBRID, False), (KEYWORD, True)):
        plan = await planned('Who likes "green tea"?', mode=mode)
        assert {word.text for word in plan.words} == {"green", "tea", "likes"}
        (leg, *_) = (leg for leg in plan.legs if isinstance(leg, WordLeg))
        assert bool(leg.question.phrases) is must


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


async def test_spreading_is_asked_for() -> None:
    """It does not happen unless a query asks for it."""
    assert (await planned()).diversity == 0
    assert (await planned(ranking=RankingOptions(diversity=0.5))).diversity == 0.5


async def test_a_second_reading_is_refused() -> None:
    """No server has a cross-encoder, and a query that asks for one is not answered without."""
    with pytest.raises(Unimplemented):
        await planned(ranking=RankingOptions(rerank=True))
