"""CompactMemories: what it looks at, and what it leaves alone."""

from typing import Any

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, shown, year

EXACT, NONE = ltm.DEDUPLICATION_POLICY_EXACT, ltm.DEDUPLICATION_POLICY_NONE


async def compact(tenant: Tenant, **fields: Any) -> tuple[int, int, int]:
    """How many memories a compaction considered, merged and ended."""
    done = await tenant.call("CompactMemories", rpc.CompactMemoriesRequest(**fields))
    return done.considered_count, done.merged_count, done.superseded_count


async def test_what_was_compared_exactly_is_consolidated_later(tenant: Tenant) -> None:
    """Paraphrases that were stored side by side become one, and older values end."""
    await tenant.create(
        "User likes coffee",
        "User enjoys coffee",
        "User loves coffee",
        "User has a dog",
        said("I work at Acme", 2023),
        said("I joined Globex", 2024),
        deduplication=EXACT,
    )
    assert len(await shown(tenant)) == 6
    assert await compact(tenant) == (6, 3, 1)
    assert await shown(tenant) == {"User likes coffee", "User has a dog", "I joined Globex"}
    assert await compact(tenant) == (0, 0, 0)


async def test_an_import_is_consolidated_later(tenant: Tenant) -> None:
    """Rows come in as they were; the next compaction looks at them."""

    async def rows() -> Any:
        for text in ("User likes coffee", "User enjoys coffee"):
            yield rpc.ImportMemoriesRequest(memory=Memory(id=text[:9], text=text))

    await tenant.call("ImportMemories", rows())
    assert len(await shown(tenant)) == 2
    assert await compact(tenant) == (2, 2, 0)


async def test_who_wants_no_comparison_gets_none_later(tenant: Tenant) -> None:
    """Records that were stored without comparison stay side by side."""
    await tenant.create("User likes coffee", "User enjoys coffee", deduplication=NONE)
    assert await compact(tenant) == (0, 0, 0)


async def test_messages_stay_as_they_were_said(tenant: Tenant) -> None:
    """Nothing that was said is merged, though it be said twice."""
    await tenant.create(
        Memory(text="I like coffee", type=MemoryType.MEMORY_TYPE_MESSAGE),
        Memory(text="I like coffee!", type=MemoryType.MEMORY_TYPE_MESSAGE),
    )
    assert await compact(tenant) == (0, 0, 0)
    assert len(await shown(tenant)) == 2


async def test_a_pin_is_nothing_to_look_at(tenant: Tenant) -> None:
    """Toggling it leaves a memory as it was looked at."""
    created = await one(tenant, "User likes coffee")
    for pinned in (True, False):
        await tenant.update(Memory(id=created.memory_id, pinned=pinned), "pinned")
        assert await compact(tenant) == (0, 0, 0)


async def test_a_filter_leaves_the_rest_for_later(tenant: Tenant) -> None:
    """Only what it matches is looked at; the rest stays to be."""
    for user in ("ann", "ben"):
        await tenant.create(
            *(Memory(text=f"User {verb} coffee", user_id=user) for verb in ("likes", "enjoys")),
            deduplication=EXACT,
        )
    ann = MemoryFilter(user_id=TagFilter(eq="ann"))
    assert await compact(tenant, filter=ann) == (2, 2, 0)
    assert await compact(tenant, filter=ann) == (0, 0, 0)
    assert await compact(tenant) == (2, 2, 0)


async def test_a_tenant_has_its_own(tenant: Tenant, neighbour: Tenant) -> None:
    """What changed for one tenant is nothing to another."""
    await tenant.create("User likes coffee", "User enjoys coffee", deduplication=EXACT)
    assert await compact(neighbour) == (0, 0, 0)
    assert await compact(tenant) == (2, 2, 0)


async def test_late_values_find_their_place_in_compaction_too(tenant: Tenant) -> None:
    """The order of arrival does not matter to what a compaction makes of it."""
    await tenant.create(
        said("I joined Globex", 2024),
        said("I work at Acme", 2020),
        said("I work for Initech", 2022),
        deduplication=EXACT,
    )
    await compact(tenant)
    assert await shown(tenant) == {"I joined Globex"}
    for at, text in ((2021, "I work at Acme"), (2023, "I work for Initech")):
        found = await tenant.search("job", as_of=year(at))
        assert [hit.memory.text for hit in found.hits] == [text]
