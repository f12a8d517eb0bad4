"""Following streams of changes, however many watch and however slowly."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory_services.kit.contract.errors import ShuttingDown
from agent_memory_services.kit.redis.feed import subscription as subscriptions
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.subscription import (
    ForgottenError,
    Subscription,
    Subscriptions,
)
from agent_memory_services.kit.redis.feed.tail import ORIGIN, Position, Raw
from tests.support.raw import raw

ONE, TWO, FAR = "{a}:one", "{a}:two", "{b}:far"


@dataclass(frozen=True)
class Said:
    """Somebody said something."""

    position: Position
    topics: tuple[bytes, ...]
    text: str

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """What `say` wrote."""
        position, fields = entry
        return cls(Position.read(position), (fields[b"who"],), fields[b"text"].decode())


async def say(redis: Redis, key: str, *texts: str, who: str = "alice") -> None:
    """Write into a stream."""
    async with redis.pipeline(transaction=False) as pipeline:
        for text in texts:
            pipeline.xadd(key, {"who": who, "text": text})
        await pipeline.execute()


@pytest.fixture
async def feed(redis: Redis) -> AsyncIterator[Feed[Said]]:
    """A feed of the store's streams."""
    feed = Feed(redis, Said.read)
    yield feed
    await feed.aclose()


def only(following: Subscriptions[Said]) -> Subscription[Said]:
    """The subscription of who follows one stream."""
    (subscription,) = following.subscriptions.values()
    return subscription


async def hear(following: Subscriptions[Said], count: int) -> list[str]:
    """The next texts, which must come soon."""
    heard: list[str] = []
    async with asyncio.timeout(120):
        while True:
            for subscription in following.subscriptions.values():
                heard += [said.text for said in await subscription.poll()]
            if len(heard) >= count:
                return heard
            if not any(each.behind for each in following.subscriptions.values()):
                await following.wait(30)


async def test_each_watcher_hears_its_topic(redis: Redis, feed: Feed[Said]) -> None:
    """From now on, in order, once, and nothing of others; no topic is all of them."""
    await say(redis, ONE, "before")
    async with (
        feed.follow([ONE], b"alice") as alice,
        feed.follow([ONE], b"bob") as bob,
        feed.follow([ONE]) as all_,
    ):
        await say(redis, ONE, "a", "b")
        await say(redis, ONE, "c", who="bob")
        assert await hear(alice, 2) == ["a", "b"]
        assert await hear(bob, 1) == ["c"]
        assert await hear(all_, 3) == ["a", "b", "c"]
        await bob.wait(0)
        await say(redis, ONE, "d")
        assert await hear(alice, 1) == ["d"]
        assert not await bob.wait(0)


async def test_several_streams_are_followed_at_once(redis: Redis, feed: Feed[Said]) -> None:
    """What joins any of them wakes the watcher."""
    async with feed.follow([ONE, TWO, FAR]) as following:
        for key in (FAR, TWO, ONE):
            await say(redis, key, key)
            assert await hear(following, 1) == [key]


async def test_streams_of_one_node_share_a_connection(redis: Redis, feed: Feed[Said]) -> None:
    """However many streams and watchers there are, and none when they are gone."""

    async def readers() -> int:
        return len([c for c in await redis.client_list() if c["cmd"] == "xread"])

    async with asyncio.timeout(120):
        async with feed.follow([ONE]) as one, feed.follow([ONE]), feed.follow([TWO]) as two:
            await say(redis, ONE, "a")
            await say(redis, TWO, "b")
            assert await hear(one, 1) + await hear(two, 1) == ["a", "b"]
            while await readers() != 1:
                await asyncio.sleep(0.01)
            async with feed.follow([FAR]):
                while await readers() != 2:
                    await asyncio.sleep(0.01)
        while await readers():
            await asyncio.sleep(0.01)
    assert feed._readers == {}


async def test_a_stream_that_is_new_is_heard_at_once(redis: Redis, feed: Feed[Said]) -> None:
    """Nobody waits until a command that already waits has had enough."""
    async with feed.follow([ONE]):
        loop = asyncio.get_running_loop()
        began, rounds = loop.time(), 20
        for number in range(rounds):
            async with feed.follow([f"{{a}}:{number}"]) as following:
                await asyncio.sleep(0.01)
                await say(redis, f"{{a}}:{number}", "x")
                assert await hear(following, 1) == ["x"]
        # Each would take up to two seconds.
        assert loop.time() - began < rounds


