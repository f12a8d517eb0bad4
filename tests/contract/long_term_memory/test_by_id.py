"""GetMemory, BatchGetMemories, UpdateMemory and DeleteMemories."""

import asyncio

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct, Value
from google.rpc.error_details_pb2 import ErrorInfo

from agent_memory.common.v1.memory_pb2 import EventTime, Memory, TimePrecision, Validity
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import to_timestamp
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant

Code = grpc.StatusCode
# Ids that a careless key or query would mix up.
HOSTILE = (
    "a",
    "A",
    "a,b",
    "a:b",
    "a|b",
    "{a}",
    "a*",
    '"a"',
    " a",
    "a b",
    "😀",
    "é",
    "É",
    "*",
    "_61",
)


async def test_a_missing_memory_is_not_found(tenant: Tenant, neighbour: Tenant) -> None:
    """An id of nobody and an id of another tenant are the same to a caller."""
    await neighbour.create(Memory(id="theirs", text="x"))
    for memory_id in ("nobodys", "theirs"):
        with refused() as refusal:
            await tenant.get(memory_id)
        assert (refusal.code, refusal.reason) == (Code.NOT_FOUND, "MEMORY_NOT_FOUND")
        assert refusal.metadata == {"memory_id": memory_id}


async def test_hidden_ones_can_be_read(tenant: Tenant) -> None:
    """A memory that is no longer true or has expired is there for who knows its id."""
    ended = Memory(id="ended", text="a", validity=Validity(invalid_from=to_timestamp(1)))
    expired = Memory(id="expired", text="b", expire_time=to_timestamp(1))
    await tenant.create(ended, expired)
    assert (await tenant.list()).total_size == 0
    assert [(await tenant.get(name)).text for name in ("ended", "expired")] == ["a", "b"]


async def test_hostile_ids_never_meet(tenant: Tenant) -> None:
    """Whatever characters an id holds, it names its own memory and no other."""
    # Exactly compared, since case and brackets make no other statement.
    given = (Memory(id=name, text=f"text of {name}") for name in HOSTILE)
    await tenant.create(*given, deduplication=ltm.DEDUPLICATION_POLICY_EXACT)
    for name in HOSTILE:
        assert (await tenant.get(name)).text == f"text of {name}"
        page = await tenant.list(filter={"id": {"eq": name}})
        assert [memory.id for memory in page.memories] == [name]
    gone = await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=["A", "{a}"]))
    assert list(gone.deleted_ids) == ["A", "{a}"]
    left = await tenant.list(page_size=100)
    assert {memory.id for memory in left.memories} == {*HOSTILE} - {"A", "{a}"}


async def test_a_batch_answers_each_in_order(tenant: Tenant) -> None:
    """Present, missing and repeated ids each have their place."""
    await tenant.create(Memory(id="a", text="x"), Memory(id="b", text="y"))
    answer = await tenant.call(
        "BatchGetMemories", rpc.BatchGetMemoriesRequest(memory_ids=["b", "no", "a", "b"])
    )
    kinds = [item.WhichOneof("result") for item in answer.items]
    assert kinds == ["memory", "error", "memory", "memory"]
    assert [item.memory.text for item in answer.items] == ["y", "", "x", "y"]
    error, info = answer.items[1].error, ErrorInfo()
    error.details[0].Unpack(info)
    assert (error.code, info.reason) == (Code.NOT_FOUND.value[0], "MEMORY_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("GetMemory", rpc.GetMemoryRequest(), "memory_id"),
        ("BatchGetMemories", rpc.BatchGetMemoriesRequest(), "memory_ids"),
        ("BatchGetMemories", rpc.BatchGetMemoriesRequest(memory_ids=[""]), "memory_ids[0]"),
        ("DeleteMemories", rpc.DeleteMemoriesRequest(), "memory_ids"),
        ("UpdateMemory", rpc.UpdateMemoryRequest(), "memory"),
        ("UpdateMemory", rpc.UpdateMemoryRequest(memory=Memory(text="x")), "memory"),
    ],
)
async def test_requests_name_what_they_mean(
    tenant: Tenant, method: str, request_: object, field: str
) -> None:
    """A request without its subject is refused at the field."""
    with refused() as refusal:
        await tenant.call(method, request_)
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(refusal.fields) == [field]


