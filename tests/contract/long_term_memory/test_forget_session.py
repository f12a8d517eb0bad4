"""Forgetting a conversation with what was learned from it alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent_memory.common.v1.error_reason_pb2 import ErrorReason
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, Provenance
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.redis.client import connect
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one, said, shown
from tests.support.residue import residue

CONSOLIDATE = ltm.DEDUPLICATION_POLICY_CONSOLIDATE


@pytest_asyncio.fixture(loop_scope="module")
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """The service's store."""
    async with connect(redis_url) as client:
        yield client


def learned(text: str, session: str, *message_ids: str, **fields: Any) -> Memory:
    """A fact that was extracted from a session."""
    provenance = Provenance(
        session_uid=f"uid-{session}", message_ids=message_ids or ("m",), extractor="local"
    )
    own = {"user_id": "alice", "session_id": session, "provenance": provenance}
    memory = said(text, fields.pop("year", 2024), **own)
    memory.MergeFrom(Memory(**fields))
    return memory


async def forget(tenant: Tenant, session: str, *message_ids: str, user: str = "alice") -> int:
    """Forget a session, or some of its messages; answers how many memories went."""
    request = rpc.ForgetSessionRequest(
        session=SessionRef(session_id=session),
        user_id=user,
        session_uids=[f"uid-{session}"],
        message_ids=message_ids,
    )
    return int((await tenant.call("ForgetSession", request)).forgotten_count)


async def test_what_was_learned_from_it_alone_is_gone_for_good(
    tenant: Tenant, redis: Redis
) -> None:
    """With its past; what others said, and what the application stored, is as it was."""
    await tenant.create(
        learned("User collects zithers", "s1"),
        learned("I collect zithers!", "s1", type=MemoryType.MEMORY_TYPE_MESSAGE),
        learned("User has a dog", "s2"),
        Memory(text="User is a customer", user_id="alice", session_id="s1"),
        learned("User likes figs", "s1", user_id="bob"),
    )
    assert await forget(tenant, "s1") == 2
    assert await shown(tenant) == {"User has a dog", "User is a customer", "User likes figs"}
    assert await residue(redis, "zither") == []
    assert await forget(tenant, "s1") == 0


async def test_what_is_on_its_way_from_it_is_refused(tenant: Tenant) -> None:
    """A worker may store what it found while the conversation is forgotten."""
    await forget(tenant, "s1")
    [late, other] = await tenant.create(
        learned("User has a cat", "s1"), learned("User has a dog", "s2")
    )
    assert late.outcome == ltm.CREATE_OUTCOME_REJECTED
    assert late.error.details[0].TypeName() == "google.rpc.ErrorInfo"
    assert ErrorReason.Name(ErrorReason.ERROR_REASON_SESSION_ERASED).endswith("SESSION_ERASED")
    assert other.outcome == ltm.CREATE_OUTCOME_CREATED


async def test_what_others_say_too_stays_in_their_words(tenant: Tenant, redis: Redis) -> None:
    """A merged memory is parted: the originals of other conversations are shown again."""
    merged = await one(
        tenant,
        learned("User likes coffee", "s1"),
        learned("User enjoys coffee", "s2"),
        deduplication=CONSOLIDATE,
    )
    assert merged.outcome == ltm.CREATE_OUTCOME_MERGED
    assert await forget(tenant, "s1") == 2
    assert await shown(tenant) == {"User enjoys coffee"}
    assert await residue(redis, "User likes coffee") == []
    assert await forget(tenant, "s2") == 1
    assert await shown(tenant) == set()


async def test_the_same_words_in_another_conversation_keep_a_fact(tenant: Tenant) -> None:
    """It is stored once, and known of both."""
    again = await one(
        tenant,
        learned("User lives in Rome", "s1"),
        learned("User lives in Rome", "s2"),
        deduplication=CONSOLIDATE,
    )
    assert again.outcome == ltm.CREATE_OUTCOME_DUPLICATE
    assert await forget(tenant, "s1") == 0
    assert await shown(tenant) == {"User lives in Rome"}


