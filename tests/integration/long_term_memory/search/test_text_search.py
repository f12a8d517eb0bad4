"""Searching with the real model."""

import pytest

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Provenance, Validity
from agent_memory.common.v1.search_pb2 import (
    RankingOptions,
    RecencyOptions,
    SearchMode,
    SearchQuery,
)
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from tests.integration.long_term_memory.search.conftest import Searching

SEMANTIC, KEYWORD, HYBRID = (
    SearchMode.SEARCH_MODE_SEMANTIC,
    SearchMode.SEARCH_MODE_KEYWORD,
    SearchMode.SEARCH_MODE_HYBRID,
)
FACTS = (
    "Alice is vegetarian",
    "Alice prefers meetings in the morning",
    "Bob climbs mountains at the weekend",
    "The quarterly report is due on Friday",
    "Carol plays the violin in an orchestra",
    "The cat is called Minka",
)


async def test_each_mode_finds_the_fact(searching: Searching) -> None:
    """Meaning finds what shares no word, words find names, and both find either."""
    await searching.add(*(Memory(text=text) for text in FACTS))
    assert (await searching.texts("Which food does she avoid?", mode=SEMANTIC))[0] == FACTS[0]
    assert await searching.texts("Minka", mode=KEYWORD) == [FACTS[5]]
    for question, fact in (("What musical instrument?", FACTS[4]), ("the report", FACTS[3])):
        assert (await searching.texts(question, mode=HYBRID))[0] == fact


@pytest.mark.parametrize("mode", [SEMANTIC, KEYWORD, HYBRID])
@pytest.mark.parametrize("size", [1, 4, 20])
async def test_pages_show_each_hit_once(
    searching: Searching, mode: SearchMode.ValueType, size: int
) -> None:
    """Through all windows, every memory comes exactly once, and scores lie within 0 to 1."""
    records = await searching.add(
        *(Memory(text=f"{FACTS[at % 6]}, number {at}") for at in range(30))
    )
    pages = await searching.pages(SearchQuery(text="number of Alice", mode=mode), size)
    hits = [hit for page in pages for hit in page]
    assert sorted(hit.memory.id for hit in hits) == sorted(record.id for record in records)
    assert all(len(page) == size for page in pages[:-1])
    assert all(0 <= hit.score <= 1 for hit in hits)
    first = [hit.score for hit in pages[0]]
    assert first == sorted(first, reverse=True)


async def test_pages_stand_while_others_write_and_read(searching: Searching) -> None:
    """Memories stored, and memories found, between two pages move nothing."""
    records = await searching.add(*(Memory(text=f"likes tea {at}") for at in range(12)))
    query = SearchQuery(text="likes tea")
    seen: list[str] = []
    after = None
    while True:
        page = await searching.search.page(searching.scope, query, size=3, after=after)
        assert page.total == len(records)
        shown = [hit.memory.id for hit in page.hits]
        seen += shown
        after = page.next
        if after is None:
            break
        await searching.store.touch("acme", shown, now=now_micros(), interval=1)
        await searching.add(Memory(text="likes tea best of all"))
    assert sorted(seen) == sorted(record.id for record in records)


async def test_a_fresh_memory_is_lifted_onto_the_page(searching: Searching) -> None:
    """Recency counts before the page is cut, so what is fresh can come from below it."""
    old = to_timestamp(now_micros() - 400 * 86_400_000_000)
    await searching.add(
        *(Memory(text="likes green tea", create_time=old) for _ in range(3)),
        Memory(text="likes green tea a lot"),
    )
    query = {"recency": RecencyOptions(semantic_weight=0.5, recency_weight=0.5)}
    assert (await searching.texts("likes green tea", **query))[0] == "likes green tea a lot"
    off = {"recency": RecencyOptions(enabled=False)}
    assert (await searching.texts("likes green tea", **off))[-1] == "likes green tea a lot"


