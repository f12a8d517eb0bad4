"""Claims of memories, and conflicts between them."""

from collections.abc import Sequence
from typing import Any

import grpc
import pytest

from agent_memory.common.v1.memory_pb2 import (
    Claim,
    ClaimModality,
    Memory,
    MemoryType,
    Provenance,
    Quantity,
    Validity,
)
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, year

FACT = ClaimModality.CLAIM_MODALITY_FACT
EXACT = ltm.DEDUPLICATION_POLICY_EXACT
MOON = Claim(holder="user", relation="live", value="on the moon", modality=FACT)


def told(memory: Memory) -> list[tuple[str, str, str]]:
    """Holder, relation and value of what a memory claims."""
    return [(claim.holder, claim.relation, claim.value) for claim in memory.claims]


async def test_claims_are_read_from_an_english_text(tenant: Tenant) -> None:
    """Every answer with the memory shows them; what a user says of himself is the user's."""
    first = await one(tenant, "User lives in Rome")
    assert told(first.memory) == [("user", "live", "in rome")]
    own = await one(tenant, Memory(text="I live in Rome", user_id="another"))
    assert told(own.memory) == told(first.memory)
    listed = {each.id: each for each in (await tenant.list()).memories}
    [*hits] = (await tenant.search("Rome")).hits
    for shown in (await tenant.get(first.memory_id), listed[first.memory_id], hits[0].memory):
        assert told(shown) == told(first.memory)


@pytest.mark.parametrize(
    "memory",
    [
        Memory(text="Jeg bor i Roma"),
        Memory(text="User lives in Rome", language="de"),
        Memory(text="Does the user live in Rome?"),
        Memory(text="User lives in Rome. " * 100),
        Memory(text="User lives in Rome", type=MemoryType.MEMORY_TYPE_MESSAGE),
    ],
    ids=["norwegian", "said to be german", "a question", "long", "a message"],
)
async def test_claims_are_read_from_statements_alone(tenant: Tenant, memory: Memory) -> None:
    """Other texts are compared by their words."""
    assert told((await one(tenant, memory)).memory) == []


async def test_claims_that_a_caller_gives_stand(tenant: Tenant) -> None:
    """They are kept as they are, whatever the text says."""
    result = await one(tenant, Memory(text="User lives in Rome", claims=[MOON]))
    assert list(result.memory.claims) == [MOON]
    assert list((await tenant.get(result.memory_id)).claims) == [MOON]


async def test_a_new_text_has_its_own_claims(tenant: Tenant) -> None:
    """Unless the caller gives them with it; other edits leave them alone."""
    memory = (await one(tenant, "User lives in Rome")).memory
    memory = await tenant.update(Memory(id=memory.id, topics=["home"]), "topics")
    assert told(memory) == [("user", "live", "in rome")]
    memory = await tenant.update(Memory(id=memory.id, text="User lives in Oslo"), "text")
    assert told(memory) == [("user", "live", "in oslo")]
    memory = await tenant.update(Memory(id=memory.id, text="User is up there", claims=[MOON]))
    assert list(memory.claims) == [MOON]
    memory = await tenant.update(Memory(id=memory.id, text="Jeg bor i Roma"), "text")
    assert told(memory) == []


async def test_what_was_not_compared_gets_its_claims_when_it_is(tenant: Tenant) -> None:
    """Compaction reads them, in a revision that says so."""
    result = await one(tenant, "User lives in Rome", deduplication=EXACT)
    assert told(result.memory) == []
    await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
    assert told(await tenant.get(result.memory_id)) == [("user", "live", "in rome")]
    request = rpc.ListMemoryRevisionsRequest(memory_id=result.memory_id)
    revisions = (await tenant.call("ListMemoryRevisions", request)).revisions
    assert "claims" in revisions[0].reason


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ([MOON] * 17, "memories[0].claims"),
        ([Claim(relation="live")], "memories[0].claims[0].holder"),
        ([MOON, Claim(holder="user")], "memories[0].claims[1].relation"),
        ([Claim(holder="u" * 257, relation="r")], "memories[0].claims[0].holder"),
        ([Claim(holder="u", relation="é" * 129)], "memories[0].claims[0].relation"),
        ([Claim(holder="u", relation="r", value="v" * 1025)], "memories[0].claims[0].value"),
        ([Claim(holder="u", relation="r", limits=[""])], "memories[0].claims[0].limits[0]"),
        ([Claim(holder="u", relation="r", limits=["l"] * 17)], "memories[0].claims[0].limits"),
        (
            [Claim(holder="u", relation="r", quantities=[Quantity(unit="kg")])],
            "memories[0].claims[0].quantities[0].value",
        ),
        ([Claim(holder="u", relation="r", modality=99)], "memories[0].claims[0].modality"),  # type: ignore[arg-type]
    ],
)
async def test_claims_have_bounds(tenant: Tenant, claims: Sequence[Claim], named: str) -> None:
    """A refusal names the place, and nothing is stored."""
    with refused() as refusal:
        await tenant.create(Memory(text="User lives in Rome", claims=claims))
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT
    assert named in refusal.fields
    assert (await tenant.list()).total_size == 0