@pytest.mark.parametrize("order", [("s1", "s2", "s3"), ("s2", "s3", "s1"), ("s3", "s1", "s2")])
async def test_a_fact_goes_with_the_last_conversation_that_says_it(
    tenant: Tenant, redis: Redis, order: tuple[str, ...]
) -> None:
    """Whichever was the first to say it; none that is forgotten is named any more."""
    hobby = "".join(order)
    for session in ("s1", "s2", "s3"):
        await tenant.create(learned(f"User collects {hobby}", session))
    for number, session in enumerate(order, 1):
        left = {f"uid-{each}" for each in order[number:]}
        assert await forget(tenant, session) == (0 if left else 1)
        for memory in (await tenant.list()).memories:
            known = memory.provenance
            assert {known.session_uid, *known.other_session_uids} - {""} == left
            assert memory.session_id in {*order[number:], ""}
    assert await shown(tenant) == set()
    assert await residue(redis, hobby) == []


async def test_a_fact_may_be_said_again_after_the_first_conversation_is_forgotten(
    tenant: Tenant,
) -> None:
    """It rests on the others, those to come included."""
    await tenant.create(learned("User lives in Rome", "s1"))
    await tenant.create(learned("User lives in Rome", "s2"))
    await forget(tenant, "s1")
    await tenant.create(learned("User lives in Rome", "s3"))
    assert await forget(tenant, "s2") == 0
    assert await shown(tenant) == {"User lives in Rome"}
    assert await forget(tenant, "s3") == 1


async def test_what_it_had_ended_is_true_again(tenant: Tenant) -> None:
    """The newer employer was a word of this conversation alone."""
    newer = await one(
        tenant,
        learned("I work at Acme", "s1", year=2023),
        learned("I joined Globex", "s2", year=2024),
        deduplication=CONSOLIDATE,
    )
    assert newer.outcome == ltm.CREATE_OUTCOME_SUPERSEDED
    await forget(tenant, "s2")
    assert await shown(tenant) == {"I work at Acme"}


async def test_a_message_that_is_taken_back_takes_its_facts_along(tenant: Tenant) -> None:
    """But none that another message states as well."""
    await tenant.create(
        learned("User is vegan", "s1", "m1"),
        learned("User has a gluten allergy", "s1", "m2"),
        learned("User eats no meat", "s1", "m1", "m2"),
        learned("User likes rice", "s2", "m2"),
    )
    assert await forget(tenant, "s1", "m2") == 1
    assert "User has a gluten allergy" not in await shown(tenant)
    assert len(await shown(tenant)) == 3
    [again] = await tenant.create(learned("User has a cat", "s1", "m3"))
    assert again.outcome == ltm.CREATE_OUTCOME_CREATED


async def test_what_several_messages_state_goes_with_the_last_of_them(tenant: Tenant) -> None:
    """They may be taken back in several calls; one that is asked again changes nothing."""
    await tenant.create(learned("User eats no meat", "s1", "m1", "m2", "m3"))
    for taken_back, left in ((["m2"], ["m1", "m3"]), (["m2", "m3"], ["m1"]), (["m4"], ["m1"])):
        assert await forget(tenant, "s1", *taken_back) == 0
        [memory] = (await tenant.list()).memories
        assert list(memory.provenance.message_ids) == left
    assert await forget(tenant, "s1", "m1") == 1
    assert await shown(tenant) == set()


async def test_a_merged_fact_goes_with_the_last_message_of_its_originals(tenant: Tenant) -> None:
    """Until then, what another message states is shown in its words."""
    merged = await one(
        tenant,
        learned("User likes cocoa", "s1", "m1", "m2"),
        learned("User enjoys cocoa", "s1", "m3"),
        deduplication=CONSOLIDATE,
    )
    assert merged.outcome == ltm.CREATE_OUTCOME_MERGED
    assert await forget(tenant, "s1", "m1", "m3") == 2
    assert await shown(tenant) == {"User likes cocoa"}
    assert await forget(tenant, "s1", "m2") == 1
    assert await shown(tenant) == set()


@pytest.mark.parametrize("user", ["alice", ""])
async def test_no_remembered_answer_repeats_what_is_forgotten(
    tenant: Tenant, redis: Redis, user: str
) -> None:
    """Neither of the conversation that said it first, nor of those that say it again."""
    hobby = f"lutes-of-{user}"
    for number, session in enumerate(("s1", "s2", "s3"), 1):
        fact = learned(f"User collects {hobby}", session)
        fact.user_id = user
        [stored] = await tenant.create(fact, request_id=f"call-{session}")
        assert stored.memory.text == fact.text
        if number > 1:
            await forget(tenant, f"s{number - 1}", user=user)
    assert await residue(redis, hobby) != []
    assert await forget(tenant, "s3", user=user) == 1
    assert await residue(redis, hobby) == []