async def test_semantic_scores_are_similarities(searching: Searching) -> None:
    """Without recency, a semantic score is the cosine, whatever else was found."""
    await searching.add(*(Memory(text=text) for text in FACTS))
    query = SearchQuery(text=FACTS[0], mode=SEMANTIC, recency=RecencyOptions(enabled=False))
    [page] = await searching.pages(query, 10)
    assert page[0].score == pytest.approx(1, abs=1e-3)
    for hit in page:
        assert hit.distance is not None
        assert hit.score == pytest.approx(max(0, 1 - hit.distance))


async def test_bounds_drop_weak_hits(searching: Searching) -> None:
    """A least score and a greatest distance cut; totals count what the filter matches."""
    await searching.add(*(Memory(text=text) for text in FACTS))
    off = RecencyOptions(enabled=False)
    for options in ({"min_score": 0.9}, {"max_distance": 0.1, "mode": SEMANTIC}):
        assert await searching.texts(FACTS[2], recency=off, **options) == [FACTS[2]]
    query = SearchQuery(text=FACTS[2], min_score=1.0)
    page = await searching.search.page(searching.scope, query, size=5, after=None)
    assert (list(page.hits), page.total, page.next) == ([], 6, None)


async def test_the_filter_bounds_hits_and_total(searching: Searching) -> None:
    """Hits and totals hold to the filter in every mode."""
    await searching.add(
        *(Memory(text="likes tea", user_id=user) for user in ("alice", "Alice", "alice,bob", ""))
    )
    query = SearchQuery(text="tea", filter=MemoryFilter(user_id=TagFilter(eq="alice")), mode=HYBRID)
    for query.mode in (SEMANTIC, KEYWORD, HYBRID):
        page = await searching.search.page(searching.scope, query, size=5, after=None)
        assert [hit.memory.user_id for hit in page.hits] == ["alice"]
        assert page.total == 1


async def test_what_was_true_at_a_time(searching: Searching) -> None:
    """Ended facts are left out now, found as of their time, and on demand."""
    lived = (
        ("lives in Paris", Validity(invalid_from=to_timestamp(200))),
        ("lives in Berlin", Validity(valid_from=to_timestamp(200))),
        ("lives in Rome", Validity(valid_from=to_timestamp(2**52))),
    )
    await searching.add(*(Memory(text=text, validity=validity) for text, validity in lived))
    assert await searching.texts("lives") == ["lives in Berlin"]
    for at, town in ((199, "Paris"), (200, "Berlin"), (2**52, "Rome")):
        assert f"lives in {town}" in await searching.texts("lives", as_of=to_timestamp(at))
    assert sorted(await searching.texts("lives", include_superseded=True)) == [
        "lives in Berlin",
        "lives in Paris",
    ]


async def test_a_question_without_words_finds_by_meaning_alone(searching: Searching) -> None:
    """Nothing to look for is nothing found by words, and no obstacle to meaning."""
    await searching.add(Memory(text="a party 🎉"))
    assert await searching.texts("🎉!", mode=KEYWORD) == []
    assert await searching.texts("🎉!", mode=HYBRID) == ["a party 🎉"]


async def test_the_best_hits_come_in_one_go(searching: Searching) -> None:
    """A stream's ranking holds every hit once, best first, up to its limit."""
    await searching.add(*(Memory(text=f"likes tea {at}") for at in range(30)))
    query = SearchQuery(text="likes tea", ranking=RankingOptions(dense_weight=0.5))
    for limit, expected in ((7, 7), (500, 30)):
        parts = searching.search.stream(searching.scope, query, limit=limit)
        hits = [hit async for part in parts for hit in part]
        assert len({hit.memory.id for hit in hits}) == expected
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


MESSAGE = MemoryType.MEMORY_TYPE_MESSAGE
TOLD = Provenance(session_uid="s1", message_ids=["m1"])


DATED = Memory(text="User met Sam in Oslo on 28 November 2026", provenance=TOLD)
DATED.event_time.start.FromJsonString("2026-11-28T00:00:00Z")


