"""CreateMemories with consolidation, with the real model."""

from typing import Any

import pytest

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
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey")
THINGS = (
    *("lamp", "chair", "table", "house", "river"),
    *("garden", "bridge", "jacket", "guitar", "kettle"),
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
    assert ended.reason == "a later statement says otherwise: what User works as or for"
    for at, text in ((year(2023), "I work at Acme"), (year(2025), "I joined Globex")):
        found = await tenant.search("Where do I work?", as_of=at)
        assert [hit.memory.text for hit in found.hits] == [text]


async def test_without_a_validity_the_creation_dates_a_fact(tenant: Tenant) -> None:
    """A memory that says only when it was created, as an imported one does, is dated by that."""
    await one(tenant, Memory(text="I joined Globex", create_time=year(2024)))
    await one(tenant, Memory(text="I work at Acme", create_time=year(2023)))
    for at, text in ((2023, "I work at Acme"), (2025, "I joined Globex")):
        found = await tenant.search("Where do I work?", as_of=year(at))
        assert [hit.memory.text for hit in found.hits] == [text]


async def test_what_was_created_in_the_past_is_true_from_then(tenant: Tenant) -> None:
    """It is not true before; a bound that the caller gives stands as it is."""
    await one(tenant, Memory(text="User has a dog", create_time=year(2023)))
    known = Memory(text="User speaks Finnish", create_time=year(2023))
    known.validity.valid_from.CopyFrom(year(2010))
    await one(tenant, known)
    over = Memory(text="User was a nurse", create_time=year(2023))
    over.validity.invalid_from.CopyFrom(year(2021))
    await one(tenant, over)
    for at, texts in (
        (2020, {"User speaks Finnish", "User was a nurse"}),
        (2022, {"User speaks Finnish"}),
        (2024, {"User speaks Finnish", "User has a dog"}),
    ):
        found = await tenant.search("User", as_of=year(at))
        assert {hit.memory.text for hit in found.hits} == texts


async def test_two_in_one_call_end_each_other_in_order(tenant: Tenant) -> None:
    """Without dates the later of a call is the newer."""
    results = await tenant.create("I work at Acme", "I joined Globex")
    assert [result.outcome for result in results] == [CREATED, SUPERSEDED]
    assert results[0].memory.validity.superseded_by == results[1].memory_id
    assert await shown(tenant) == {"I joined Globex"}


async def test_a_fact_that_arrives_late_takes_its_place(tenant: Tenant) -> None:
    """What was true in between ends with what came next, and ends what came before."""
    acme = await one(tenant, said("I work at Acme", 2020))
    await one(tenant, said("I joined Globex", 2024))
    initech = await one(tenant, said("I work for Initech", 2022))
    assert (initech.outcome, list(initech.related_memory_ids)) == (SUPERSEDED, [acme.memory_id])
    assert initech.memory.validity.invalid_from == year(2024)
    assert await shown(tenant) == {"I joined Globex"}
    for at, text in (
        (2021, "I work at Acme"),
        (2023, "I work for Initech"),
        (2025, "I joined Globex"),
    ):
        found = await tenant.search("job", as_of=year(at))
        assert [hit.memory.text for hit in found.hits] == [text]


async def test_who_comes_back_ends_what_was_between(tenant: Tenant) -> None:
    """The same value again is a fact of its own when another one was true meanwhile."""
    await one(tenant, said("I work at Acme", 2020), said("I joined Globex", 2022))
    again = await one(tenant, said("I work at Acme", 2024))
    assert again.outcome == SUPERSEDED
    assert await shown(tenant) == {"I work at Acme"}
    assert (await tenant.list(include_hidden=True)).total_size == 3


async def test_an_earlier_end_repeats_nothing(tenant: Tenant) -> None:
    """A value that ended, told again as of then, is linked with what is known of it."""
    await one(tenant, said("I work at Acme", 2020), said("I joined Globex", 2024))
    late = await one(tenant, said("I work for Acme", 2021))
    assert late.outcome == MERGED
    found = await tenant.search("job", as_of=year(2022))
    assert [hit.memory.text for hit in found.hits] == ["I work at Acme"]
    assert await shown(tenant) == {"I joined Globex"}


async def test_an_explicit_slot_is_taken_at_its_word(tenant: Tenant) -> None:
    """Another value of a slot that a caller names ends the older one."""
    await one(tenant, said("User is vegetarian", 2023, slot="user/diet"))
    vegan = await one(tenant, said("User is vegan", 2024, slot="user/diet"))
    assert vegan.outcome == SUPERSEDED
    assert await shown(tenant) == {"User is vegan"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("User follows a vegetarian diet", "User plays basketball on weekends"),
        ("User likes coffee", "User does not like coffee in the evening"),
        ("User bought 3 cats", "User bought 4 cats"),
        ("User's brother is Bob", "User's brother is Rob"),
        ("User prefers tea over coffee", "User prefers coffee over tea"),
        ("User lives in Lisbon", "User lives near the station"),
        ("I work at Acme", "I joined the gym"),
    ],
)
async def test_other_facts_stay_apart(tenant: Tenant, first: str, second: str) -> None:
    """Near vectors alone neither merge nor end anything."""
    assert (await one(tenant, first, second)).outcome == CREATED
    assert await shown(tenant) == {first, second}


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": "v"},
        {"user_id": ""},
        {"namespace": "n"},
        {"type": 2},
        {"type": 3},
        {"pinned": True},
    ],
)
async def test_owners_types_and_pins_are_boundaries(tenant: Tenant, other: dict[str, Any]) -> None:
    """Nothing merges across them, in either direction; sessions are none."""
    mine: dict[str, Any] = {"user_id": "u", "type": 1}
    first, second = "User likes coffee", "User enjoys coffee"
    for one_side, other_side in (({}, other), (other, {})):
        await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=["a", "b"]))
        await one(tenant, Memory(id="a", text=first, **mine | one_side))
        result = await one(tenant, Memory(id="b", text=second, **mine | other_side))
        assert result.outcome == CREATED
        assert not result.memory.merged_into
        assert not (await tenant.get("a")).merged_into
    across_sessions = Memory(text="User loves coffee", session_id="s", **mine)
    assert (await one(tenant, across_sessions)).outcome == MERGED


