"""API keys in a real store."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory_services.kit.auth.api_keys import store
from agent_memory_services.kit.auth.api_keys.key import ApiKey, State, Token
from agent_memory_services.kit.auth.api_keys.keyring import EndedKeyError, Keyring, UnknownKeyError
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore, LastUse
from agent_memory_services.kit.auth.api_keys.verifier import ApiKeyVerifier
from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import Identity, Role

PEPPER = bytes(range(32))
SECOND = 1_000_000


class Clock:
    """Both clocks, set by hand: microseconds since the epoch, and seconds since the start."""

    def __init__(self) -> None:
        self.micros = 1_700_000_000 * SECOND

    def now(self) -> int:
        """Microseconds since the epoch."""
        return self.micros

    def monotonic(self) -> float:
        """Seconds, from anywhere."""
        return self.micros / SECOND


class World:
    """A keyring and a server's verifier, on one store and one clock."""

    def __init__(self, redis: Redis) -> None:
        self.clock = Clock()
        self.store = ApiKeyStore(redis)
        self.keyring = Keyring(self.store, clock=self.clock.now)
        self.last_use = LastUse(self.store)
        self.verifier = ApiKeyVerifier(
            self.store,
            PEPPER,
            self.last_use,
            recheck_seconds=5,
            clock=self.clock.now,
            monotonic=self.clock.monotonic,
        )

    async def create(self, **terms: Any) -> tuple[ApiKey, Token]:
        """A reader's key."""
        return await self.keyring.create(PEPPER, **{"role": Role.READER, "tenant": "acme", **terms})

    async def fault_of(self, token: str) -> CredentialFault:
        """The fault for which a token is refused."""
        with pytest.raises(Refused) as refused:
            await self.verifier.verify(token)
        return refused.value.fault


@pytest.fixture
async def world(redis: Redis) -> World:
    """An empty store."""
    return World(redis)


async def test_a_key_identifies_its_holder(world: World) -> None:
    """With all its limits, for as long as it need not be looked up again."""
    key, token = await world.create(
        role=Role.WRITER, users=frozenset({"älice"}), namespaces=frozenset()
    )
    verified = await world.verifier.verify(token.text)
    assert verified.identity == Identity(
        f"key:{key.key_id}", Role.WRITER, "acme", frozenset({"älice"}), frozenset()
    )
    assert verified.until == world.clock.monotonic() + 5


async def test_the_store_never_sees_a_token(world: World, redis: Redis) -> None:
    """Nor anything that could be turned into one without the pepper."""
    _, token = await world.create(name="canary")
    await world.keyring.rotate(PEPPER, token.key_id, overlap=60)
    secret = token.text.rpartition("_")[2].encode()
    for name in await redis.keys():
        kind = await redis.type(name)
        value = await (redis.hgetall(name) if kind == b"hash" else redis.zrange(name, 0, -1))
        assert secret not in repr((name, value)).encode()


async def test_what_is_not_a_key_of_ours_is_refused(world: World) -> None:
    """Each for its own reason, which the caller is not told."""
    _, token = await world.create()
    _, other = await world.create()
    secret = other.text.rpartition("_")[2]
    assert await world.fault_of("am_x") is CredentialFault.MALFORMED
    assert await world.fault_of(Token.new().text) is CredentialFault.UNKNOWN_KEY
    assert await world.fault_of(f"am_{token.key_id}_{secret}") is CredentialFault.WRONG_SECRET


async def test_a_digest_copied_to_another_key_is_worth_nothing(world: World, redis: Redis) -> None:
    """Who can write to the store cannot make an administrator of a reader's token."""
    _, reader = await world.create()
    admin, _ = await world.create(role=Role.ADMIN)
    digest = await redis.hget(f"am:auth:key:{reader.key_id}", "digest")
    await redis.hset(f"am:auth:key:{admin.key_id}", "digest", digest)
    swapped = reader.text.replace(reader.key_id, admin.key_id)
    assert await world.fault_of(swapped) is CredentialFault.WRONG_SECRET


async def test_another_pepper_takes_no_key(world: World) -> None:
    """A store that is copied to another deployment brings no keys along."""
    _, token = await world.create()
    stranger = ApiKeyVerifier(world.store, b"x" * 32, world.last_use, recheck_seconds=5)
    with pytest.raises(Refused):
        await stranger.verify(token.text)


