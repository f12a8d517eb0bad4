"""Leases, by which one process at a time does what is done once for all."""

import asyncio

import pytest
from redis.asyncio import Redis

from agent_memory_services.kit.redis.background import Lease
from agent_memory_services.kit.redis.client import connect
from tests.support.held_line import HeldLine
from tests.support.waiting import eventually

KEY = "am:test:lease"
LONG = 60.0


async def test_one_of_many_holds_a_lease(redis: Redis) -> None:
    """Until it gives the lease back."""
    leases = [Lease(redis, KEY, LONG) for _ in range(8)]
    taken = await asyncio.gather(*(lease.take() for lease in leases))
    assert taken.count(True) == 1
    holder, other = leases[taken.index(True)], leases[taken.index(False)]
    assert (holder.is_held, other.is_held) == (True, False)
    await other.release()
    assert not await other.take()
    await holder.release()
    assert await other.take()


async def test_a_holder_stops_relying_on_a_lease_before_it_ends(redis: Redis) -> None:
    """So that two never rely on it at a time."""
    lease = Lease(redis, KEY, 0.5)
    assert await lease.take()
    await eventually(lambda: not lease.is_held)
    assert lease.is_kept


async def test_a_lease_is_renewed_while_work_is_under_way(redis: Redis) -> None:
    """However long that takes, and not afterwards."""
    lease, faults = Lease(redis, KEY, 0.3), list[Exception]()
    assert await lease.take()
    async with lease.renewed(faults.append):
        first = lease._until
        await eventually(lambda: lease._until != first)
        assert lease.is_held
    assert not faults


async def test_leases_of_one_holder_are_one_holders(redis: Redis) -> None:
    """Whoever names its holder takes over from itself."""
    assert await Lease(redis, KEY, LONG, holder="me").take()
    assert await Lease(redis, KEY, LONG, holder="me").take()
    assert not await Lease(redis, KEY, LONG, holder="you").take()


async def test_who_is_cancelled_while_taking_a_lease_can_give_it_back(
    redis: Redis, redis_url: str
) -> None:
    """The store has answered by then, and what was still on its way takes nothing afterwards."""
    line = HeldLine(redis_url.removeprefix("redis://").split("/")[0])
    async with line.running(), connect(f"redis://{line.address}") as client:
        lease = Lease(client, KEY, LONG)
        await lease.take()
        await lease.release()
        line.hold()
        taking = asyncio.create_task(lease.take())
        await line.holds(KEY.encode())
        taking.cancel()
        asyncio.get_running_loop().call_later(0.2, line.let_go)
        with pytest.raises(asyncio.CancelledError):
            await taking
        assert await redis.exists(KEY)
        await lease.release()
        assert not await redis.exists(KEY)