async def test_no_caller_sets_conflicts(tenant: Tenant) -> None:
    """They are ignored in a new memory, and refused in a mask."""
    result = await one(tenant, Memory(text="User lives in Rome", conflicts_with=["another"]))
    assert not result.memory.conflicts_with
    with refused() as refusal:
        await tenant.update(Memory(id=result.memory_id), "conflicts_with")
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT


async def conflicting(tenant: Tenant) -> tuple[str, str]:
    """The ids of two memories of one moment that contradict each other."""
    first = await one(tenant, said("User lives in Rome", 2024))
    second = await one(tenant, said("User lives in Oslo", 2024))
    assert list(second.memory.conflicts_with) == [first.memory_id]
    assert await conflicts(tenant, first.memory_id) == [second.memory_id]
    return first.memory_id, second.memory_id


async def conflicts(tenant: Tenant, memory_id: str) -> list[str]:
    """What a memory is in conflict with."""
    return list((await tenant.get(memory_id)).conflicts_with)


async def test_what_nothing_decides_is_marked_on_both(tenant: Tenant) -> None:
    """Both stay, each names the other, and a third beside them names both."""
    first, second = await conflicting(tenant)
    third = await one(tenant, said("User lives in Lima", 2024))
    assert set(third.memory.conflicts_with) == {first, second}
    assert await conflicts(tenant, first) == [second, third.memory_id]
    assert (await tenant.list()).total_size == 3


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("User likes tea", {}),
        ("User lives in Oslo", {"user_id": "another"}),
        ("User lives in Oslo", {"namespace": "another"}),
        ("User's sister lives in Oslo", {}),
    ],
)
async def test_only_contradictions_of_one_owner_conflict(
    tenant: Tenant, text: str, fields: dict[str, Any]
) -> None:
    """Other facts, and those of others, are none of it."""
    first = await one(tenant, said("User lives in Rome", 2024))
    second = await one(tenant, said(text, 2024, **fields))
    assert not second.memory.conflicts_with
    assert not await conflicts(tenant, first.memory_id)


async def test_a_conflict_ends_with_one_of_the_two(tenant: Tenant) -> None:
    """By its deletion, by another text, by another owner, by an end that somebody sets."""
    for at in range(4):
        first, second = await conflicting(tenant)
        match at:
            case 0:
                request = rpc.DeleteMemoriesRequest(memory_ids=[second])
                await tenant.call("DeleteMemories", request)
            case 1:
                await tenant.update(Memory(id=second, text="User likes tea"), "text")
            case 2:
                await tenant.update(Memory(id=second, user_id="another"), "user_id")
            case _:
                over = Memory(id=second, validity=Validity(invalid_from=year(2025)))
                await tenant.update(over, "validity")
        assert await conflicts(tenant, first) == []
        if at:
            assert await conflicts(tenant, second) == []
        both = rpc.DeleteMemoriesRequest(memory_ids=[first, second])
        await tenant.call("DeleteMemories", both)
        assert (await tenant.list(filter={"namespace": {"eq": ""}})).total_size == 0


async def test_both_of_a_conflict_can_be_deleted_at_once(tenant: Tenant) -> None:
    """Neither is in the other's way."""
    request = rpc.DeleteMemoriesRequest(memory_ids=await conflicting(tenant))
    assert len((await tenant.call("DeleteMemories", request)).deleted_ids) == 2


