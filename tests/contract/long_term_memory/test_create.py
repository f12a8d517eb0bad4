"""CreateMemories."""

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from agent_memory.common.v1.memory_pb2 import (
    Claim,
    ClaimModality,
    EventTime,
    Memory,
    MemoryType,
    Provenance,
    Quantity,
    TimePrecision,
    Validity,
)
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.clock import to_timestamp
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant

CREATED, DUPLICATE, REJECTED = (
    ltm.CREATE_OUTCOME_CREATED,
    ltm.CREATE_OUTCOME_DUPLICATE,
    ltm.CREATE_OUTCOME_REJECTED,
)
NONE, EXACT, CONSOLIDATE = (
    ltm.DEDUPLICATION_POLICY_NONE,
    ltm.DEDUPLICATION_POLICY_EXACT,
    ltm.DEDUPLICATION_POLICY_CONSOLIDATE,
)


def reason(status: Status) -> str:
    """The reason of an item's error."""
    info = ErrorInfo()
    status.details[0].Unpack(info)
    return info.reason


async def test_a_memory_is_stored_whole(tenant: Tenant) -> None:
    """Everything a caller may say comes back; the server adds what is its own to say."""
    given = Memory(
        id="my id",
        text="Alice moves to Lisbon",
        type=MemoryType.MEMORY_TYPE_EPISODIC,
        namespace="travel",
        user_id="alice",
        session_id="s1",
        topics=["moving", "a,b"],
        entities=["Alice", "Lisbon"],
        event_time=EventTime(
            start=to_timestamp(1_760_000_000_123_456),
            precision=TimePrecision.TIME_PRECISION_DAY,
            time_zone="Asia/Tokyo",
        ),
        pinned=True,
        standing=True,
        metadata={"source": "crm", "score": 3},  # type: ignore[arg-type] # a struct of plain values
        context="When are you leaving?",
        provenance=Provenance(
            session_uid="u",
            message_ids=["m1"],
            strategy=ExtractionStrategy.EXTRACTION_STRATEGY_DISCRETE,
            extractor="local",
        ),
        validity=Validity(valid_from=to_timestamp(5), superseded_by="x"),
        expire_time=to_timestamp(2**52),
        slot="user/home",
        language="pt-BR",
        claims=[
            Claim(
                holder="alice/cat",
                relation="weigh",
                value="12 kg",
                modality=ClaimModality.CLAIM_MODALITY_POSSIBILITY,
                quantities=[Quantity(value="12", unit="kg")],
                limits=["winter"],
                negated=True,
                single=True,
                ended=True,
            )
        ],
        access_count=7,
    )
    [result] = await tenant.create(given)
    assert (result.outcome, result.memory_id) == (CREATED, "my id")
    expected = Memory()
    expected.CopyFrom(given)
    expected.ClearField("access_count")
    expected.validity.ClearField("superseded_by")
    expected.proof_count = 1
    for name in ("content_hash", "embedding_model", "etag", "create_time", "update_time"):
        value = getattr(result.memory, name)
        assert value, name
        if isinstance(value, str):
            setattr(expected, name, value)
        else:
            getattr(expected, name).CopyFrom(value)
    assert result.memory == expected
    assert await tenant.get("my id") == expected


async def test_what_is_acknowledged_is_found(tenant: Tenant) -> None:
    """Directly after the call, listings and searches show the memory."""
    [result] = await tenant.create("Alice plays the cello")
    assert [memory.id for memory in (await tenant.list()).memories] == [result.memory_id]
    for mode in (1, 2, 3):
        found = await tenant.search("cello", mode=mode)
        assert [hit.memory.id for hit in found.hits] == [result.memory_id]


@pytest.mark.parametrize("policy", [0, EXACT, CONSOLIDATE])
async def test_equal_memories_are_one(tenant: Tenant, policy: int) -> None:
    """Within a call, across calls and across sessions; never across owners or types."""
    first, again, other_session, other_owner, other_type = await tenant.create(
        Memory(text="likes tea", user_id="u"),
        Memory(text="likes tea", user_id="u"),
        Memory(text="likes tea", user_id="u", session_id="s"),
        Memory(text="likes tea", user_id="v"),
        Memory(text="likes tea", user_id="u", type=MemoryType.MEMORY_TYPE_EPISODIC),
        deduplication=policy,
    )
    assert [each.outcome for each in (first, again, other_session)] == [
        CREATED,
        DUPLICATE,
        DUPLICATE,
    ]
    assert again.memory_id == other_session.memory_id == first.memory_id
    assert again.memory == first.memory
    assert [other_owner.outcome, other_type.outcome] == [CREATED, CREATED]
    [later] = await tenant.create(Memory(text="likes tea", user_id="u"), deduplication=policy)
    assert (later.outcome, later.memory_id) == (DUPLICATE, first.memory_id)
    assert (await tenant.list()).total_size == 3