async def test_a_key_expires(world: World) -> None:
    """To the moment: it is not remembered for longer either."""
    key, token = await world.create(lifetime=3)
    assert (await world.verifier.verify(token.text)).until == world.clock.monotonic() + 3
    world.clock.micros += 3 * SECOND
    assert await world.fault_of(token.text) is CredentialFault.EXPIRED
    assert key.state(world.clock.now()) is State.EXPIRED


async def test_a_revoked_key_stays_revoked(world: World) -> None:
    """And keeps the moment of its first revocation."""
    key, token = await world.create()
    await world.keyring.revoke(key.key_id)
    revoked = await world.keyring.get(key.key_id)
    world.clock.micros += SECOND
    await world.keyring.revoke(key.key_id)
    assert await world.keyring.get(key.key_id) == revoked
    assert await world.fault_of(token.text) is CredentialFault.REVOKED
    with pytest.raises(EndedKeyError, match="revoked"):
        await world.keyring.rotate(PEPPER, key.key_id, overlap=0)


async def test_rotation_overlaps(world: World) -> None:
    """Both tokens work for the time that was asked for, then the new one alone."""
    key, old = await world.create()
    new = await world.keyring.rotate(PEPPER, key.key_id, overlap=3)
    assert (await world.verifier.verify(old.text)).until == world.clock.monotonic() + 3
    assert (await world.verifier.verify(new.text)).until == world.clock.monotonic() + 5
    world.clock.micros += 3 * SECOND
    assert await world.fault_of(old.text) is CredentialFault.WRONG_SECRET
    await world.verifier.verify(new.text)


async def test_a_compromised_token_can_be_replaced_at_once(world: World) -> None:
    """With no overlap the token before is refused from then on."""
    key, old = await world.create()
    new = await world.keyring.rotate(PEPPER, key.key_id, overlap=0)
    assert await world.fault_of(old.text) is CredentialFault.WRONG_SECRET
    await world.verifier.verify(new.text)


async def test_no_key_is_made_by_touching_it(world: World, redis: Redis) -> None:
    """Neither rotation, revocation nor a use brings a key about."""
    for act in (
        world.keyring.revoke("a" * 16),
        world.keyring.rotate(PEPPER, "a" * 16, overlap=0),
        world.keyring.get("keys"),
    ):
        with pytest.raises(UnknownKeyError):
            await act
    world.last_use.record("a" * 16, 1)
    await world.last_use.flush()
    assert await redis.keys() == []


async def test_listing_shows_every_key_and_changes_none(
    world: World, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often, in the order they were made, over several pages of the index."""
    monkeypatch.setattr(store, "_PAGE", 20)
    made = []
    for number in range(53):
        world.clock.micros += SECOND
        key, _ = await world.create(tenant="acme" if number % 2 else "other")
        made.append(key)
    before = await redis.zcard("am:auth:keys")
    assert [key async for key in world.keyring.all()] == made
    assert [key async for key in world.keyring.all("other")] == made[::2]
    assert await redis.zcard("am:auth:keys") == before == 53


async def test_the_last_use_is_written_behind_the_calls(world: World) -> None:
    """At the latest when the server ends."""
    key, token = await world.create()
    async with world.last_use.written():
        await world.verifier.verify(token.text)
        assert (await world.keyring.get(key.key_id)).last_use_time is None
    assert (await world.keyring.get(key.key_id)).last_use_time == world.clock.now()


async def test_uses_that_could_not_be_written_are_written_later(world: World, redis: Redis) -> None:
    """A store that is away for a minute costs nothing but that minute."""
    key, token = await world.create()
    await world.verifier.verify(token.text)
    await redis.config_set("maxmemory", 1)
    await world.last_use.flush()
    await redis.config_set("maxmemory", 0)
    await world.last_use.flush()
    assert (await world.keyring.get(key.key_id)).last_use_time == world.clock.now()


async def test_checking_a_key_is_one_look_up(world: World, redis: Redis) -> None:
    """Whatever the number of keys."""
    _, token = await world.create()
    for _ in range(50):
        await world.create()
    await redis.config_resetstat()
    await asyncio.gather(*(world.verifier.verify(token.text) for _ in range(10)))
    stats = await redis.info("commandstats")
    calls = {name: stat["calls"] for name, stat in stats.items()}
    greetings = {"cmdstat_client|setinfo", "cmdstat_config|resetstat", "cmdstat_info"}
    assert {name: calls[name] for name in calls.keys() - greetings} == {"cmdstat_hgetall": 10}
