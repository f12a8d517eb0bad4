"""LangGraph's store, beside the one that LangGraph keeps in memory."""

import asyncio
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.store.base import (
    GetOp,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from agent_memory_client import MemoryClient
from agent_memory_client.integrations.langgraph import AgentMemoryStore


@pytest.fixture
def store(url: str, unique: str) -> AgentMemoryStore:
    """An empty store."""
    return AgentMemoryStore(url, root=unique)


LABELS = st.sampled_from(["a", "b", "a/", "A", "%", "a%2F", "ü b", "_"])
NAMESPACES = st.lists(LABELS, min_size=1, max_size=3).map(tuple)
KEYS = st.sampled_from(["k", "K", "k/k", "ké", "0"])
FIELDS = st.sampled_from(["n", "s", "x.y", "deep", "q'"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**60, 0.5, 1.0, -2.25, 1e300]),
    st.sampled_from(["", "red", "Red", "re", "a b", "*", "x" * 700, "line\nline"]),
)
VALUES = st.dictionaries(
    FIELDS,
    st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(FIELDS, SCALARS, max_size=2)),
    max_size=3,
)
NUMBERS = st.sampled_from([-1, 0, 1, 0.5, 2])
FILTERS = st.one_of(
    st.none(),
    st.dictionaries(FIELDS, SCALARS, min_size=1, max_size=2),
    st.builds(
        lambda key, operator, value: {key: {operator: value}},
        FIELDS,
        st.sampled_from(["$eq", "$ne"]),
        SCALARS,
    ),
    st.builds(
        lambda operator, number: {"n": {operator: number}},
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
        NUMBERS,
    ),
)
PATHS = st.lists(st.one_of(LABELS, st.just("*")), min_size=1, max_size=2).map(tuple)
READS = st.one_of(
    st.tuples(NAMESPACES, KEYS).map(lambda named: GetOp(*named)),
    st.builds(
        lambda prefix, wanted: SearchOp(prefix, filter=wanted, limit=100),
        st.lists(LABELS, max_size=2).map(tuple),
        FILTERS,
    ),
    st.builds(
        lambda kind, path, depth: ListNamespacesOp(
            match_conditions=(MatchCondition(kind, path),), max_depth=depth
        ),
        st.sampled_from(["prefix", "suffix"]),
        PATHS,
        st.sampled_from([None, 1, 2]),
    ),
)
PUTS = st.tuples(NAMESPACES, KEYS, st.one_of(st.none(), VALUES)).map(lambda put: PutOp(*put))


def shown(results: list[Any]) -> list[Any]:
    """Results without times and without the order of what is listed."""

    def spelled(item: Any) -> Any:
        return (item.namespace, item.key, item.value)

    return [
        sorted(map(spelled, each), key=repr)
        if isinstance(each, list) and each and hasattr(each[0], "key")
        else spelled(each)
        if hasattr(each, "key")
        else each
        for each in results
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(PUTS, min_size=1, max_size=8), st.lists(READS, min_size=1, max_size=4))
def test_it_answers_as_the_store_in_memory_does(url: str, puts: list[Op], reads: list[Op]) -> None:
    """Any writes, then any reads: the same items, values and namespaces."""
    store = AgentMemoryStore(url, root=f"property-{time.time_ns()}")
    memory = InMemoryStore()
    for one in (store, memory):
        one.batch(puts)
    for read in reads:
        # A namespace that was only looked into, or emptied, stays in its dictionary.
        for namespace in [name for name, items in memory._data.items() if not items]:
            del memory._data[namespace]
        try:
            expected = memory.batch([read])
        except (TypeError, ValueError):
            # It takes what it compares for a number, and fails for other values.
            continue
        assert shown(store.batch([read])) == shown(expected)


def test_items_are_put_read_replaced_and_deleted(store: AgentMemoryStore) -> None:
    """The last value of a key counts, also within one batch; a deleted key can come back."""
    users = ("users", "ada")
    store.put(users, "likes", {"drink": "tea"})
    assert store.get(users, "likes").value == {"drink": "tea"}
    store.batch([PutOp(users, "likes", {"drink": "x"}), PutOp(users, "likes", {"drink": "milk"})])
    item = store.get(users, "likes")
    assert (item.value, item.namespace, item.key) == ({"drink": "milk"}, users, "likes")
    assert item.created_at <= item.updated_at
    store.delete(users, "likes")
    assert store.get(users, "likes") is None
    assert store.search(users) == []
    store.put(users, "likes", {"drink": "juice"})
    assert store.get(users, "likes").value == {"drink": "juice"}


def test_pages_of_a_search_hold_everything_once(store: AgentMemoryStore) -> None:
    """By limit and offset."""
    for number in range(7):
        store.put(("pages",), str(number), {"n": number, "even": number % 2 == 0})
    pages = [store.search(("pages",), limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {item.value["n"] for page in pages for item in page} == set(range(7))
    even = store.search(("pages",), filter={"even": True, "n": {"$gte": 2}}, limit=10)
    assert {item.value["n"] for item in even} == {2, 4, 6}


async def test_a_query_ranks_by_meaning(store: AgentMemoryStore) -> None:
    """Of what is indexed; the rest comes last and without a score."""
    texts = {"pets": "I adopted a small kitten", "work": "The quarterly report is due on Friday"}
    for key, text in texts.items():
        await store.aput(("notes",), key, {"text": text, "kind": "note"})
    await store.aput(("notes",), "hidden", {"text": "My cat sleeps"}, index=False)
    found = await store.asearch(("notes",), query="cats and other animals")
    assert [item.key for item in found] == ["pets", "work", "hidden"]
    assert found[0].score > found[1].score
    assert found[2].score is None


async def test_an_item_lives_on_when_it_is_read(store: AgentMemoryStore) -> None:
    """A read that refreshes begins its time anew; one that does not lets it end."""
    minutes = 4 / 60
    for key in ("read", "left"):
        await store.aput(("lives",), key, {"n": 1}, ttl=minutes)
    until = time.monotonic() + 60
    while await store.aget(("lives",), "left", refresh_ttl=False) is not None:
        assert await store.aget(("lives",), "read", refresh_ttl=True) is not None
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    assert [item.key for item in await store.asearch(("lives",), refresh_ttl=False)] == ["read"]


def test_items_are_memories_of_their_owner(url: str, unique: str) -> None:
    """So they are found by the client, and erased with the user."""
    store = AgentMemoryStore(url, root=unique, user_id=unique)
    store.put(("facts",), "seat", {"text": "User prefers window seats"})
    with MemoryClient(url) as memory:
        (found,) = memory.search_long_term_memory("seats", user_id=unique).memories
        assert "window seats" in found.text
        memory.erase_user(unique)
    assert store.get(("facts",), "seat") is None