async def test_every_record_is_stored_on_request(tenant: Tenant) -> None:
    """The policy NONE keeps equals apart."""
    results = await tenant.create("likes tea", "likes tea", deduplication=NONE)
    assert [result.outcome for result in results] == [CREATED, CREATED]
    assert (await tenant.list()).total_size == 2


async def test_a_taken_id_rejects_its_record_alone(tenant: Tenant) -> None:
    """Other content or another owner under a known id is refused; the rest is stored."""
    await tenant.create(Memory(id="one", text="likes tea", user_id="u"))
    same, other, owner, fine = await tenant.create(
        Memory(id="one", text="likes tea", user_id="u"),
        Memory(id="one", text="likes coffee", user_id="u"),
        Memory(id="one", text="likes tea", user_id="v"),
        Memory(id="two", text="likes coffee", user_id="u"),
    )
    assert (same.outcome, same.memory_id) == (DUPLICATE, "one")
    for rejected in (other, owner):
        assert (rejected.outcome, rejected.memory_id) == (REJECTED, "")
        assert rejected.error.code == grpc.StatusCode.ALREADY_EXISTS.value[0]
        assert reason(rejected.error) == "ID_ALREADY_EXISTS"
        assert not rejected.HasField("memory")
    assert fine.outcome == CREATED
    assert (await tenant.get("one")).text == "likes tea"


async def test_ids_are_the_tenants_own(tenant: Tenant, neighbour: Tenant) -> None:
    """Two tenants use one id, and neither sees the other's memory."""
    for each, text in ((tenant, "mine"), (neighbour, "theirs")):
        [result] = await each.create(Memory(id="one", text=text))
        assert result.outcome == CREATED
    assert (await tenant.get("one")).text == "mine"
    assert (await neighbour.list()).total_size == 1


async def test_a_request_id_names_what_it_stores(tenant: Tenant) -> None:
    """A repeated call answers what it answered first, and stores nothing twice."""
    first = await tenant.create("a", "b", request_id="r1", deduplication=NONE)
    again = await tenant.create("a", "b", request_id="r1", deduplication=NONE)
    assert again == first
    assert (await tenant.list()).total_size == 2
    with refused() as refusal:
        await tenant.create("c", request_id="r1")
    assert refusal.reason == "REQUEST_ID_REUSED"


async def test_a_batch_keeps_its_order(tenant: Tenant) -> None:
    """Results stand at their positions, and listings show the last of a call first."""
    results = await tenant.create(*(f"fact {at}" for at in range(100)))
    listed = await tenant.list(page_size=100)
    assert [memory.id for memory in listed.memories] == [r.memory_id for r in reversed(results)]


@pytest.mark.parametrize(
    ("memory", "field"),
    [
        (Memory(), "memories[1]"),
        (Memory(text=" "), "memories[1].text"),
        (Memory(text="x" * 32769), "memories[1].text"),
        (Memory(text="x", topics=[""]), "memories[1].topics[0]"),
        (Memory(text="x", type=9), "memories[1].type"),  # type: ignore[arg-type] # no such type
        (Memory(text="x", expire_time=Timestamp(seconds=2**60)), "memories[1].expire_time"),
        (Memory(text="x", event_time=EventTime()), "memories[1].event_time.start"),
        (
            Memory(text="x", event_time=EventTime(start=to_timestamp(1), time_zone="Nowhere/City")),
            "memories[1].event_time.time_zone",
        ),
        (
            Memory(
                text="x",
                validity=Validity(valid_from=to_timestamp(2), invalid_from=to_timestamp(1)),
            ),
            "memories[1].validity.invalid_from",
        ),
    ],
)
async def test_a_malformed_memory_refuses_the_call(
    tenant: Tenant, memory: Memory, field: str
) -> None:
    """The field at fault is named, and nothing is stored."""
    with refused() as refusal:
        await tenant.create(Memory(text="fine"), memory)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert list(refusal.fields) == [field]
    assert (await tenant.list()).total_size == 0


async def test_the_number_of_memories_is_bounded(tenant: Tenant) -> None:
    """None and too many are refused."""
    for count in (0, 501):
        with refused() as refusal:
            await tenant.create(*["x"] * count)
        assert list(refusal.fields) == ["memories"]


async def test_a_policy_is_one_of_the_contract(tenant: Tenant) -> None:
    """An unknown policy is not taken for another."""
    with refused() as refusal:
        await tenant.call(
            "CreateMemories",
            rpc.CreateMemoriesRequest(memories=[Memory(text="x")], deduplication=9),  # type: ignore[arg-type] # no such policy
        )
    assert list(refusal.fields) == ["deduplication"]
