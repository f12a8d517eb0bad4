"""The engine, and what tells from a record alone, agree with the reference about every filter."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.commands.search.query import Query

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.domain.conditions import (
    ALWAYS,
    Node,
    compile_filter,
    holds,
    visible,
)
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.search.legs import DenseLeg, WordLeg
from agent_memory_services.long_term_memory.search.question import question_of
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from tests.integration.long_term_memory.conftest import Inserting, vectors
from tests.integration.long_term_memory.random_records import filters, memories, times, values
from tests.integration.long_term_memory.reference import is_visible, matches

_some = settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_many = settings(_some, max_examples=100)
_records = st.lists(memories, min_size=8, max_size=12)
# Ids that hold special characters, and others that never collide with them.
_ids = st.one_of(values, st.uuids().map(str))


async def _stored(store: MemoryStore, records: Sequence[Memory], ids: Sequence[str]) -> str:
    """A tenant of its own that holds the records, some of them found before."""
    tenant = new_id()
    for at, (record, memory_id) in enumerate(zip(records, ids, strict=True)):
        record.id, record.content_hash = memory_id, str(at)
    await Inserting(store, tenant)(*records)
    for record in records[::2]:
        await store.touch(tenant, [record.id], now=to_micros(record.create_time), interval=1)
        record.access_count = 1
        record.last_access_time.CopyFrom(record.create_time)
    return tenant


async def _found(index: MemoryIndex, tenant: str, conditions: Sequence[Node]) -> list[set[str]]:
    """What each condition selects, alone as well as beside words and beside a vector."""
    selections = [Scope(tenant).select(condition) for condition in conditions]
    alone = [
        (Query(str(each.condition)).return_field("id").paging(0, 100).dialect(2), None)
        for each in selections
    ]
    words = WordLeg("words.text", 1, question_of("x y", max_words=2))
    dense = DenseLeg("dense.text", 1, "vector", vectors().text)
    legs = [leg.query(each, 100) for leg in (words, dense) for each in selections]
    answers = await index.search(tenant, [*alone, *legs])
    found = [{row.key.decode() for row in answer.rows} for answer in answers]
    count = len(selections)
    assert found[:count] == found[count : 2 * count] == found[2 * count :]
    return found[:count]


def _keys(store: MemoryStore, tenant: str, records: Sequence[Memory]) -> set[str]:
    return {store.shard(tenant).memory(tenant, record.id) for record in records}


_drawn = given(
    records=_records,
    ids=st.lists(_ids, min_size=12, max_size=12, unique=True),
    trees=st.lists(filters, min_size=20, max_size=20),
)


@_some
@_drawn
async def test_engine_agrees_with_the_reference(
    index: MemoryIndex,
    store: MemoryStore,
    records: list[Memory],
    ids: list[str],
    trees: list[MemoryFilter],
) -> None:
    """600 random filter trees each find, and hold of, exactly the records that meet them."""
    await _agree(index, store, records, ids, trees)


@pytest.mark.long
@_many
@_drawn
async def test_engine_agrees_with_the_reference_at_length(
    index: MemoryIndex,
    store: MemoryStore,
    records: list[Memory],
    ids: list[str],
    trees: list[MemoryFilter],
) -> None:
    """And so do 2,000."""
    await _agree(index, store, records, ids, trees)


async def _agree(
    index: MemoryIndex,
    store: MemoryStore,
    records: list[Memory],
    ids: list[str],
    trees: list[MemoryFilter],
) -> None:
    tenant = await _stored(store, records, ids[: len(records)])
    conditions = [compile_filter(tree, "filter") for tree in trees]
    found = await _found(index, tenant, conditions)
    for tree, condition, keys in zip(trees, conditions, found, strict=True):
        expected = [record for record in records if matches(tree, record)]
        assert keys == _keys(store, tenant, expected), tree
        assert [record for record in records if holds(condition, record)] == expected, tree


@_some
@given(
    records=_records,
    ids=st.lists(_ids, min_size=12, max_size=12, unique=True),
    moments=st.lists(times.map(to_micros), min_size=3, max_size=3),
)
async def test_visibility_agrees_with_the_reference(
    index: MemoryIndex,
    store: MemoryStore,
    records: list[Memory],
    ids: list[str],
    moments: list[int],
) -> None:
    """Hidden, expired, ended and not yet valid records are left out, to the microsecond."""
    tenant = await _stored(store, records, ids[: len(records)])
    cases = [(at, superseded) for at in moments for superseded in (False, True)]
    found = await _found(index, tenant, [visible(at, superseded=flag) for at, flag in cases])
    for (at, flag), keys in zip(cases, found, strict=True):
        expected = [record for record in records if is_visible(record, at, superseded=flag)]
        assert keys == _keys(store, tenant, expected), (at, flag)
        told = [record for record in records if holds(visible(at, superseded=flag), record)]
        assert told == expected, (at, flag)


async def test_no_filter_leaves_the_tenant(index: MemoryIndex, store: MemoryStore) -> None:
    """Tenants in one shard, spelled alike but for what encodes them, never see each other."""
    tenants = ["a", "A", "a b", "a_20b", "a,b", "a|b", "{a}", "a*", '"a"', "a:b", "😀", "é", "É"]
    for tenant in tenants:
        record = Memory(id="same", text="x", type=MemoryType.MEMORY_TYPE_SEMANTIC)
        await Inserting(store, tenant)(record)
    for tenant in tenants:
        [found] = await _found(index, tenant, [ALWAYS])
        assert found == {store.shard(tenant).memory(tenant, "same")}


async def test_a_prefix_sees_every_value(index: MemoryIndex, store: MemoryStore) -> None:
    """A prefix finds more values than the engine expands by default, and one letter suffices."""
    records = [Memory(id=f"m{at}", text="x", session_id=f"s{at}") for at in range(500)]
    await Inserting(store, "t")(*records)
    query = MemoryFilter(session_id=TagFilter(prefix="s"))
    [result] = await index.search(
        "t", [Query(str(Scope("t").select(compile_filter(query, "filter")).condition)).dialect(2)]
    )
    assert result.total == 500


async def test_a_confined_scope_bounds_every_filter(index: MemoryIndex, store: MemoryStore) -> None:
    """A credential for some users and namespaces reaches theirs alone, whatever it asks for."""
    for user in ("u1", "u2", ""):
        for namespace in ("n1", "n2", ""):
            record = Memory(id=f"{user}/{namespace}", text="x", user_id=user, namespace=namespace)
            await Inserting(store, "t")(record)

    async def ids(scope: Scope) -> set[str]:
        query = Query(str(scope.select(ALWAYS).condition)).paging(0, 100).dialect(2)
        [answer] = await index.search("t", [query.return_field("record", decode_field=False)])
        return {Memory.FromString(row.fields[b"record"]).id for row in answer.rows}

    assert await ids(Scope("t", users=frozenset({"u1"}))) == {"u1/n1", "u1/n2", "u1/"}
    assert await ids(Scope("t", frozenset({"u1", ""}), frozenset({"n2"}))) == {"u1/n2", "/n2"}
    assert await ids(Scope("t", users=frozenset())) == set()