@pytest.mark.parametrize("mode", [SEMANTIC, KEYWORD, HYBRID])
@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("I live in Oslo!", Memory(text="User lives in Oslo", provenance=TOLD)),
        ("I met Sam in Oslo yesterday.", DATED),
    ],
)
async def test_a_fact_stands_for_the_message_that_states_it(
    searching: Searching, mode: SearchMode.ValueType, said: str, stored: Memory
) -> None:
    """Both are one hit, the fact, in the better place; what the message says besides is no loss."""
    fact = stored.text
    told = [Memory(text=said, type=MESSAGE, provenance=TOLD), stored]
    records = await searching.add(*told, *(Memory(text=text) for text in FACTS))
    query = SearchQuery(text=said, mode=mode, recency=RecencyOptions(enabled=False))
    query.filter.id.any.extend(each.id for each in records[:2])
    [[hit]] = await searching.pages(query, 1)
    assert hit.memory.text == fact
    assert sum(signal.contribution for signal in hit.signals) == pytest.approx(hit.score)
    [stood_for] = [signal.value for signal in hit.signals if signal.name == "message"]
    assert hit.score >= stood_for
    query.filter.type.any.append(MESSAGE)
    [[message]] = await searching.pages(query, 1)
    assert message.memory.text == said


@pytest.mark.parametrize(
    "message",
    [
        Memory(text="I live in Oslo with a parrot", provenance=TOLD),
        Memory(text="I live in Oslo", provenance=Provenance(session_uid="s1", message_ids=["m2"])),
        Memory(text="I live in Oslo", provenance=Provenance(session_uid="s2", message_ids=["m1"])),
        Memory(text="I live in Oslo"),
    ],
)
async def test_a_message_that_says_more_or_was_said_elsewhere_is_a_hit(
    searching: Searching, message: Memory
) -> None:
    """Only what a fact was taken from, and says in full, gives way to it."""
    message.type = MESSAGE
    fact = Memory(text="User lives in Oslo", provenance=TOLD)
    await searching.add(message, fact)
    assert sorted(await searching.texts("Where is Oslo?")) == sorted([message.text, fact.text])


@pytest.mark.parametrize(
    ("fact", "found"),
    [
        ("User lives in Oslo", False),
        ('User said: "I have a parrot"', False),
        ("User has lived in Oslo since May 2021", True),
    ],
)
async def test_a_fact_behind_its_message_is_a_hit_for_what_else_it_says(
    searching: Searching, fact: str, *, found: bool
) -> None:
    """What the message before it says in full takes no place; the fact alone is found as before."""
    said = "I live in Oslo, have a parrot called Polly and cook soup for it every single evening"
    told = [Memory(text=said, type=MESSAGE, provenance=TOLD), Memory(text=fact, provenance=TOLD)]
    told[0].metadata["role"] = "user"
    await searching.add(*told)
    question = "Who cooks soup every evening for Polly?"
    assert await searching.texts(question) == [said, fact][: 1 + found]
    query = SearchQuery(text=question)
    query.filter.type.any.append(MemoryType.MEMORY_TYPE_SEMANTIC)
    [[hit]] = await searching.pages(query, 1)
    assert hit.memory.text == fact


async def test_a_fact_keeps_a_quarter_of_its_lead(searching: Searching) -> None:
    """Its message is a hit behind it, for what it says besides."""
    said = "I moved to Oslo because of the work, and the winters are long and the coffee is good"
    fact = "User moved to Oslo"
    await searching.add(
        Memory(text=said, type=MESSAGE, provenance=TOLD), Memory(text=fact, provenance=TOLD)
    )
    query = SearchQuery(text="Who moved to Oslo?", recency=RecencyOptions(enabled=False))
    [[first, second]] = await searching.pages(query, 2)
    assert [first.memory.text, second.memory.text] == [fact, said]
    [line] = [signal for signal in first.signals if signal.name == "message"]
    assert line.value == pytest.approx(second.score)
    assert first.score - second.score == pytest.approx(-line.contribution / 3)


async def test_a_message_stays_where_its_fact_is_too_far(searching: Searching) -> None:
    """What a bound drops stands for nothing."""
    said = "I live in Oslo"
    await searching.add(
        Memory(text=said, type=MESSAGE, provenance=TOLD),
        Memory(text="User lives in Oslo, by the sea, since the year before last", provenance=TOLD),
    )
    assert await searching.texts(said, mode=SEMANTIC, max_distance=0.05) == [said]