async def test_a_pinned_fact_is_not_ended(tenant: Tenant) -> None:
    """Somebody said that it stands; the newer one stays beside it."""
    pinned = await one(tenant, said("I work at Acme", 2023, pinned=True))
    newer = await one(tenant, said("I joined Globex", 2024))
    assert newer.outcome == CREATED
    assert await tenant.get(pinned.memory_id) == pinned.memory
    assert await shown(tenant) == {"I work at Acme", "I joined Globex"}


async def test_an_end_that_a_caller_set_stays(tenant: Tenant) -> None:
    """Consolidation moves no end but its own."""
    acme = said("I work at Acme", 2020)
    acme.validity.invalid_from.CopyFrom(year(2023))
    known = await one(tenant, acme)
    assert (await one(tenant, said("I joined Globex", 2021))).outcome == CREATED
    assert (await tenant.get(known.memory_id)).validity.invalid_from == year(2023)


async def test_the_same_hundred_facts_three_times_are_a_hundred(tenant: Tenant) -> None:
    """In other words and other orders, a hundred facts stay a hundred."""
    things = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    for verb in ("likes", "enjoys", "loves"):
        results = await tenant.create(*(f"User {verb} the {thing}" for thing in things))
        assert all(result.outcome in {CREATED, MERGED} for result in results)
        things.reverse()
    assert await shown(tenant) == {f"User likes the {thing}" for thing in things}
    again = await tenant.create(*(f"User likes the {thing}" for thing in things))
    assert {result.outcome for result in again} == {DUPLICATE}