async def test_what_is_said_later_ends_both_and_their_conflict(tenant: Tenant) -> None:
    """Neither is true any more, so nothing is left to decide."""
    first, second = await conflicting(tenant)
    later = await one(tenant, said("User lives in Lima", 2025))
    assert set(later.related_memory_ids) == {first, second}
    for memory_id in (first, second):
        found = await tenant.get(memory_id)
        assert (found.validity.superseded_by, list(found.conflicts_with)) == (later.memory_id, [])
    assert not later.memory.conflicts_with


async def test_a_merged_memory_inherits_the_conflicts(tenant: Tenant) -> None:
    """What it stands for is as doubtful as it was."""
    first, second = await conflicting(tenant)
    merged = await one(tenant, said("The user lives in Oslo", 2024))
    assert second in merged.related_memory_ids
    assert await conflicts(tenant, merged.memory_id) == [first]
    assert await conflicts(tenant, first) == [merged.memory_id]
    assert await conflicts(tenant, second) == []


async def test_a_merged_memory_claims_what_its_text_says(tenant: Tenant) -> None:
    """Of two originals it has the text and the claims of the same one."""
    coffee = Claim(holder="user", relation="like", value="coffee", modality=FACT)
    drink = Claim(holder="user", relation="like", value="coffee drink", modality=FACT)
    await one(tenant, Memory(text="User likes coffee", claims=[coffee]))
    merged = await one(tenant, Memory(text="User likes coffee!", claims=[drink]))
    assert merged.outcome == ltm.CREATE_OUTCOME_MERGED
    expected = {"User likes coffee": coffee, "User likes coffee!": drink}
    assert list(merged.memory.claims) == [expected[merged.memory.text]]


async def test_the_mark_of_a_conflict_is_taken_back_on_both(tenant: Tenant) -> None:
    """By reverting it on either."""
    first, second = await conflicting(tenant)
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=second))
    assert await conflicts(tenant, first) == await conflicts(tenant, second) == []


async def test_an_edit_is_taken_back_with_its_claims(tenant: Tenant) -> None:
    """The text and what it claims come back together."""
    memory = (await one(tenant, "User lives in Rome")).memory
    await tenant.update(Memory(id=memory.id, text="User likes tea"), "text")
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=memory.id))
    assert (await tenant.get(memory.id)).claims == memory.claims


async def test_an_import_keeps_claims_and_finds_conflicts_anew(
    tenant: Tenant, neighbour: Tenant
) -> None:
    """Of another store it knows no conflicts; the next compaction does."""
    first, second = await conflicting(tenant)
    rows = [await tenant.get(first), await tenant.get(second)]
    metadata = (("x-agent-memory-tenant", neighbour.name),)
    sent = (rpc.ImportMemoriesRequest(memory=row) for row in rows)
    await neighbour.stub.ImportMemories(sent, metadata=metadata)
    assert await conflicts(neighbour, first) == []
    assert told(await neighbour.get(first)) == told(rows[0])
    await neighbour.call("CompactMemories", rpc.CompactMemoriesRequest())
    assert await conflicts(neighbour, first) == [second]


async def test_who_finds_a_fact_may_say_what_it_ends(tenant: Tenant) -> None:
    """Though no rule sees it; the end has its date, its reason and its way back."""
    older = await one(tenant, said("User's boss is Carol", 2023))
    told = Provenance(ended_memory_ids=[older.memory_id, "nothing", older.memory_id])
    newer = await one(tenant, said("Things go well with Dave in charge", 2024, provenance=told))
    assert newer.outcome == ltm.CREATE_OUTCOME_SUPERSEDED
    ended = await tenant.get(older.memory_id)
    assert ended.validity.invalid_from == year(2024)
    assert ended.validity.superseded_by == newer.memory_id
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=older.memory_id))
    assert not (await tenant.get(older.memory_id)).validity.HasField("invalid_from")


@pytest.mark.parametrize("fields", [{"user_id": "bob"}, {"namespace": "work"}, {"pinned": True}])
async def test_nobodys_word_ends_what_it_must_not(tenant: Tenant, fields: dict[str, Any]) -> None:
    """Another owner's facts, and those that are pinned."""
    older = await one(tenant, said("User's boss is Carol", 2023, **fields))
    told = Provenance(ended_memory_ids=[older.memory_id])
    newer = await one(tenant, said("Things go well with Dave", 2024, provenance=told))
    assert newer.outcome == ltm.CREATE_OUTCOME_CREATED
    assert await tenant.get(older.memory_id) == older.memory
