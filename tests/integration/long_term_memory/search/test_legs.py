"""What each leg finds and measures in a real index."""
# ruff: noqa: RUF001 - unusual characters are the point

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS, Node, Tag, negated
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.search.legs import DenseLeg, Leg, WordLeg, pool_of
from agent_memory_services.long_term_memory.search.question import question_of
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from tests.integration.long_term_memory.conftest import (
    Inserting,
    Writing,
    creation,
    memory,
    vectors,
)

SCOPE = Scope("acme")


async def found(index: MemoryIndex, leg: Leg, condition: Node = ALWAYS) -> dict[str, float]:
    """What a leg measures, by id."""
    answers = await index.search("acme", [leg.query(SCOPE.select(condition), 100)])
    return dict(pool_of([leg], answers, 0).measured[leg.name])


def dense(*numbers: float, must: str = "") -> DenseLeg:
    """A dense leg for a vector."""
    return DenseLeg("dense.text", 1, "vector", vectors(*numbers).text, must)


def by_words(text: str, *, around: bool = False) -> WordLeg:
    """A word leg for a text."""
    return WordLeg("words.text", 1, question_of(text, max_words=50), around=around)


async def test_the_dense_leg_measures_cosine_distance(index: MemoryIndex, write: Writing) -> None:
    """Distances run from 0 for the same direction to 2 for the opposite one."""
    directions = {"same": (2, 0, 0, 0), "half": (1, 1, 0, 0), "away": (-1, 0, 0, 0)}
    records = [creation(memory(name, id=name), vectors(*at)) for name, at in directions.items()]
    await write(*records)
    measured = await found(index, dense(1, 0, 0, 0))
    assert measured == {
        "same": pytest.approx(0, abs=1e-6),
        "half": pytest.approx(1 - 2**-0.5, abs=1e-6),
        "away": pytest.approx(2, abs=1e-6),
    }
    assert list(measured) == ["same", "half", "away"]


async def test_legs_stay_inside_the_condition(index: MemoryIndex, insert: Inserting) -> None:
    """Neither leg finds what the condition excludes or what another tenant holds."""
    await insert(memory(id="a", user_id="u"), memory(id="b", user_id="U"))
    await Inserting(insert.store, "other")(memory(id="c", user_id="u"))
    for leg in (dense(1), by_words("tea")):
        assert (await found(index, leg)).keys() == {"a", "b"}
        assert (await found(index, leg, Tag("user", ("u",)))).keys() == {"a"}
        assert (await found(index, leg, negated(Tag("user", ("u",))))).keys() == {"b"}


async def test_conditions_do_not_count_as_words(index: MemoryIndex, insert: Inserting) -> None:
    """Tags of a filter add nothing to a word score, where each would add a point."""
    await insert(
        *(
            memory(f"likes tea {'very ' * at}much", id=f"{at}", user_id=f"u{at % 3}")
            for at in range(9)
        )
    )
    free = await found(index, by_words("very tea"))
    for condition in (
        Tag("user", ("u1",)),
        Tag("user", ("u1", "u2")),
        negated(Tag("user", ("u1",))),
        negated(Tag("pinned", ("1",))),
    ):
        bound = await found(index, by_words("very tea"), condition)
        assert bound
        assert max(bound.values()) <= max(free.values())


async def test_conditions_do_not_hide_words(index: MemoryIndex, insert: Inserting) -> None:
    """Beside a condition, each word of a memory counts, in any inflection."""
    await insert(
        *(
            memory(f"dogs {'alice ' * (at % 3)}", id=f"{at}", user_id=f"u{at % 2}")
            for at in range(30)
        )
    )
    free = await found(index, by_words("alice dog"))
    for condition in (Tag("user", ("u1",)), negated(Tag("user", ("u0",)))):
        bound = await found(index, by_words("alice dog"), condition)
        assert bound.keys() == {name for name in free if int(name) % 2}
        order = sorted(bound, key=lambda name: int(name) % 3, reverse=True)
        assert [int(name) % 3 for name in bound] == [int(name) % 3 for name in order]


async def test_any_word_finds_and_rare_words_count_more(
    index: MemoryIndex, insert: Inserting
) -> None:
    """Words are joined by OR, found in other inflections, and weigh by how rare they are."""
    await insert(
        *(memory(f"likes tea number {at}", id=f"tea{at}") for at in range(5)),
        memory("runs marathons", id="runner"),
        memory("a cat", id="cat"),
    )
    measured = await found(index, by_words("does she run or drink tea?"))
    assert measured.keys() == {"runner", *(f"tea{at}" for at in range(5))}
    assert next(iter(measured)) == "runner"


async def test_phrases_must_occur_as_they_are(index: MemoryIndex, insert: Inserting) -> None:
    """A phrase needs its words side by side, stop words included, within one field."""
    await insert(
        memory("to be or not to be", id="hamlet"),
        memory("not to be late", id="late"),
        memory("be there", context="he is never to", id="split"),
        memory("yes", context="to be sure", id="context"),
    )
    assert (await found(index, by_words('"to be"'))).keys() == {"hamlet", "late"}
    around = by_words('"to be"', around=True)
    assert (await found(index, around)).keys() == {"hamlet", "late", "context"}
    assert (await found(index, by_words('"or not to"'))).keys() == {"hamlet"}
    assert (await found(index, by_words('"to be" "not to" late'))).keys() == {"hamlet", "late"}
    ranked = await found(index, by_words('"to be" late'))
    assert next(iter(ranked)) == "late"
    must = question_of('"not to be"', max_words=5).must()
    assert (await found(index, dense(1, must=must))).keys() == {"hamlet", "late"}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("schmeckt über Straße", "strasse"),
        ("我喜欢茶，他喜欢咖啡", "他喜欢咖啡"),
        ("हिन्दी भाषा", "भाषा"),
        ("version 3.14 inf nan", "inf"),
        ("say {x}|y* @z:$w", "x y z w"),
        ('quote " backslash \\ tilde ~', "backslash"),
        ("AND OR NOT ismissing exact", "ismissing"),
    ],
)
async def test_any_script_and_any_character(
    index: MemoryIndex, insert: Inserting, text: str, asked: str
) -> None:
    """Words of any script are found; nothing in a question or a text is syntax."""
    await insert(memory(text, id="hit"), memory("something else", id="miss"))
    for question in (asked, f'"{asked}"', f"-({asked}) | * ~@tenant:{{other}} {asked}"):
        assert (await found(index, by_words(question))).keys() == {"hit"}


async def test_a_pool_parses_each_memory_once(index: MemoryIndex, insert: Inserting) -> None:
    """Legs that found the same memories share them; accesses are put in."""
    record = memory(topics=["a", "b"])
    await insert(record)
    await insert.store.touch("acme", [record.id], now=5, interval=1)
    legs: list[Leg] = [dense(1), by_words("tea")]
    answers = await index.search("acme", [leg.query(SCOPE.select(ALWAYS), 9) for leg in legs])
    pool = pool_of(legs, answers, 1)
    [read] = await insert.store.get("acme", [record.id])
    assert isinstance(read, Memory)
    assert pool.memories == {record.id: read}
    assert pool.exhausted(2)
    assert not pool.exhausted(1)
