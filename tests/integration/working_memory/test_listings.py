"""Which sessions there are, and for how long."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from agent_memory_services.kit.redis import client as store_client
from agent_memory_services.kit.redis.keys import PartitionsMismatchError
from agent_memory_services.working_memory.domain.session import ANYBODY, Actor, SessionKey
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.listings import (
    ListingPage,
    ListingPosition,
    Listings,
)
from agent_memory_services.working_memory.store.records import SessionAddress
from agent_memory_services.working_memory.store.sessions import (
    SessionStore,
)
from tests.integration.working_memory.speech import (
    ALL,
    PARTITIONS,
    contents,
    said,
    submitted,
    wanted,
)
from tests.support.raw import raw

HOSTILE = [
    *(
        "a",
        "A",
        "a:b",
        "{x}",
        "a b",
        "*",
        "a*",
        "",
        "__",
        "_",
        "🙂",
        "\u00e9",
        "e\u0301",
        "\n",
        "a{p00}b",
        "a|b",
    ),
    *("_3a", "x" * 200, "null", "0", "-1", "a,b", "a\\b", "ß", "SS", "ss"),
]


async def page(
    listings: Listings,
    namespace: str | None = None,
    user: str | None = None,
    after: ListingPosition | None = None,
    count: int = 1000,
) -> ListingPage:
    """A page of the tenant's sessions."""
    return await listings.page(
        "acme", namespaces=[namespace], users=[user], after=after, count=count
    )


async def write(
    sessions: Sessions, name: str, namespace: str = "chat", user: str = "", **state: Any
) -> None:
    """Write to a session."""
    key = SessionKey("acme", namespace, name)
    await sessions.set(key, *wanted(said("x"), user=user, **state), etag="", request_id="")


async def gone(redis: Redis, name: str) -> None:
    """Wait until a session's keys have expired."""
    parts = SessionAddress.of(SessionKey("acme", "chat", name), PARTITIONS).parts
    keys = (parts.meta, parts.log, parts.view)
    async with asyncio.timeout(120):
        while await redis.exists(*keys):
            await asyncio.sleep(0.01)


async def test_every_narrowing_lists_the_latest_written_first(
    sessions: Sessions, listings: Listings
) -> None:
    """By tenant, namespace, owner, and both; empty names are names; totals are true."""
    await write(sessions, "1", user="alice")
    await write(sessions, "2", namespace="", user="alice")
    await write(sessions, "3")
    await write(sessions, "1", user="alice")
    everything = await page(listings)
    assert [s.session_id for s in everything.sessions] == ["1", "3", "2"]
    assert everything.total == 3
    expected = {
        ("chat", None): ["1", "3"],
        ("", None): ["2"],
        (None, "alice"): ["1", "2"],
        (None, ""): ["3"],
        ("chat", "alice"): ["1"],
        ("chat", "bob"): [],
    }
    for (namespace, user), names in expected.items():
        found = await page(listings, namespace, user)
        assert [s.session_id for s in found.sessions] == names
        assert found.total == len(names)
    first = everything.sessions[0]
    assert (first.namespace, first.user, first.view_size, first.last_sequence) == (
        "chat",
        "alice",
        1,
        1,
    )


async def test_a_session_that_gets_an_owner_moves_to_the_owners_list(
    sessions: Sessions, listings: Listings
) -> None:
    """It is not listed under nobody any more."""
    await write(sessions, "1")
    await write(sessions, "1", user="alice")
    assert (await page(listings, user="")).total == 0
    assert (await page(listings, user="alice")).total == 1


async def test_pages_visit_each_session_once(sessions: Sessions, listings: Listings) -> None:
    """Small pages over many partitions add up to the whole list in order."""
    for index in range(23):
        await write(sessions, f"s{index}")
    found, after = [], None
    while True:
        part = await page(listings, after=after, count=5)
        found += [s.session_id for s in part.sessions]
        assert part.total == 23
        if (after := part.next_after) is None:
            break
    assert found == [f"s{index}" for index in reversed(range(23))]


async def test_sessions_written_in_one_moment_are_all_listed(
    sessions: Sessions, listings: Listings, redis: Redis
) -> None:
    """A page that ends among sessions of one time goes on among them."""
    for index in range(12):
        await write(sessions, f"s{index}")
    for key in await redis.keys("am:wm:*:sessions:acme"):
        members = await raw(redis).zrange(key, 0, -1)
        await redis.zadd(key, dict.fromkeys(members, 1_700_000_000_000_000))
    found, after = [], None
    while True:
        part = await page(listings, after=after, count=5)
        found += [s.session_id for s in part.sessions]
        if (after := part.next_after) is None:
            break
    assert sorted(found) == sorted(f"s{index}" for index in range(12))


async def test_an_expired_session_is_gone_but_what_it_said_is_not(
    sessions: Sessions, listings: Listings, redis: Redis
) -> None:
    """It leaves every key and every list; its messages are still handed over."""
    await write(sessions, "short", user="alice", ttl=150_000)
    await write(sessions, "long", user="alice")
    assert (await page(listings)).total == 2
    await gone(redis, "short")
    for namespace, user in ((None, None), ("chat", None), (None, "alice"), ("chat", "alice")):
        left = await page(listings, namespace, user)
        assert ([s.session_id for s in left.sessions], left.total) == (["long"], 1)
    assert len(await submitted(redis)) == 2
    assert not await redis.keys("am:wm:*:expir*")


