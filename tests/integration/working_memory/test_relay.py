"""The relay, between a real store and a real service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Never

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory_services.kit.client.channels import open_channel
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.errors import (
    InvalidField,
    Overloaded,
    OwnerMismatch,
    QuotaExceeded,
    StoreUnavailable,
    Unimplemented,
)
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.kit.redis import client as store_client
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.working_memory.domain.session import ANYBODY, SessionKey
from agent_memory_services.working_memory.relay import delivery
from agent_memory_services.working_memory.relay.relay import Pace, Relay
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.neighbours import ExtractionInbox
from agent_memory_services.working_memory.store.outbox import Leases, Outbox
from agent_memory_services.working_memory.store.records import SessionAddress
from agent_memory_services.working_memory.store.sessions import SessionStore
from tests.integration.working_memory.speech import PARTITIONS, nobody, said, submissions
from tests.support.neighbours import ListExtraction, serving_extraction
from tests.support.raw import raw
from tests.support.settings import configured
from tests.support.waiting import eventually

QUICK = Pace(poll=0.1, renewal=0.1, backoff=Backoff(0.01, 0.1))
MEGABYTES = 1 << 24


@pytest.fixture
def extraction() -> ListExtraction:
    """What stands where ExtractionService will be."""
    return ListExtraction()


@pytest.fixture
async def inbox(extraction: ListExtraction, redis_url: str) -> AsyncIterator[ExtractionInbox]:
    """It, behind a real connection."""
    settings = configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    async with (
        serving_extraction(extraction, settings) as served,
        open_channel(served.address) as channel,
    ):
        yield ExtractionInbox(channel)


def relay_of(
    redis: Redis, inbox: ExtractionInbox, *, pace: Pace = QUICK, lease: float = 5.0
) -> Relay:
    """A relay."""
    return Relay(Outbox(redis), Leases(redis, PARTITIONS, lease), inbox, pace, max_bytes=MEGABYTES)


async def say(sessions: Sessions, name: str, *contents: str, tenant: str = "acme") -> None:
    """Append messages, one call each."""
    key = SessionKey(tenant, "chat", name)
    for content in contents:
        await sessions.append(key, [said(content)], ANYBODY, etag="", request_id="")


async def held(redis: Redis) -> dict[bytes, bytes]:
    """Who holds which lease."""
    keys = await raw(redis).keys("am:wm:*:relay")
    return {key: await raw(redis).get(key) for key in keys}


async def test_what_waits_is_delivered_in_order_for_its_tenant(
    sessions: Sessions, extraction: ListExtraction, inbox: ExtractionInbox, redis: Redis
) -> None:
    """Entries of a session arrive in the order they were written, and are then gone."""
    for name in ("a", "b", "c"):
        await say(sessions, name, *(f"{name}{i}" for i in range(30)))
    async with relay_of(redis, inbox).running():
        await eventually(lambda: len(extraction.said) == 90)
    for name in ("a", "b", "c"):
        mine = [text for text in extraction.said if text.startswith(name)]
        assert mine == [f"{name}{i}" for i in range(30)]
    assert {item.tenant for item in extraction.submitted} == {"acme"}
    assert await submissions(redis) == []


class WithoutBatches(ListExtraction):
    """A service of the release before, which knows no batches."""

    async def BatchSubmitMessages(self, *_: object) -> Never:  # noqa: N802 - as the contract has it
        """Refuse."""
        raise Unimplemented("the method")


@pytest.mark.parametrize(
    ("extraction", "calls"),
    [(ListExtraction(), [1, 4]), (WithoutBatches(), [1, 1, 1, 1, 1])],
    ids=["batches", "no batches"],
)
async def test_what_a_tenant_submits_together_goes_together(
    extraction: ListExtraction, inbox: ExtractionInbox, calls: list[int]
) -> None:
    """The first goes at once. Each has an outcome of its own, also where no batch is taken."""
    extraction.faults.append(OwnerMismatch("session"))
    requests = [
        SubmitMessagesRequest(
            session=SessionRef(session_id=f"s{at}"), session_uid="u", messages=[numbered(f"m{at}")]
        )
        for at in range(5)
    ]
    submitting = (inbox.submit("acme", request) for request in requests)
    outcomes = await asyncio.gather(*submitting, return_exceptions=True)
    refused = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, OwnerMismatch)]
    assert len(refused) == 1
    assert [outcome for outcome in outcomes if outcome is not None] == [outcomes[refused[0]]]
    assert sorted(extraction.said) == [f"m{at}" for at in range(5) if at not in refused]
    assert sorted(extraction.calls) == calls


def numbered(content: str) -> Message:
    """A message as a session hands it over."""
    return Message(
        id=content, role="user", content=content, sequence=1, create_time=Timestamp(seconds=1)
    )


async def test_a_write_of_this_process_is_delivered_at_once(
    redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """No poll has to pass."""
    relay = relay_of(redis, inbox, pace=replace(QUICK, poll=60.0, renewal=60.0))
    sessions = Sessions(SessionStore(redis, PARTITIONS), relay.wake, nobody)
    async with relay.running():
        await say(sessions, "warm", "up")
        await eventually(lambda: len(extraction.said) == 1)
        for index in range(50):
            await say(sessions, f"s{index % 7}", f"m{index}")
        await eventually(lambda: len(extraction.said) == 51, within=120)


async def test_a_write_of_another_process_is_found_soon(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """A relay that nobody wakes looks by itself, even while others keep it awake."""
    relay = relay_of(redis, inbox)
    own = Sessions(SessionStore(redis, PARTITIONS), relay.wake, nobody)
    async with relay.running():
        await say(own, "own", "up")
        await say(sessions, "other", "unannounced")

        async def chatter() -> None:
            while "unannounced" not in extraction.said:
                await say(own, "own", "again")

        await asyncio.wait_for(chatter(), 120)


async def test_failures_are_retried_until_accepted(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """Whatever goes wrong over there, the entry stays, and the next one waits for it."""
    extraction.faults.extend(
        [StoreUnavailable(0.01), Overloaded(0.01), RuntimeError("secret"), StoreUnavailable(0.01)]
    )
    await say(sessions, "s", "first", "second")
    failed = delivery.FAILED._value.get()
    async with relay_of(redis, inbox).running():
        await eventually(lambda: len(extraction.said) == 2)
    assert extraction.said == ["first", "second"]
    assert not extraction.faults
    assert delivery.FAILED._value.get() > failed


async def test_a_wish_to_wait_is_respected(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """No attempt comes before the time that the refusal named."""
    extraction.faults.append(Overloaded(0.5))
    await say(sessions, "s", "patient")
    clock = asyncio.get_running_loop().time
    async with relay_of(redis, inbox).running():
        await eventually(lambda: extraction.attempts == 1)
        start = clock()
        await eventually(lambda: extraction.said == ["patient"])
        assert clock() - start > 0.4


async def test_a_refused_tenant_holds_up_nobody_else(
    redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """A tenant over its quota waits, in order, while another one's entries behind it go on."""
    alone = Sessions(SessionStore(redis, 1), lambda _: None, nobody)
    for number in range(20):
        await say(alone, f"g{number % 3}", f"greedy {number}", tenant="greedy")
        await say(alone, "m", f"modest {number}", tenant="modest")
    greedy = [f"greedy {number}" for number in range(20)]
    modest = [f"modest {number}" for number in range(20)]
    extraction.refusals["greedy"] = QuotaExceeded("calls_per_second_per_tenant", 0.05)
    relay = Relay(Outbox(redis), Leases(redis, 1, 5.0), inbox, QUICK, max_bytes=MEGABYTES)
    async with relay.running():
        await eventually(lambda: extraction.said == modest)
        # A refused tenant is tried with one entry, however many it has.
        attempts = extraction.attempts
        await eventually(lambda: extraction.attempts > attempts + 1)
        assert extraction.attempts < 40
        await say(alone, "m", "modest again", tenant="modest")
        await eventually(lambda: extraction.said == [*modest, "modest again"])
        del extraction.refusals["greedy"]
        await eventually(lambda: extraction.said == [*modest, "modest again", *greedy])
    assert await redis.xlen("am:wm:{p00}:outbox") == 0


