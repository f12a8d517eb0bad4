"""What speaks for a memory besides its own match, on a real store with the real model."""

from datetime import UTC, datetime

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import (
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.long_term_memory.search.scores import Candidate
from tests.integration.long_term_memory.search.conftest import Searching

OFF = RankingOptions(
    context_legs=False,
    neighbour_smoothing=False,
    session_prior=False,
    entity_match=False,
    temporal_intent=False,
    kind_match=False,
    telling=False,
)
STALE = RecencyOptions(enabled=False)


def said(session: str, *lines: str, on: datetime | None = None) -> list[Memory]:
    """Messages of a session, each `speaker: words`, with the one before as context."""
    memories = []
    for number, line in enumerate(lines, 1):
        speaker, _, words = line.partition(": ")
        memory = Memory(
            text=words,
            type=MemoryType.MEMORY_TYPE_MESSAGE,
            session_id=session,
            sequence=number,
            entities=[speaker],
            context=lines[number - 2] if number > 1 else "",
        )
        if on is not None:
            memory.create_time.FromDatetime(on)
        memories.append(memory)
    return memories


async def hits(searching: Searching, text: str, **options: object) -> list[Candidate]:
    """The ten best hits, without recency."""
    query = SearchQuery(text=text, recency=STALE, **options)  # type: ignore[arg-type]
    page = await searching.search.page(searching.scope, query, size=10, after=None)
    return list(page.hits)


def only(**on: bool) -> RankingOptions:
    """Nothing but some parts."""
    options = RankingOptions()
    options.CopyFrom(OFF)
    for name, value in on.items():
        setattr(options, name, value)
    return options


_HOLIDAY = said(
    "s1",
    "Ann: Where did you spend your summer holiday?",
    "Ben: In Rome, as always.",
    "Ann: Nice.",
)
_OTHER = said("s2", "Ann: My cat sleeps.", "Ben: In Rome cats are holy.", "Ann: Ha.")


@pytest.mark.parametrize(
    ("option", "signals"),
    [
        ("context_legs", {"dense.context", "words.context"}),
        ("neighbour_smoothing", {"neighbours", "passage"}),
        ("session_prior", {"session.best", "session.coverage"}),
        ("entity_match", {"entities"}),
        ("temporal_intent", {"temporal.nearness", "temporal.told"}),
        ("kind_match", {"kind"}),
        ("telling", {"telling"}),
    ],
)
async def test_each_part_can_be_switched(
    searching: Searching, option: str, signals: set[str]
) -> None:
    """A part speaks where it is on, is silent where it is off, and scores stay within bounds."""
    await searching.add(*_HOLIDAY, *_OTHER)
    question = "When did Ben spend which vacation of 2023?"
    found = await hits(searching, question, ranking=only(**{option: True}))
    assert {signal.name for hit in found for signal in hit.signals} == {
        *("dense.text", "words.text"),
        *signals,
    }
    everything = await hits(searching, question)
    without = await hits(searching, question, ranking=RankingOptions(**{option: False}))  # type: ignore[arg-type] # a variable name
    named = [
        {signal.name for hit in each for signal in hit.signals} for each in (everything, without)
    ]
    assert named[0] - named[1] == signals
    for hit in (*found, *everything):
        assert 0 <= hit.score <= 1
        assert sum(signal.contribution for signal in hit.signals) == pytest.approx(hit.score)


async def test_an_answer_is_found_by_its_question(searching: Searching) -> None:
    """A message that shares nothing with the query is found by the turn before it."""
    await searching.add(*_HOLIDAY, *_OTHER)
    question = "summer holiday"
    alone = [hit.memory.text for hit in await hits(searching, question, ranking=OFF)]
    around = [hit.memory.text for hit in await hits(searching, question)]
    assert alone[0] == around[0] == _HOLIDAY[0].text
    assert around[1] == _HOLIDAY[1].text
    assert alone[1] != _HOLIDAY[1].text or around.index(_OTHER[1].text) > 1


async def test_a_named_speaker_comes_first(searching: Searching) -> None:
    """Of two who say the same, the one whose name is in the question is meant."""
    await searching.add(*said("a", "Ann: I love chess."), *said("b", "Ben: I love chess."))
    for name in ("Ann", "Ben"):
        found = await hits(searching, f"Does {name} love chess?")
        assert found[0].memory.entities == [name]


async def test_a_time_is_a_preference_and_no_filter(searching: Searching) -> None:
    """A day in the question lifts what was said then; the rest is still found."""
    for day in (3, 13, 23):
        on = datetime(2023, 5, day, tzinfo=UTC)
        await searching.add(*said(f"day {day}", f"Ann: I ran {day} miles.", on=on))
    query = SearchQuery(text="How far did Ann run on 13 May 2023?", recency=STALE)
    page = await searching.search.page(searching.scope, query, size=10, after=None)
    assert page.hits[0].memory.text == "I ran 13 miles."
    assert len(page.hits) == 3
    [spoken] = page.times
    assert (spoken.phrase, spoken.start, spoken.end) == (
        "13 May 2023",
        datetime(2023, 5, 13, tzinfo=UTC),
        datetime(2023, 5, 14, tzinfo=UTC),
    )


async def test_single_modes_measure_one_thing(searching: Searching) -> None:
    """By meaning alone, or by words alone, nothing else takes part unless it is asked for."""
    await searching.add(*_HOLIDAY, *_OTHER)
    for mode, signal in (
        (SearchMode.SEARCH_MODE_SEMANTIC, "dense.text"),
        (SearchMode.SEARCH_MODE_KEYWORD, "words.text"),
    ):
        found = await hits(searching, "Where is Ben in summer?", mode=mode)
        assert {signal.name for hit in found for signal in hit.signals} == {signal}


async def test_diversity_spreads_over_sessions(searching: Searching) -> None:
    """Asked to spread, the second hit comes from another session."""
    await searching.add(
        *said("a", "Ann: I drink green tea.", "Ann: I drink green tea daily."),
        *said("b", "Ann: Black tea keeps me awake."),
    )
    plain = await hits(searching, "green tea", ranking=OFF)
    spread = await hits(searching, "green tea", ranking=RankingOptions(diversity=1.0))
    assert [hit.memory.session_id for hit in plain] == ["a", "a", "b"]
    assert [hit.memory.session_id for hit in spread][:2] == ["a", "b"]