async def test_a_mask_changes_what_it_names(tenant: Tenant) -> None:
    """Named fields take new values or are cleared; others stay as they are."""
    [result] = await tenant.create(
        Memory(text="likes tea", topics=["tea"], slot="user/drink", namespace="n", pinned=True)
    )
    before = result.memory
    metadata = Struct(fields={"a": Value(number_value=1)})
    wanted = Memory(
        id=before.id,
        text="likes coffee",
        topics=["coffee", "drinks"],
        metadata=metadata,
        event_time=EventTime(start=to_timestamp(5)),
        namespace="ignored",
    )
    after = await tenant.update(
        wanted, "text", "topics", "slot", "metadata", "event_time", "pinned"
    )
    expected = Memory()
    expected.CopyFrom(before)
    expected.MergeFrom(Memory(text="likes coffee", metadata=metadata))
    expected.topics[:] = ["coffee", "drinks"]
    expected.slot, expected.pinned = "", False
    expected.event_time.CopyFrom(
        EventTime(start=to_timestamp(5), precision=TimePrecision.TIME_PRECISION_INSTANT)
    )
    for name in ("etag", "content_hash"):
        assert getattr(after, name) != getattr(before, name)
        setattr(expected, name, getattr(after, name))
    assert after.update_time.ToNanoseconds() > before.update_time.ToNanoseconds()
    expected.update_time.CopyFrom(after.update_time)
    assert after == expected
    assert await tenant.get(before.id) == expected


async def test_no_mask_changes_what_is_set(tenant: Tenant) -> None:
    """Without a mask, the fields that are set are the ones to change."""
    [result] = await tenant.create(Memory(text="likes tea", slot="a"))
    after = await tenant.update(Memory(id=result.memory_id, standing=True))
    assert (after.text, after.slot, after.standing) == ("likes tea", "a", True)


async def test_a_changed_text_is_found_by_its_meaning(tenant: Tenant) -> None:
    """The vector and the words follow the text; the old ones find nothing."""
    results = await tenant.create("plays the violin", "owns a dog")
    await tenant.update(Memory(id=results[0].memory_id, text="speaks Portuguese"))
    found = await tenant.search("which languages?", mode=1)
    assert found.hits[0].memory.text == "speaks Portuguese"
    assert not (await tenant.search("violin", mode=2)).hits
    assert (await tenant.search("portuguese", mode=2)).hits


async def test_a_change_without_a_text_is_searchable(tenant: Tenant) -> None:
    """New tags, flags and times are filtered by at once, and cleared ones no longer."""
    [result] = await tenant.create(
        Memory(text="x", topics=["old"], expire_time=to_timestamp(2**52))
    )
    changed = Memory(id=result.memory_id, topics=["new"], user_id="u")
    await tenant.update(changed, "topics", "user_id", "expire_time")
    for conditions, count in (
        ({"topics": {"eq": "new"}}, 1),
        ({"topics": {"eq": "old"}}, 0),
        ({"user_id": {"eq": ""}}, 0),
        ({"user_id": {"eq": "u"}}, 1),
    ):
        assert (await tenant.list(filter=conditions)).total_size == count


async def test_an_etag_guards_a_change(tenant: Tenant) -> None:
    """The current etag passes; an older one is refused and names the current one."""
    [result] = await tenant.create("likes tea")
    first = await tenant.update(Memory(id=result.memory_id, slot="a", etag=result.memory.etag))
    with refused() as refusal:
        await tenant.update(Memory(id=result.memory_id, slot="b", etag=result.memory.etag), "slot")
    assert (refusal.code, refusal.reason) == (Code.ABORTED, "ETAG_MISMATCH")
    assert refusal.metadata == {"current_etag": first.etag}
    assert (await tenant.get(result.memory_id)).slot == "a"


async def test_changing_nothing_changes_nothing(tenant: Tenant) -> None:
    """A change to the same value leaves etag and time, and being found leaves the etag."""
    [result] = await tenant.create(Memory(text="likes tea", slot="a"))
    assert await tenant.update(Memory(id=result.memory_id, slot="a"), "slot") == result.memory