async def test_a_watcher_goes_on_where_it_was(redis: Redis, feed: Feed[Said]) -> None:
    """After any position, and through more entries than are read at a time."""
    texts = [f"{number}" for number in range(1200)]
    async with feed.follow([ONE], b"alice") as following:
        begun = only(following).position
        await say(redis, ONE, *texts[:3])
        await hear(following, 3)
        middle = only(following).position
    await say(redis, ONE, *(f"other {number}" for number in range(700)), who="bob")
    await say(redis, ONE, *texts[3:])
    for position, told in ((begun, 0), (middle, 3)):
        async with feed.follow([ONE], b"alice") as following:
            await only(following).rewind(position)
            assert await hear(following, len(texts) - told) == texts[told:]
            await say(redis, ONE, "more")
            assert await hear(following, 1) == ["more"]
        texts.append("more")


async def test_a_position_that_is_forgotten_is_refused(redis: Redis, feed: Feed[Said]) -> None:
    """As is one that the store never reached; the beginning of a whole stream is not."""
    async with feed.follow([ONE]) as following:
        begun = only(following).position
        assert begun == ORIGIN
        await say(redis, ONE, "a", "b", "c")
        await hear(following, 3)
        await only(following).rewind(begun)
        assert await hear(following, 3) == ["a", "b", "c"]
        last = only(following).position
        await redis.xtrim(ONE, maxlen=1, approximate=False)
        await only(following).rewind(last)
        for wrong in (begun, Position(last.milliseconds + 10**6, 0)):
            with pytest.raises(ForgottenError):
                await only(following).rewind(wrong)
        await redis.delete(ONE)
        with pytest.raises(ForgottenError):
            await only(following).rewind(begun)


async def test_what_was_erased_is_passed_over(redis: Redis, feed: Feed[Said]) -> None:
    """A stream whose entries were all taken out has an end, where watchers begin."""
    await say(redis, ONE, "a", "b")
    entries = [place for place, _ in await raw(redis).xrange(ONE)]
    async with feed.follow([ONE]) as following:
        await only(following).rewind(Position.read(entries[0]))
        await redis.xdel(ONE, entries[1])
        assert list(await only(following).poll()) == []
        await redis.xdel(ONE, entries[0])
    async with feed.follow([ONE]) as following:
        assert only(following).position == Position.read(entries[1])
        await say(redis, ONE, "c")
        assert await hear(following, 1) == ["c"]


async def test_a_slow_watcher_reads_on_in_the_store(
    redis: Redis, feed: Feed[Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It misses nothing while the store has it, and is told when the store has not."""
    monkeypatch.setattr(subscriptions, "_PENDING", 10)
    texts = [f"{number}" for number in range(100)]
    async with feed.follow([ONE]) as slow, feed.follow([ONE], b"alice") as quick:
        for begin in range(0, 100, 5):
            await say(redis, ONE, *texts[begin : begin + 5])
            await hear(quick, 5)
        assert only(slow).behind
        assert await hear(slow, 100) == texts
        assert not only(slow).behind
        for begin in range(0, 100, 5):
            await say(redis, ONE, *texts[begin : begin + 5])
            await hear(quick, 5)
        await redis.xtrim(ONE, maxlen=5, approximate=False)
        with pytest.raises(ForgottenError):
            await only(slow).poll()
        only(slow).skip()
        await say(redis, ONE, "after")
        assert await hear(slow, 1) == ["after"]


async def test_watchers_learn_that_the_process_ends(redis: Redis, feed: Feed[Said]) -> None:
    """Those that wait, and those that come later."""
    async with feed.follow([ONE]) as following:
        hearing = asyncio.create_task(hear(following, 1))
        await asyncio.sleep(0)
        await feed.aclose()
        with pytest.raises(ShuttingDown):
            await hearing
    with pytest.raises(ShuttingDown):
        async with feed.follow([TWO]):
            pass
    assert not [c for c in await redis.client_list() if c["cmd"] == "xread"]


async def test_a_fault_ends_watchers_and_not_the_feed(redis: Redis, feed: Feed[Said]) -> None:
    """Who watched is told; who comes next is served again."""
    async with feed.follow([ONE]) as following:
        async with asyncio.timeout(120):
            while not (reading := [c for c in await redis.client_list() if c["cmd"] == "xread"]):
                await asyncio.sleep(0.01)
        await redis.client_kill_filter(_id=reading[0]["id"])
        with pytest.raises(RedisError):
            await hear(following, 1)
        async with feed.follow([ONE]) as again:
            await say(redis, ONE, "a")
            assert await hear(again, 1) == ["a"]
