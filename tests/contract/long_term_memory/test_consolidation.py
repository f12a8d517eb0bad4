"""CreateMemories with consolidation, with the real model."""

from typing import Any

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, shown, year

CREATED, DUPLICATE, MERGED, SUPERSEDED = (
    ltm.CREATE_OUTCOME_CREATED,
    ltm.CREATE_OUTCOME_DUPLICATE,
    ltm.CREATE_OUTCOME_MERGED,
    ltm.CREATE_OUTCOME_SUPERSEDED,
)
EXACT = ltm.DEDUPLICATION_POLICY_EXACT
NONE = ltm.DEDUPLICATION_POLICY_NONE


async def compact(tenant: Tenant) -> Any:
    """What a compaction did."""
    return await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())


async def test_a_paraphrase_becomes_one_with_the_fact(tenant: Tenant) -> None:
    """The merged memory links both originals, which are hidden, and unites what they know."""
    first = await one(
        tenant,
        Memory(text="User likes coffee", user_id="u", topics=["drinks"], standing=True),
    )
    second = await one(
        tenant, Memory(text="User enjoys coffee", user_id="u", topics=["food"], entities=["coffee"])
    )
    assert (first.outcome, second.outcome) == (CREATED, MERGED)
    merged = second.memory
    originals = [first.memory_id, *(i for i in second.related_memory_ids if i != first.memory_id)]
    assert list(second.related_memory_ids) == originals
    assert list(merged.provenance.memory_ids) == originals
    assert (merged.text, merged.proof_count, merged.standing) == ("User likes coffee", 2, True)
    assert list(merged.topics) == ["drinks", "food"]
    assert merged.create_time == first.memory.create_time
    assert await shown(tenant) == {"User likes coffee"}
    for original in originals:
        assert (await tenant.get(original)).merged_into == merged.id
    [hit] = (await tenant.search("coffee")).hits
    assert hit.memory.id == merged.id


async def test_a_third_statement_joins_the_two(tenant: Tenant) -> None:
    """The merged memory stays, with one more original and one more proof."""
    second = await one(tenant, "User likes coffee", "User enjoys coffee")
    third = await one(tenant, "User loves coffee")
    assert (third.outcome, third.memory_id) == (MERGED, second.memory_id)
    assert third.memory.proof_count == 3
    assert len(third.related_memory_ids) == 3


async def test_duplicates_inside_a_batch_count(tenant: Tenant) -> None:
    """Members of one call merge with each other as with what was there."""
    results = await tenant.create(
        "User likes coffee", "User likes coffee", "User has a dog", "User enjoys coffee"
    )
    assert [result.outcome for result in results] == [MERGED, DUPLICATE, CREATED, MERGED]
    assert results[0].memory_id == results[3].memory_id
    assert await shown(tenant) == {"User likes coffee", "User has a dog"}


async def test_the_newer_employer_ends_the_older(tenant: Tenant) -> None:
    """Now it is Globex, in 2023 it was Acme, and both stay with the reason."""
    acme = await one(tenant, said("I work at Acme", 2023))
    globex = await one(tenant, said("I joined Globex", 2024))
    assert (globex.outcome, list(globex.related_memory_ids)) == (SUPERSEDED, [acme.memory_id])
    assert await shown(tenant) == {"I joined Globex"}
    ended = (await tenant.get(acme.memory_id)).validity
    assert ended.invalid_from == year(2024)
    assert ended.superseded_by == globex.memory_id
    assert "user/employer" in ended.reason
    for at, text in ((year(2023), "I work at Acme"), (year(2025), "I joined Globex")):
        found = await tenant.search("Where do I work?", as_of=at)
        assert [hit.memory.text for hit in found.hits] == [text]