async def test_concurrent_changes_are_all_kept(tenant: Tenant) -> None:
    """Changes of different fields at one time do not undo each other."""
    [result] = await tenant.create("likes tea")
    changes = (
        (Memory(id=result.memory_id, slot="a"), "slot"),
        (Memory(id=result.memory_id, pinned=True), "pinned"),
        (Memory(id=result.memory_id, topics=["t"]), "topics"),
    )
    await asyncio.gather(*(tenant.update(memory, path) for memory, path in changes))
    after = await tenant.get(result.memory_id)
    assert (after.slot, after.pinned, list(after.topics)) == ("a", True, ["t"])


@pytest.mark.parametrize("path", ["id", "etag", "create_time", "access_count", "nope", "text.x"])
async def test_what_is_not_the_callers_stays(tenant: Tenant, path: str) -> None:
    """Unknown and read-only paths are refused by name."""
    [result] = await tenant.create("likes tea")
    with refused() as refusal:
        await tenant.update(Memory(id=result.memory_id, text="x"), "text", path)
    assert (refusal.code, refusal.reason) == (Code.INVALID_ARGUMENT, "INVALID_FIELD_MASK")
    assert refusal.metadata == {"path": path}
    assert await tenant.get(result.memory_id) == result.memory


async def test_a_change_keeps_the_rules(tenant: Tenant) -> None:
    """A change that would break a rule is refused at the field."""
    [result] = await tenant.create(
        Memory(text="likes tea", validity=Validity(valid_from=to_timestamp(9)))
    )
    early = Memory(id=result.memory_id, validity=Validity(invalid_from=to_timestamp(5)))
    for change, path, field in (
        (Memory(id=result.memory_id), "text", "memory.text"),
        (early, "validity.invalid_from", "memory.validity.invalid_from"),
    ):
        with refused() as refusal:
            await tenant.update(change, path)
        assert list(refusal.fields) == [field]


async def test_a_change_never_makes_a_duplicate(tenant: Tenant) -> None:
    """A text that another memory of the owner has is refused and names that memory."""
    tea, coffee = await tenant.create("likes tea", "likes coffee")
    with refused() as refusal:
        await tenant.update(Memory(id=coffee.memory_id, text="likes tea"))
    assert (refusal.code, refusal.reason) == (Code.ALREADY_EXISTS, "ID_ALREADY_EXISTS")
    assert refusal.metadata == {"id": tea.memory_id}
    await tenant.update(Memory(id=coffee.memory_id, text="likes tea", user_id="u"))
    [again] = await tenant.create("likes coffee")
    assert again.memory_id != coffee.memory_id


async def test_changing_what_is_not_there(tenant: Tenant, neighbour: Tenant) -> None:
    """Nobody's memory and another tenant's are not found."""
    await neighbour.create(Memory(id="theirs", text="x"))
    with refused() as refusal:
        await tenant.update(Memory(id="theirs", text="mine"))
    assert (refusal.code, refusal.reason) == (Code.NOT_FOUND, "MEMORY_NOT_FOUND")
    assert (await neighbour.get("theirs")).text == "x"


async def test_a_deletion_says_what_was_there(tenant: Tenant, neighbour: Tenant) -> None:
    """Only the tenant's own memories go; the rest is no error."""
    await neighbour.create(Memory(id="theirs", text="x"))
    await tenant.create(Memory(id="a", text="x"), Memory(id="b", text="y"))
    request = rpc.DeleteMemoriesRequest(memory_ids=["b", "no", "theirs", "b"])
    assert list((await tenant.call("DeleteMemories", request)).deleted_ids) == ["b"]
    assert list((await tenant.call("DeleteMemories", request)).deleted_ids) == []
    assert (await tenant.list()).total_size == 1
    assert (await neighbour.list()).total_size == 1
    assert not (await tenant.search("y", mode=2)).hits


async def test_a_read_keeps_a_memory_whose_time_slides(tenant: Tenant) -> None:
    """Its end moves on with each read, until the caller takes that back."""
    given = Memory(id="kept", text="Likes tea.", sliding_ttl=Duration(seconds=3600))
    await tenant.create(given)
    first = (await tenant.get("kept")).expire_time.ToMicroseconds()

    async with asyncio.timeout(60):
        while (await tenant.get("kept")).expire_time.ToMicroseconds() == first:
            await asyncio.sleep(0.01)
    changed = await tenant.update(Memory(id="kept"), "sliding_ttl", "expire_time")
    assert not changed.HasField("sliding_ttl")
    assert not (await tenant.get("kept")).HasField("expire_time")
