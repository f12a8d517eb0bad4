"""What the queue knows of the owners of sessions, and for how long."""

import asyncio

from redis.asyncio import Redis

from agent_memory_services.extraction.erasure.targets import OwnedSessions
from agent_memory_services.extraction.store.queue import Retention
from agent_memory_services.kit.redis.keys import encode
from tests.integration.extraction.queue import LOST, Queue
from tests.support.sessions import message, session, submission


async def owned_by(queue: Queue, owner: str) -> set[str]:
    """Incarnations of the sessions that an owner has."""
    owned = OwnedSessions(queue.store, "default", owner)
    return {
        place.uid
        for partition in range(queue.store.partitions)
        async for place in owned.every(partition)
    }


async def keys_of(redis: Redis, owner: str) -> list[bytes]:
    """The lists of an owner."""
    return [key async for key in redis.scan_iter(f"am:ex:*:owned:*:{encode(owner)}")]


async def test_an_owner_who_comes_late_takes_the_session_over(queue: Queue, redis: Redis) -> None:
    """It is listed once, under whoever is known now, and never under nobody again."""
    await queue.submit(submission(message(1), user_id=""))
    assert await owned_by(queue, "") == {"u1"}
    await queue.submit(submission(message(2), user_id="alice b"))
    await queue.submit(submission(message(3), user_id=""))
    assert await owned_by(queue, "") == set()
    assert await owned_by(queue, "alice b") == {"u1"}
    assert await keys_of(redis, "") == []


async def test_a_list_lasts_as_long_as_its_sessions(redis: Redis) -> None:
    """For ever while a job of one of them is not settled, then until the last is forgotten."""
    queue = Queue.on(redis, Retention(session_seconds=100))
    await queue.submit(submission(message(1)))
    [key] = await keys_of(redis, "alice")
    assert await redis.pttl(key) == -1
    lease = await queue.must_claim()
    await queue.leases.give_up(lease, LOST, strike=False)
    assert await redis.pttl(key) == -1
    await queue.submit(submission(message(2)))
    await queue.leases.complete(await queue.must_claim(), [])
    assert await redis.pttl(key) == -1
    (failed, _) = sorted(await queue.all_jobs(), key=lambda job: job.first_sequence)
    assert await redis.exists(f"am:ex:{{p0{lease.partition}}}:job:{failed.id}")


async def test_a_forgotten_session_leaves_the_list(redis: Redis) -> None:
    """The next one of the owner takes it out."""
    queue = Queue.on(redis, Retention(session_seconds=0.05))
    first = session(uid="first")
    await queue.submit(submission(message(1), to=first))
    await queue.leases.complete(await queue.must_claim(first), [])
    async with asyncio.timeout(120):
        head = f"am:ex:{{p{first.thread.partition(4):02d}}}:session:{first.key}"
        while await redis.exists(head):
            await asyncio.sleep(0.01)
    second = session(uid="second")
    await queue.submit(submission(message(1), to=second))
    assert await owned_by(queue, "alice") == {"second"}
