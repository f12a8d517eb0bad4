"""Forgetting of what somebody asks to forget, within one owner and one namespace."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Provenance
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one

PHONE = "User's phone number is 555-1234"
FOR_GOOD = ltm.ForgetPolicy(permanently=True)
ALICES = MemoryFilter(user_id=TagFilter(eq="alice"), namespace=TagFilter(eq="home"))


def fact(text: str, **fields: Any) -> Memory:
    """A fact of Alice at home."""
    return Memory(**{"text": text, "user_id": "alice", "namespace": "home", **fields})


async def forget(
    tenant: Tenant, text: str = "my phone number", *, execute: bool = True, **fields: Any
) -> rpc.ForgetMemoriesResponse:
    """Forget what Alice said at home, for good."""
    about = ltm.ForgetSubject(text=text, **fields)
    request = rpc.ForgetMemoriesRequest(
        policy=FOR_GOOD, about=about, filter=ALICES, execute=execute
    )
    answer: rpc.ForgetMemoriesResponse = await tenant.call("ForgetMemories", request)
    return answer


async def texts(tenant: Tenant, **fields: Any) -> set[str]:
    """The texts of all memories."""
    return {each.text for each in (await tenant.list(page_size=1000, **fields)).memories}


def ids(answer: rpc.ForgetMemoriesResponse) -> set[str]:
    """The ids of what is forgotten, all of it for one reason."""
    assert {each.reason for each in answer.memories} <= {ltm.FORGET_REASON_REQUESTED}
    assert answer.forgotten_count == len(answer.memories)
    return {each.memory_id for each in answer.memories}


async def test_the_facts_that_tell_it_are_deleted(tenant: Tenant) -> None:
    """Others stay; the history of what went says why, and brings it back."""
    phone = await one(tenant, fact(PHONE))
    await one(tenant, fact("User lives in Rome"), fact("User's sister's phone number is 777"))
    planned = await forget(tenant, execute=False)
    assert (ids(planned), planned.executed) == ({phone.memory_id}, False)
    answer = await forget(tenant)
    assert (ids(answer), answer.executed) == ({phone.memory_id}, True)
    assert answer.considered_count == 3
    left = {"User lives in Rome", "User's sister's phone number is 777"}
    assert await texts(tenant, include_hidden=True) == left
    request = rpc.ListMemoryRevisionsRequest(memory_id=phone.memory_id)
    revision = (await tenant.call("ListMemoryRevisions", request)).revisions[0]
    assert revision.cause == ltm.REVISION_CAUSE_FORGET
    assert revision.reason == "its user asked to forget it"
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=phone.memory_id))
    assert PHONE in await texts(tenant)
    assert ids(await forget(tenant, "my dog")) == set()


async def test_nothing_of_others_is_forgotten(tenant: Tenant, neighbour: Tenant) -> None:
    """Neither of another user, namespace or tenant, nor by its id."""
    others = [
        await one(tenant, fact(PHONE, user_id="bob")),
        await one(tenant, fact(PHONE, user_id="")),
        await one(tenant, fact(PHONE, namespace="work")),
        await one(tenant, fact(PHONE, namespace="")),
        await one(tenant, fact(PHONE, type=MemoryType.MEMORY_TYPE_MESSAGE)),
        await one(neighbour, fact(PHONE)),
    ]
    answer = await forget(tenant, memory_ids=[each.memory_id for each in others])
    assert (ids(answer), answer.executed) == (set(), False)
    assert (await tenant.list()).total_size == 5
    assert (await neighbour.list()).total_size == 1


def said(text: str, message_id: str, **fields: Any) -> Memory:
    """A message of Alice at home, as it is stored to be found."""
    source = Provenance(session_uid="u1", message_ids=[message_id])
    return fact(text, type=MemoryType.MEMORY_TYPE_MESSAGE, provenance=source, **fields)


async def test_messages_go_with_the_facts_that_they_state(tenant: Tenant) -> None:
    """Those that alone state one, and those that tell it; only where facts go, and of the owner."""
    both = Provenance(session_uid="u1", message_ids=["m1", "m5"])
    phone, _ = (
        await one(tenant, fact(PHONE, provenance=Provenance(session_uid="u1", message_ids=["m1"]))),
        await one(tenant, fact("User's landline phone number is 999-8888", provenance=both)),
    )
    for text, message_id in (
        ("Call me at 555-1234", "m1"),
        ("My phone number changed, it is 555-1234", "m2"),
        ("My dog is called Rex", "m3"),
        ("Please forget my phone number", "m4"),
        ("999-8888 at home", "m5"),
    ):
        await one(tenant, said(text, message_id))
    await one(tenant, said("My phone number is 1", "m1", user_id="bob"))
    await forget(tenant, "my dog")
    assert "My dog is called Rex" in await texts(tenant)
    answer = await forget(tenant)
    assert phone.memory_id in ids(answer)
    assert answer.forgotten_count == 2
    left = {"My dog is called Rex", "999-8888 at home", "My phone number is 1"}
    assert await texts(tenant, include_hidden=True) == left


@pytest.mark.parametrize(
    "given",
    [
        MemoryFilter(),
        MemoryFilter(user_id=TagFilter(eq="alice")),
        MemoryFilter(namespace=TagFilter(eq="home")),
        MemoryFilter(user_id=TagFilter(any=["alice"]), namespace=TagFilter(eq="home")),
        MemoryFilter(user_id=TagFilter(eq=""), namespace=TagFilter(eq="home")),
        MemoryFilter(
            user_id=TagFilter(eq=""), namespace=TagFilter(eq="home"), session_id=TagFilter(eq="")
        ),
    ],
)
async def test_one_owner_has_to_be_named(tenant: Tenant, given: MemoryFilter) -> None:
    """What belongs to nobody is forgotten within one session alone."""
    await one(tenant, fact(PHONE))
    about = ltm.ForgetSubject(text="my phone number")
    request = rpc.ForgetMemoriesRequest(policy=FOR_GOOD, about=about, filter=given, execute=True)
    with refused() as refusal:
        await tenant.call("ForgetMemories", request)
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT
    assert next(iter(refusal.fields)).startswith("filter.")
    assert (await tenant.list()).total_size == 1


async def test_what_belongs_to_nobody_is_forgotten_within_its_session(tenant: Tenant) -> None:
    """Other people without a name talk in other sessions."""
    own = await one(tenant, fact(PHONE, user_id="", session_id="s"))
    await one(tenant, fact(PHONE, user_id="", session_id="t"))
    nobodys = MemoryFilter(
        user_id=TagFilter(eq=""), namespace=TagFilter(eq="home"), session_id=TagFilter(eq="s")
    )
    about = ltm.ForgetSubject(text="my phone number")
    request = rpc.ForgetMemoriesRequest(policy=FOR_GOOD, about=about, filter=nobodys, execute=True)
    assert ids(await tenant.call("ForgetMemories", request)) == {own.memory_id}


@pytest.mark.parametrize("text", ["", "it", "everything about me", "what I said", "my data"])
async def test_what_names_nothing_is_refused(tenant: Tenant, text: str) -> None:
    """Nothing is forgotten in doubt."""
    await one(tenant, fact(PHONE))
    with refused() as refusal:
        await forget(tenant, text)
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT
    assert list(refusal.fields) == ["about.text"]
    assert await texts(tenant) == {PHONE}


async def test_too_much_is_left_alone(tenant: Tenant) -> None:
    """The answer says how many facts it could be about."""
    cats = [f"User's cat {name} is black" for name in ("Ada", "Bea", "Cleo")]
    await tenant.create(*map(fact, cats))
    answer = await forget(tenant, "my cats", most=2)
    assert (answer.forgotten_count, answer.executed) == (3, False)
    assert await texts(tenant) == set(cats)
    assert (await forget(tenant, "my cats", most=3)).executed
    assert await texts(tenant) == set()


async def test_only_what_was_said_until_then_is_forgotten(tenant: Tenant) -> None:
    """A number that is told after the request stays."""
    moments = [Timestamp(seconds=seconds) for seconds in (1_700_000_000, 1_800_000_000)]
    for number, moment in enumerate(moments):
        await one(tenant, fact(f"User's phone number is 555-{number}", create_time=moment))
    answer = await forget(tenant, said_until=moments[0])
    assert answer.forgotten_count == 1
    assert await texts(tenant, include_hidden=True) == {"User's phone number is 555-1"}


async def test_originals_and_what_is_over_go_along(tenant: Tenant) -> None:
    """Nothing of it is left, in whatever state it is; pinned facts stay."""
    await one(tenant, fact(PHONE), fact("My phone number is 555-1234"), fact("User likes tea"))
    await one(tenant, fact("User's phone number is 777"))
    await one(tenant, fact("User's work phone number is 8", pinned=True))
    await forget(tenant)
    left = {"User likes tea", "User's work phone number is 8"}
    assert await texts(tenant, include_hidden=True) == left


async def test_a_mark_leaves_the_facts_as_they_are(tenant: Tenant) -> None:
    """It says when it was asked, is made once, and can be taken back."""
    phone = await one(tenant, fact(PHONE))
    before = datetime.now(UTC)
    answer = await forget(tenant, mark_only=True)
    assert (ids(answer), answer.executed) == ({phone.memory_id}, True)
    marked = await tenant.get(phone.memory_id)
    assert marked.forget_request_time.ToDatetime(UTC) >= before
    assert await texts(tenant) == {PHONE}
    assert ids(await forget(tenant, mark_only=True)) == {phone.memory_id}
    assert await tenant.get(phone.memory_id) == marked
    await tenant.call("RevertMemory", rpc.RevertMemoryRequest(memory_id=phone.memory_id))
    assert not (await tenant.get(phone.memory_id)).HasField("forget_request_time")


async def test_no_caller_sets_the_mark(tenant: Tenant) -> None:
    """It is ignored in a new memory, and refused in a mask."""
    result = await one(tenant, fact(PHONE, forget_request_time=Timestamp(seconds=1)))
    assert not result.memory.HasField("forget_request_time")
    with refused() as refusal:
        await tenant.update(Memory(id=result.memory_id), "forget_request_time")
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT


async def test_without_permanence_facts_are_archived(tenant: Tenant) -> None:
    """They are hidden, and can be restored as what a policy forgets."""
    phone = await one(tenant, fact(PHONE))
    request = rpc.ForgetMemoriesRequest(
        policy=ltm.ForgetPolicy(), about=ltm.ForgetSubject(text="my number"), filter=ALICES
    )
    request.execute = True
    assert ids(await tenant.call("ForgetMemories", request)) == {phone.memory_id}
    assert (await tenant.get(phone.memory_id)).HasField("archive_time")
    assert await texts(tenant) == set()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("my phone number", ["My mobile is 555", "User's cell phone number is 5"]),
        ("that I live in Rome", ["User lives in Rome", "User lives in Rome with a cat"]),
        ("where I live", ["User lives in Rome"]),
        ("my address", ["User lives at 5 High Street", "User's address is 5 High Street"]),
        ("my birthday", ["User was born on 3 May", "User's birthday is 3 May"]),
        ("my job", ["User works at Acme", "User's employer is Acme"]),
        ("my ex", ["User's ex is called Tom", "User met an ex in Oslo"]),
        ("my sister Anna", ["User's sister Anna moved to Oslo"]),
        ("my sister's birthday", ["User's sister's birthday is 3 May"]),
        ("meine Telefonnummer", ['User said: "Meine Telefonnummer ist 555"']),
    ],
)
async def test_facts_are_known_by_what_people_call_them(
    tenant: Tenant, asked: str, told: Sequence[str]
) -> None:
    """Each of the facts is what is asked for, and none of these others."""
    others = [
        *("User likes tea", "User's mother was born on 4 June", "User's brother lives in Rome"),
        *("User's birthday party is at Luigi's", "User's boss's phone number is 9"),
    ]
    await tenant.create(*map(fact, (*told, *others)), deduplication=ltm.DEDUPLICATION_POLICY_EXACT)
    await tenant.call("CompactMemories", rpc.CompactMemoriesRequest())
    await forget(tenant, asked)
    assert await texts(tenant, include_hidden=True) == set(others)