async def test_two_refused_tenants_come_back_each_in_its_order(
    redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """Who is accepted again first is delivered first, and nobody's entries change places."""
    alone = Sessions(SessionStore(redis, 1), lambda _: None, nobody)
    for number in range(12):
        for tenant in ("a", "b"):
            await say(alone, "s", f"{tenant}{number}", tenant=tenant)
            extraction.refusals[tenant] = Overloaded(0.02)
    relay = Relay(Outbox(redis), Leases(redis, 1, 5.0), inbox, QUICK, max_bytes=MEGABYTES)
    async with relay.running():
        await eventually(lambda: extraction.attempts > 4)
        del extraction.refusals["b"]
        await eventually(lambda: extraction.said == [f"b{number}" for number in range(12)])
        await say(alone, "s", "a12", tenant="a")
        del extraction.refusals["a"]
        await eventually(lambda: extraction.said[12:] == [f"a{number}" for number in range(13)])
    assert await redis.xlen("am:wm:{p00}:outbox") == 0


async def test_a_service_that_is_away_loses_nothing(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, redis_url: str
) -> None:
    """Entries wait for the service to come up, with their age and number on display."""
    await say(sessions, "s", "a", "b")
    settings = configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serving_extraction(extraction, settings))
        address = served.address
    async with open_channel(address) as channel:
        relay = relay_of(redis, ExtractionInbox(channel))
        async with relay.running():
            failed = delivery.FAILED._value.get()
            await eventually(lambda: delivery.FAILED._value.get() > failed + 2)
            await eventually(lambda: delivery.OUTBOX_ENTRIES._value.get() == 2)
            await eventually(lambda: delivery.OUTBOX_OLDEST_SECONDS._value.get() > 0.1)
    assert len(await submissions(redis)) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        (InvalidField("messages[0].content", "is not to our taste"), b"messages[0].content"),
        (OwnerMismatch("session"), b"belongs to another user"),
    ],
    ids=["invalid", "another's"],
)
async def test_what_is_refused_for_good_is_set_aside_with_the_reason(
    sessions: Sessions,
    redis: Redis,
    extraction: ListExtraction,
    inbox: ExtractionInbox,
    refusal: tuple[Exception, bytes],
) -> None:
    """It blocks nobody, and nothing of it is lost."""
    fault, reason = refusal
    await say(sessions, "s", "bad", "good")
    extraction.faults.append(fault)
    async with relay_of(redis, inbox).running():
        await eventually(lambda: extraction.said == ["good"])
    partition = SessionAddress.of(SessionKey("acme", "chat", "s"), PARTITIONS).partition
    ((_, dead),) = await raw(redis).xrange(f"am:wm:{{p{partition:02d}}}:outbox:dead")
    assert reason in dead[b"reason"]
    assert (dead[b"tenant"], b"bad" in dead[b"request"]) == (b"acme", True)
    assert await submissions(redis) == []