async def test_a_repeated_memory_is_answered_by_what_holds_it(tenant: Tenant) -> None:
    """Storing it again under its id finds it, wherever consolidation put it."""
    first = Memory(id="one", text="User likes coffee")
    second = Memory(id="two", text="User enjoys coffee")
    merged = await one(tenant, first, second)
    for repeated in (first, second):
        again = await one(tenant, repeated)
        assert (again.outcome, again.memory_id) == (DUPLICATE, merged.memory_id)
    assert (await tenant.get(merged.memory_id)).proof_count == 2
    acme = said("I work at Acme", 2023, id="acme")
    await one(tenant, acme, said("I joined Globex", 2024))
    assert (await one(tenant, acme)).memory_id == "acme"
    assert (await tenant.list(include_hidden=True)).total_size == 5


async def test_taking_a_merge_back_restores_both(tenant: Tenant) -> None:
    """Both are shown again, stay apart from then on, and repeating them changes nothing."""
    first = Memory(id="one", text="User likes coffee")
    second = Memory(id="two", text="User enjoys coffee")
    merged = await one(tenant, first, second)
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=merged.memory_id))
    assert await shown(tenant) == {first.text, second.text}
    assert (await compact(tenant)).merged_count == 0
    for repeated in (first, second):
        assert (await one(tenant, repeated)).memory_id == repeated.id
    assert await shown(tenant) == {first.text, second.text}


async def test_taking_the_last_merge_back_restores_the_last(tenant: Tenant) -> None:
    """Of three that became one, the one that came last is shown again beside the other two."""
    merged = await one(tenant, "User likes coffee", "User enjoys coffee", "User loves coffee")
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=merged.memory_id))
    assert await shown(tenant) == {"User likes coffee", "User loves coffee"}


async def test_taking_a_supersession_back_restores_the_older(tenant: Tenant) -> None:
    """The history tells why it ended; then both are true."""
    acme = await one(tenant, said("I work at Acme", 2023))
    globex = await one(tenant, said("I joined Globex", 2024))
    history = await tenant.call(
        "ListMemoryRevisions", rpc.ListMemoryRevisionsRequest(memory_id=acme.memory_id)
    )
    ended, created = history.revisions
    assert (ended.cause, created.cause) == (
        ltm.REVISION_CAUSE_SUPERSEDE,
        ltm.REVISION_CAUSE_CREATE,
    )
    assert ended.reason == "a later statement says otherwise: what User works as or for"
    assert list(ended.related_memory_ids) == [globex.memory_id]
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=acme.memory_id))
    assert await shown(tenant) == {"I work at Acme", "I joined Globex"}
    assert (await compact(tenant)).superseded_count == 0


async def test_an_edit_is_compared_again(tenant: Tenant) -> None:
    """A text that changed is looked at by the next compaction, and its claims follow it."""
    await one(tenant, said("I work at Acme", 2023))
    edited = await one(tenant, said("I live in Lisbon", 2024))
    await tenant.update(Memory(id=edited.memory_id, text="I joined Globex"), "text")
    [claim] = (await tenant.get(edited.memory_id)).claims
    assert (claim.relation, claim.value) == ("work", "for globex")
    done = await compact(tenant)
    assert (done.considered_count, done.superseded_count) == (1, 1)
    assert await shown(tenant) == {"I joined Globex"}


async def test_a_deletion_takes_the_originals_along(tenant: Tenant) -> None:
    """Nothing that said the same stays hidden behind; taken back, everything is there again."""
    first = Memory(id="one", text="User likes coffee")
    second = Memory(id="two", text="User enjoys coffee")
    merged = await one(tenant, first, second)
    gone = await tenant.call(
        "DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=[merged.memory_id])
    )
    assert list(gone.deleted_ids) == [merged.memory_id]
    assert (await tenant.list(include_hidden=True)).total_size == 0
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=merged.memory_id))
    assert await shown(tenant) == {"User likes coffee"}
    assert (await tenant.list(include_hidden=True)).total_size == 3
    ids = ["one", merged.memory_id, "two"]
    gone = await tenant.call("DeleteMemories", rpc.DeleteMemoriesRequest(memory_ids=ids))
    assert list(gone.deleted_ids) == ids
    assert (await tenant.list(include_hidden=True)).total_size == 0