async def test_a_session_created_after_its_namesake_expired_is_listed_once(
    sessions: Sessions, listings: Listings, redis: Redis
) -> None:
    """The former owner's list forgets it, and sweeping does not take the new one away."""
    await write(sessions, "s", user="alice", ttl=100_000)
    await gone(redis, "s")
    await write(sessions, "s", user="bob")
    assert (await page(listings, user="alice")).total == 0
    assert (await page(listings, user="bob")).total == (await page(listings)).total == 1


async def test_writes_clean_up_after_expired_sessions(sessions: Sessions, redis: Redis) -> None:
    """Even if nobody ever lists, what expired does not pile up."""
    for index in range(20):
        await write(sessions, f"s{index}", ttl=50_000)
    await gone(redis, "s19")
    for index in range(40):
        await write(sessions, f"k{index % 8}")
    listed = [await redis.zcard(key) for key in await redis.keys("am:wm:*:sessions:acme")]
    assert sum(listed) == 8


async def test_a_write_rearms_the_time_to_live_of_every_key(
    sessions: Sessions, redis: Redis
) -> None:
    """An append keeps the stored time to live; update can change and clear it."""
    key = SessionKey("acme", "chat", "s")
    parts = SessionAddress.of(key, PARTITIONS).parts
    keys = (parts.meta, parts.log, parts.ids, parts.view)

    async def left() -> list[int]:
        async with redis.pipeline(transaction=True) as pipe:
            for name in keys:
                pipe.pttl(name)
            return await pipe.execute()

    await sessions.set(key, *wanted(said("a"), ttl=50_000_000), etag="", request_id="")
    assert all(20_000 < ms <= 50_001 for ms in await left())
    for name in keys:
        await redis.pexpire(name, 1000)
    await sessions.append(key, [said("b")], ANYBODY, etag="", request_id="")
    rearmed = await left()
    assert all(20_000 < ms <= 50_001 for ms in rearmed)
    # All in one step: one transaction reads them within a tick of the store's clock.
    assert max(rearmed) - min(rearmed) <= 1
    _, created = await sessions.get_or_create(key, ANYBODY, ALL)
    assert not created
    await sessions.set(key, *wanted(said("b")), etag="", request_id="")
    assert await left() == [-1] * 4
    assert not await redis.keys("am:wm:*:expir*")


@pytest.mark.parametrize("part", ["tenant", "namespace", "session", "user"])
async def test_names_never_collide(sessions: Sessions, listings: Listings, part: str) -> None:
    """Separators, braces, cases and look-alikes: every name is its own."""
    for name in HOSTILE:
        key = SessionKey(
            name if part == "tenant" else "acme",
            name if part == "namespace" else "chat",
            name if part in ("session", "user") else "s",
        )
        owner = name if part == "user" else ""
        await sessions.set(key, *wanted(said(f"of {name}"), user=owner), etag="", request_id="")
    for name in HOSTILE:
        tenant = name if part == "tenant" else "acme"
        found = await listings.page(
            tenant,
            namespaces=[name if part == "namespace" else None],
            users=[name if part == "user" else None],
            after=None,
            count=1000,
        )
        names = {(s.namespace, s.session_id, s.user) for s in found.sessions}
        if part == "session":
            assert {s for _, s, _ in names} == set(HOSTILE)
        else:
            assert len(names) == 1
        for namespace, session_id, user in names:
            session = await sessions.get(
                SessionKey(tenant, namespace, session_id), Actor(user), ALL
            )
            assert contents(session)[0] == f"of {session_id if part == 'session' else name}"


async def test_a_store_that_is_away_is_an_error() -> None:
    """No read answers nothing because it could not ask."""
    away = store_client.connect("redis://127.0.0.1:1", timeout=0.5)
    key = SessionKey("acme", "", "s")
    async with away:
        lost = SessionStore(away, PARTITIONS)
        with pytest.raises(RedisConnectionError):
            await lost.read(key)
        with pytest.raises(RedisConnectionError):
            await lost.delete(key, ANYBODY, etag="")
        with pytest.raises(RedisConnectionError):
            await page(Listings(away, PARTITIONS))


async def test_a_broken_key_is_an_error(store: SessionStore, redis: Redis) -> None:
    """A value of the wrong kind is never taken for a missing session."""
    key = SessionKey("acme", "", "s")
    meta = SessionAddress.of(key, PARTITIONS).parts.meta
    await redis.set(meta, "broken")
    with pytest.raises(ResponseError):
        await store.read(key)


async def test_a_store_keeps_its_number_of_partitions(redis: Redis) -> None:
    """Sessions cannot move, so another number is refused, with the right one."""
    await SessionStore(redis, 4).open()
    await SessionStore(redis, 4).open()
    with pytest.raises(PartitionsMismatchError, match="PARTITIONS=4"):
        await SessionStore(redis, 8).open()
