"""ListFieldValues."""

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import to_timestamp
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory import values
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex, VectorIndex
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant


async def listed(tenant: Tenant, field: str, **asked: Any) -> dict[object, int]:
    """The values of a field, with their counts, in order."""
    request = rpc.ListFieldValuesRequest(
        field=ltm.MemoryField.Value(f"MEMORY_FIELD_{field}"), **asked
    )
    page = await tenant.call("ListFieldValues", request)
    return {getattr(each, each.WhichOneof("value")): each.memory_count for each in page.values}


def with_metadata(text: str, data: Mapping[str, Any]) -> Memory:
    """A memory with metadata."""
    metadata = Struct()
    metadata.update(data)
    return Memory(text=text, metadata=metadata)


async def test_values_are_counted_within_a_filter(tenant: Tenant, neighbour: Tenant) -> None:
    """Most memories first; a list counts each of its values once; nobody else's are told."""
    await neighbour.create(Memory(text="theirs", user_id="carol", topics=["tea", "x"]))
    await tenant.create(
        Memory(text="one", user_id="alice", topics=["tea", "rum, dark", "tea"]),
        Memory(text="two", user_id="alice", topics=["tea"], expire_time=to_timestamp(1)),
        Memory(text="three", user_id="bob", session_id="s 1", topics=["tea"]),
        Memory(text="four", entities=["Zoë", "Zoo"]),
    )
    assert await listed(tenant, "USER_ID") == {"": 1, "alice": 1, "bob": 1}
    assert await listed(tenant, "USER_ID", include_hidden=True) == {"alice": 2, "": 1, "bob": 1}
    assert list(await listed(tenant, "TOPICS")) == ["tea", "rum, dark"]
    assert await listed(tenant, "TOPICS") == {"tea": 2, "rum, dark": 1}
    bob = MemoryFilter(user_id=TagFilter(eq="bob"))
    assert await listed(tenant, "SESSION_ID", filter=bob) == {"s 1": 1}
    assert await listed(tenant, "ENTITIES", prefix="Zo") == {"Zoo": 1, "Zoë": 1}
    assert await listed(tenant, "ENTITIES", prefix="Zoë") == {"Zoë": 1}


async def test_namespaces_are_told_apart_down_to_a_level(tenant: Tenant) -> None:
    """What is below a level is counted with it, and said to be there."""
    names = ["shop/de/berlin", "shop/de", "shop/fr", "shops", ""]
    await tenant.create(*(Memory(text=name or "none", namespace=name) for name in names))
    request = rpc.ListFieldValuesRequest(field=ltm.MEMORY_FIELD_NAMESPACE, depth=1)
    page = await tenant.call("ListFieldValues", request)
    assert [(each.text, each.memory_count, each.has_children) for each in page.values] == [
        ("shop", 3, True),
        ("", 1, False),
        ("shops", 1, False),
    ]
    assert await listed(tenant, "NAMESPACE", prefix="shop/", depth=2) == {
        "shop/de": 2,
        "shop/fr": 1,
    }
    assert set(await listed(tenant, "NAMESPACE")) == set(names)


async def test_keys_and_values_of_metadata_are_listed(tenant: Tenant) -> None:
    """Keys lead to values of every type, however they are nested and whatever they hold."""
    await tenant.create(
        with_metadata("one", {"agent": {"id": "a\ne"}, "a.b": 1.5, "n": None, "tags": ["x", "y"]}),
        with_metadata("two", {"agent": {"id": "ab"}, "a.b": -2, "tags": ["x"], "flag": True}),
        with_metadata("three", {"agent": {"id": ""}, "a.b": True, "flag": "True"}),
    )
    keys = {"a\\.b": 3, "agent": 3, "agent.id": 3, "flag": 2, "tags": 2}
    assert await listed(tenant, "METADATA_KEY") == keys
    assert set(await listed(tenant, "METADATA_KEY", prefix="a")) == {"a\\.b", "agent", "agent.id"}

    async def at(path: str, **asked: Any) -> list[tuple[object, int]]:
        return list((await listed(tenant, "METADATA_VALUE", metadata_path=path, **asked)).items())

    assert await at("agent.id") == [("", 1), ("a\ne", 1), ("ab", 1)]
    assert await at("agent.id", prefix="ab") == [("ab", 1)]
    assert await at("tags") == [("x", 2), ("y", 1)]
    assert sorted(await at("a\\.b")) == [(-2, 1), (True, 1), (1.5, 1)]
    assert await at("flag") == [(True, 1), ("True", 1)]
    assert await at("nowhere") == []


async def test_pages_hold_each_value_once(tenant: Tenant) -> None:
    """The token continues behind the last value, for the same question alone."""
    await tenant.create(*(Memory(text=f"{at}", topics=[f"t{at % 7}"]) for at in range(20)))
    asked = rpc.ListFieldValuesRequest(field=ltm.MEMORY_FIELD_TOPICS, page_size=3)
    found: list[str] = []
    while True:
        page = await tenant.call("ListFieldValues", asked)
        found += [each.text for each in page.values]
        assert page.total_size == 7
        asked.page_token = page.next_page_token
        if not asked.page_token:
            break
        token = page.next_page_token
    assert found == [f"t{at}" for at in range(7)]
    with refused() as refusal:
        await tenant.call(
            "ListFieldValues",
            rpc.ListFieldValuesRequest(field=ltm.MEMORY_FIELD_ENTITIES, page_token=token),
        )
    assert refusal.reason == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"field": 7},
        {"field": 4, "metadata_path": "agent"},
    ],
    ids=["no field", "no path", "a path of no metadata"],
)
async def test_a_question_without_sense_is_refused(tenant: Tenant, asked: dict[str, Any]) -> None:
    """Nothing is guessed."""
    with refused() as refusal:
        await tenant.call("ListFieldValues", rpc.ListFieldValuesRequest(**asked))
    assert refusal.reason == "INVALID_FIELD"


async def test_what_is_too_much_is_told_in_part(tenant: Tenant, redis_url: str) -> None:
    """Memories are looked at by stretches up to a bound; the answer says that there are more."""
    await tenant.create(*(Memory(text=f"{at}", topics=[f"t{at}"]) for at in range(10)))
    async with connect(redis_url) as client:
        index = MemoryIndex(client, 2, VectorIndex(), 384)
        scope = Scope(tenant.name)
        asked = values.ValuesRequest(fields.TOPICS, conditions.ALWAYS)
        for bounds, told, partial in (
            (values.ValueBounds(memories=10, stretch=3), 10, False),
            (values.ValueBounds(memories=6, stretch=3), 6, True),
            (values.ValueBounds(memories=10, stretch=3, values=4), 4, True),
        ):
            page = await values.Values(index, bounds).page(scope, asked, size=100, after=None)
            assert (page.total, page.partial) == (told, partial)