async def test_what_breaks_its_rules_takes_nothing_else_with_it(
    redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """An earlier build took it in; extraction hears of the others, and which one never comes."""
    never = Timestamp(seconds=2**62)
    request = SubmitMessagesRequest(
        session=SessionRef(session_id="s"),
        session_uid="u",
        messages=[
            said("one", id="m1", sequence=1),
            said("two", id="m2", sequence=2, create_time=never),
            said("three", id="m3", sequence=3),
        ],
        memories=[
            Memory(id="good", text="Likes tea."),
            Memory(id="bad", text="Likes rain.", expire_time=never),
        ],
    )
    entry = {"tenant": "acme", "request": request.SerializeToString()}
    await raw(redis).xadd("am:wm:{p00}:outbox", entry)
    async with relay_of(redis, inbox).running():
        await eventually(lambda: len(extraction.submitted) == 2)
    rest, gap = (submitted.request for submitted in extraction.submitted)
    assert [message.sequence for message in rest.messages] == [1, 3]
    assert [memory.id for memory in rest.memories] == ["good"]
    assert (gap.first_withheld_sequence, gap.last_withheld_sequence) == (2, 2)
    assert (len(gap.messages), gap.session_uid) == (0, "u")
    ((_, dead),) = await raw(redis).xrange("am:wm:{p00}:outbox:dead")
    assert dead[b"request"] == request.SerializeToString()


@pytest.mark.parametrize(
    "fields",
    [
        {"request": b"\xff\xff\xff"},
        {"request": b""},
        {"request": b"x" * (MEGABYTES + 1)},
        {},
        {"session_id": b"s", "session_uid": b"\xff"},
        {"session_id": b"s", "session_uid": b"u", "message:1": b"\xff\xff\xff"},
        {"session_id": b"s", "session_uid": b"u", "message:one": b""},
        {"session_id": b"s", "session_uid": b"u", "message:1": b"x" * (MEGABYTES + 1)},
        {"session_id": b"s", "session_uid": b"u", "extraction": b"\xff\xff\xff"},
        {"session_id": b"s", "session_uid": b"u", "withheld": b"1-2"},
    ],
)
async def test_what_nobody_could_take_is_set_aside(
    redis: Redis, inbox: ExtractionInbox, fields: dict[str, bytes]
) -> None:
    """Damaged, invalid and oversized entries do not stop the partition."""
    entry: dict[Any, Any] = {"tenant": "acme", **fields}
    await redis.xadd("am:wm:{p00}:outbox", entry)
    async with relay_of(redis, inbox).running(), asyncio.timeout(120):
        while not await redis.xlen("am:wm:{p00}:outbox:dead"):
            await asyncio.sleep(0.01)
    assert await redis.xlen("am:wm:{p00}:outbox") == 0


async def test_what_was_said_is_delivered_as_a_request(
    redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """An entry of a later release, among those of this one, in their order."""
    config = ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY)
    whole = SubmitMessagesRequest(
        session=SessionRef(namespace="chat", session_id="s"),
        session_uid="u",
        user_id="alice",
        messages=[said(str(number), id=f"m{number}", sequence=number) for number in (1, 2, 10)],
        memories=[Memory(id="one", text="Likes tea."), Memory(id="two", text="Likes rain.")],
        extraction=config,
        time_zone="Europe/Berlin",
        first_withheld_sequence=3,
        last_withheld_sequence=9,
    )
    first, last = copied(whole), copied(whole)
    first.messages[0].content, last.messages[0].content = "first", "last"
    for request in (first, whole, last):
        spelled = {"request": request.SerializeToString()}
        fields: dict[Any, Any] = _said_apart(request) if request is whole else spelled
        await redis.xadd("am:wm:{p00}:outbox", {"tenant": "acme", **fields})
    async with relay_of(redis, inbox).running():
        await eventually(lambda: len(extraction.submitted) == 3)
    assert [submitted.request for submitted in extraction.submitted] == [first, whole, last]
    assert await submissions(redis) == []


def _said_apart(request: SubmitMessagesRequest) -> dict[str, bytes]:
    """What a request submits, in fields of their own."""
    fields = {
        "namespace": request.session.namespace.encode(),
        "session_id": request.session.session_id.encode(),
        "session_uid": request.session_uid.encode(),
        "user_id": request.user_id.encode(),
        "time_zone": request.time_zone.encode(),
        "extraction": request.extraction.SerializeToString(),
        "withheld": f"{request.first_withheld_sequence}:{request.last_withheld_sequence}".encode(),
    }
    for message in map(copied, request.messages):
        name = f"message:{message.sequence}"
        message.ClearField("sequence")
        fields[name] = message.SerializeToString()
    for number, memory in enumerate(request.memories):
        fields[f"memory:{number}"] = memory.SerializeToString()
    return fields


async def test_relays_share_the_partitions_and_leave_them_behind(
    redis: Redis, inbox: ExtractionInbox
) -> None:
    """Each has its share while both live; one that leaves is replaced at once."""
    async with relay_of(redis, inbox).running():

        async def shares() -> list[int]:
            holders = list((await held(redis)).values())
            return sorted(holders.count(holder) for holder in set(holders))

        async def reach(wanted: list[int]) -> None:
            async with asyncio.timeout(120):
                while await shares() != wanted:
                    await asyncio.sleep(0.01)

        await reach([PARTITIONS])
        async with relay_of(redis, inbox).running():
            await reach([PARTITIONS // 2, PARTITIONS // 2])
        await reach([PARTITIONS])
    assert await held(redis) == {}
    assert await redis.keys("am:wm:relays") == []


async def test_a_relay_that_dies_is_followed_by_another(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """Its leases end by themselves; until then nobody else delivers."""
    dead = Leases(redis, PARTITIONS, 3.0)
    await dead.refresh()
    await say(sessions, "s", "a")
    async with relay_of(redis, inbox, lease=3.0).running():
        assert extraction.said == []
        await eventually(lambda: extraction.said == ["a"])
    assert not dead.held


async def test_a_lease_that_is_lost_is_not_relied_on(redis: Redis) -> None:
    """A holder that could not renew in time stops before another may start."""
    first, second = Leases(redis, PARTITIONS, 0.3), Leases(redis, PARTITIONS, 0.3)
    await first.refresh()
    assert len(first.held) == PARTITIONS
    async with asyncio.timeout(120):
        while not second.held:
            assert not (first.held and second.held)
            await second.refresh()
            assert not first.held & second.held
            await asyncio.sleep(0.01)


async def test_a_relay_outlives_its_store(
    redis_url: str,
    redis: Redis,
    sessions: Sessions,
    extraction: ListExtraction,
    inbox: ExtractionInbox,
) -> None:
    """Connections that break under it delay deliveries and end nothing."""
    async with (
        store_client.connect(redis_url) as own,
        relay_of(own, inbox).running(),
    ):
        for index in range(5):
            await redis.client_kill_filter(_type="normal", skipme=True)
            await say(sessions, "s", f"m{index}")
        await eventually(lambda: len(extraction.said) >= 5)
    assert list(dict.fromkeys(extraction.said)) == [f"m{index}" for index in range(5)]


async def test_a_relay_without_a_store_waits_for_one(inbox: ExtractionInbox) -> None:
    """It neither fails nor spins, and can be stopped."""
    async with store_client.connect("redis://127.0.0.1:1", timeout=0.2) as away:
        relay = Relay(Outbox(away), Leases(away, 1, 1.0), inbox, QUICK, max_bytes=MEGABYTES)
        async with asyncio.timeout(120), relay.running():
            await asyncio.sleep(0.1)


async def test_stopping_finishes_what_is_under_way(
    sessions: Sessions, redis: Redis, extraction: ListExtraction, inbox: ExtractionInbox
) -> None:
    """Leaving the block waits for no back-off and leaves every entry in one place."""
    extraction.faults.append(Overloaded(60.0))
    await say(sessions, "s", "a", "b")
    async with asyncio.timeout(120):
        async with relay_of(redis, inbox).running():
            await eventually(lambda: extraction.attempts > 0)
    assert len(await submissions(redis)) == 2
