"""Neighbours that nearness alone does not find."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Claim, Memory
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.long_term_memory.consolidation import neighbours as looking
from agent_memory_services.long_term_memory.consolidation.neighbours import (
    Neighbour,
    Neighbourhood,
    Shares,
)
from agent_memory_services.long_term_memory.domain.memory import StoredMemory
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space, Vectorizer
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from agent_memory_services.long_term_memory.store.owners import OwnerColumns
from tests.integration.long_term_memory.conftest import (
    SHARDS,
    Inserting,
    creation,
    memory,
    vectors,
)
from tests.integration.long_term_memory.search.test_owned import Scattering

FAR = vectors(0, 1)
FOUR = Space(Scattering(), VectorIndex())
Ways: TypeAlias = tuple[Neighbourhood, Neighbourhood]


def claimed(
    relation: str,
    value: str,
    *,
    holder: str = "user",
    at: int = 1,
    negated: bool = False,
    **fields: object,
) -> Memory:
    """A memory with one claim, of a second."""
    fields.setdefault("user_id", "ann")
    claim = Claim(holder=holder, relation=relation, value=value, negated=negated)
    moment = to_timestamp(at * 1_000_000)
    return memory(f"{holder} {relation} {value}", claims=[claim], create_time=moment, **fields)


@pytest.fixture
def ways(redis: Redis, index: MemoryIndex, monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Looking in the index, and in columns."""
    monkeypatch.setattr(looking, "_WORTH", 1_000)
    monkeypatch.setattr(looking, "_SEVERAL", 1)
    owners = OwnerColumns(redis, index, SHARDS, 1 << 26)
    return Neighbourhood(index), Neighbourhood(index, owners, Vectorizer(FOUR))


async def neighbours(
    ways: Ways, insert: Inserting, subject: Memory, stored: Iterable[Memory]
) -> list[str]:
    """What is a neighbour of a fact both ways, though twenty others are nearer to it."""
    changes = [creation(each, FAR) for each in stored]
    changes += [creation(memory(f"near {at}", user_id="ann")) for at in range(20)]
    await insert.store.commit_each(insert.tenant, changes, actor="t", now=now_micros())
    subjects = [StoredMemory(subject, vectors())]
    [by_index], [by_columns] = [
        await around.of(insert.tenant, subjects, now_micros()) for around in ways
    ]
    (nearest, others), (same_nearest, same_others) = _told(by_index), _told(by_columns)
    assert others == same_others
    assert nearest == pytest.approx(same_nearest)
    return others


def _told(found: Sequence[Neighbour]) -> tuple[list[float], list[str]]:
    """How near the nearest are, and the texts of the others in the order of letters."""
    others = [each.memory.text for each in found if not each.memory.text.startswith("near ")]
    return [each.cosine for each in found if each.cosine is not None], sorted(others)


@pytest.mark.parametrize(
    ("subject", "stored"),
    [
        (claimed("live", "in rome"), claimed("live", "in oslo")),
        (claimed("end leave", "acme"), claimed("work", "at acme")),
        (claimed("work", "at acme"), claimed("end leave", "acme")),
        (claimed("work", "at acme"), claimed("be", "unemployed")),
        (claimed("end sell", "car"), claimed("be", "red", holder="user/car")),
        (claimed("be", "red", holder="user/car"), claimed("end sell", "car")),
        (claimed("end", "phone number"), claimed("phone number", "555")),
        (claimed("phone number", "555"), claimed("end", "phone number")),
        (claimed("like", "green tea"), claimed("drink", "tea green")),
        (claimed("switch", "editor to emacs"), claimed("use", "vim as editor")),
        (claimed("use", "vim as editor"), claimed("switch", "editor to emacs")),
        (claimed("like", "pork sausage"), claimed("like", "pork", negated=True)),
        (claimed("did visit", "museum"), claimed("did visit", "museum")),
        (claimed("move", "dentist to friday"), claimed("have", "dentist on monday")),
    ],
)
async def test_claims_lead_to_what_they_may_touch(
    ways: Ways, insert: Inserting, subject: Memory, stored: Memory
) -> None:
    """By holder and relation, or by a word that is said to be over."""
    found = await neighbours(ways, insert, subject, [stored])
    assert found == [stored.text]


async def test_claims_of_others_are_no_neighbours(ways: Ways, insert: Inserting) -> None:
    """Of another holder, another owner, another relation without a word in common."""
    stored = [
        claimed("live", "in oslo", holder="anna"),
        claimed("live", "in bonn", user_id="another"),
        claimed("like", "tea"),
        claimed("live", "in kyiv", merged_into="x"),
    ]
    stored[-1].merged_into = "x"
    assert await neighbours(ways, insert, claimed("live", "in rome"), stored) == []


async def test_the_latest_claims_are_looked_at(ways: Ways, insert: Inserting) -> None:
    """So many of them, however many there are, and an older one that has the same words."""
    stored = [claimed("be", f"thing {at}", at=at) for at in range(1, 100)]
    found = await neighbours(
        ways, insert, claimed("be", "kettle"), [claimed("be", "kettle", at=0), *stored]
    )
    latest = {f"user be thing {at}" for at in range(68, 100)}
    assert latest | {"user be kettle"} <= set(found)
    assert len(found) < len(latest) + 5


async def test_of_many_values_those_with_the_same_words_are_looked_at(
    ways: Ways, insert: Inserting
) -> None:
    """What somebody likes or has visited is no other value of anything."""
    stored = [claimed(relation, "tea", at=1) for relation in ("like", "did visit")]
    assert await neighbours(ways, insert, claimed("like", "coffee"), stored) == []


async def test_the_nearest_of_an_owner_of_much_of_the_index_are_found_by_its_graph(
    index: MemoryIndex, insert: Inserting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second time on, when it is known what the owner has."""
    monkeypatch.setattr(looking, "_MANY", 20)
    changes = [creation(memory(f"near {at}")) for at in range(30)]
    changes += [creation(memory(f"far {at}"), FAR) for at in range(30)]
    await insert.store.commit_each(insert.tenant, changes, actor="t", now=now_micros())
    around, subject = Neighbourhood(index), StoredMemory(memory("subject"), vectors())
    for _ in range(2):
        [found] = await around.of(insert.tenant, [subject], now_micros())
        assert len(found) == len([each for each in found if each.memory.text.startswith("near")])
        assert found


def test_an_owner_of_a_small_part_is_compared_in_full() -> None:
    """So is one of whom nothing is known, and one who has little."""
    shares = Shares()
    assert not shares.is_large("a")
    assert shares.stale(["a", "b", "c"]) == ["*", "a", "b", "c"]
    shares.note({"*": 100_000, "a": 50_000, "b": 10_000, "c": 10})
    assert [shares.is_large(each) for each in "abc"] == [True, False, False]
    assert shares.stale(["a", "d"]) == ["d"]
