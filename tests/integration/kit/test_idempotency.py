"""Calls that name themselves, against a real store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import pytest
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.redis import replay_cache
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.kit.server.steps import order
from agent_memory_services.kit.server.steps.idempotency import Idempotency
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import Told, lifespan_of
from tests.support.raw import raw
from tests.support.residue import residue
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("redis")


def _request(text: str = "hi", request_id: str = "r1") -> pb.AppendMessagesRequest:
    messages = [Message(role="user", content=text)]
    return pb.AppendMessagesRequest(session_id="s", messages=messages, request_id=request_id)


class Gate:
    """Lets a write begin, and finish when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.open = asyncio.Event()

    async def __call__(self, *_: object) -> None:
        self.begun += 1
        try:
            await self.open.wait()
        finally:
            self.ended += 1


@asynccontextmanager
async def serve(
    redis_url: str, behave: Callable[..., Awaitable[None]] | None = None
) -> AsyncIterator[tuple[Told, WorkingMemoryStub]]:
    """A service on the store, which counts what it executes, and a stub of it."""
    servicer = Told(behave)
    settings = configured(ProcessSettings, redis_url=redis_url)
    async with serving(lifespan_of(servicer), settings) as served:
        yield servicer, WorkingMemoryServiceStub(served.channel)


def _leasing(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let servers lease for so long."""

    class Leasing(Idempotency):
        def __init__(self, policies: list[MethodPolicy], store: Redis) -> None:
            super().__init__(policies, store, lease_seconds=seconds)

    monkeypatch.setattr(order, "Idempotency", Leasing)


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases of less than a second, for tests in which they end."""
    _leasing(monkeypatch, 0.8)


async def test_a_repeated_call_gets_its_first_answer(redis: Redis, redis_url: str) -> None:
    """It is executed once, and the answer is kept for a day."""
    async with serve(redis_url) as (servicer, stub):
        first = await stub.AppendMessages(_request())
        assert await stub.AppendMessages(_request()) == first
        assert servicer.written == 1
    (key,) = await raw(redis).keys("am:id:*")
    assert key.startswith(b"am:id:call:default:")
    assert 86_000 < await redis.ttl(key) <= 86_400


async def test_another_process_answers_the_same(redis_url: str) -> None:
    """What was answered is not in the memory of one replica."""
    async with serve(redis_url) as (_, stub):
        first = await stub.AppendMessages(_request())
    async with serve(redis_url) as (other, stub):
        assert await stub.AppendMessages(_request()) == first
        assert other.written == 0


@pytest.mark.parametrize(
    ("header", "seconds"), [("idempotency-key", 86_400), ("x-agent-memory-call-id", 600)]
)
async def test_metadata_may_hold_the_id(
    redis: Redis, redis_url: str, header: str, seconds: int
) -> None:
    """It is the same id as in the field, for as long as who gave it may repeat the call."""
    async with serve(redis_url) as (servicer, stub):
        first = await stub.AppendMessages(_request(request_id=""), metadata=[(header, "r1")])
        (key,) = await redis.keys("am:id:call:*")
        assert seconds - 400 < await redis.ttl(key) <= seconds
        assert await stub.AppendMessages(_request()) == first
        with refused() as refusal:
            await stub.AppendMessages(_request("other", ""), metadata=[(header, "r1")])
        assert refusal.reason == "REQUEST_ID_REUSED"
        for other in ("r2", ""):
            await stub.AppendMessages(_request(request_id=""), metadata=[(header, other)])
        assert servicer.written == 3


async def test_the_nearest_to_the_request_names_the_call(redis_url: str) -> None:
    """The field goes before the caller's key, and that before what somebody on the way gave."""
    key, on_the_way = ("idempotency-key", "r1"), ("x-agent-memory-call-id", "r2")
    async with serve(redis_url) as (servicer, stub):
        first = await stub.AppendMessages(_request(), metadata=[on_the_way])
        again = _request(request_id="")
        assert await stub.AppendMessages(again, metadata=[key, on_the_way]) == first
        assert servicer.written == 1
        await stub.AppendMessages(again, metadata=[on_the_way])
        assert servicer.written == 2


@pytest.mark.parametrize("value", ["k" * 129, "two words"])
@pytest.mark.parametrize("header", ["idempotency-key", "x-agent-memory-call-id"])
async def test_a_key_that_is_none_is_refused(redis_url: str, header: str, value: str) -> None:
    """By the name of the header, before anything is written."""
    async with serve(redis_url) as (servicer, stub):
        with refused() as refusal:
            await stub.AppendMessages(_request(request_id=""), metadata=[(header, value)])
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
        )
        assert list(refusal.fields) == [header]
        assert servicer.written == 0


async def test_answers_are_found_for_erasure_as_long_as_the_longest_is_kept(redis: Redis) -> None:
    """One that is kept for minutes does not hide one that is kept for a day."""
    for seconds, left in ((600, 600), (86_400, 86_400), (600, 86_400)):
        await replay_cache.index_answer(redis, "t", ["alice"], "am:id:k", seconds * 1000)
        (index,) = await redis.keys("am:id:of:*")
        assert left - 60 < await redis.ttl(index) <= left


async def test_an_id_means_one_body(redis_url: str) -> None:
    """Another body under the same id is a mistake, even while the first still runs."""
    gate = Gate()
    async with serve(redis_url, gate) as (servicer, stub):
        first = asyncio.ensure_future(stub.AppendMessages(_request()))
        await eventually(lambda: gate.begun == 1)
        with refused() as refusal:
            await stub.AppendMessages(_request("other"))
        gate.open.set()
        await first
        with refused() as later:
            await stub.AppendMessages(_request("other"))
        assert servicer.written == 1
    assert refusal.reason == later.reason == "REQUEST_ID_REUSED"
    assert refusal.code is grpc.StatusCode.ALREADY_EXISTS


async def test_the_order_of_map_entries_is_not_another_body(redis_url: str) -> None:
    """Libraries write maps in any order; the call is the same."""

    def request(*keys: str) -> pb.SetWorkingMemoryRequest:
        # Parts of one message that are concatenated on the wire are merged in that order.
        wire = b"".join(_with_data(key).SerializeToString() for key in keys)
        return pb.SetWorkingMemoryRequest.FromString(wire)

    async with serve(redis_url) as (servicer, stub):
        first = await stub.SetWorkingMemory(request("a", "b", "c"))
        assert await stub.SetWorkingMemory(request("c", "b", "a")) == first
        assert servicer.written == 1


async def test_concurrent_duplicates_have_one_effect(redis_url: str) -> None:
    """Twenty at once, on two replicas: one executes, the others are told to come back."""
    gate = Gate()
    async with serve(redis_url, gate) as (one, stub), serve(redis_url, gate) as (two, other):
        calls = [
            asyncio.ensure_future(which.AppendMessages(_request()))
            for which in (stub, other)
            for _ in range(10)
        ]
        await eventually(lambda: sum(call.done() for call in calls) == 19)
        gate.open.set()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert one.written + two.written == 1
        (answer,) = [a for a in answers if not isinstance(a, grpc.aio.AioRpcError)]
        with refused() as refusal:
            raise next(a for a in answers if isinstance(a, grpc.aio.AioRpcError))
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.UNAVAILABLE,
            "REQUEST_IN_PROGRESS",
        )
        assert refusal.retry_after > 0
        assert await other.AppendMessages(_request()) == answer


async def test_a_failed_call_may_be_tried_again_at_once(redis_url: str) -> None:
    """Only answers are remembered, failures are not."""
    failures = [RuntimeError("once")]

    async def fail_once(*_: object) -> None:
        if failures:
            raise failures.pop()

    async with serve(redis_url, fail_once) as (servicer, stub):
        with refused():
            await stub.AppendMessages(_request())
        await stub.AppendMessages(_request())
        assert servicer.written == 2


async def test_a_cancelled_call_may_be_tried_again_at_once(redis: Redis, redis_url: str) -> None:
    """A caller that lost patience is not locked out by its own first try."""
    gate = Gate()
    async with serve(redis_url, gate) as (_, stub):
        call = stub.AppendMessages(_request())
        waiting = asyncio.ensure_future(call)
        await eventually(lambda: gate.begun == 1)
        call.cancel()
        await asyncio.wait([waiting])
        await eventually(lambda: gate.ended == 1)
        gate.open.set()
        async with asyncio.timeout(120):
            while await redis.keys("am:id:*"):
                await asyncio.sleep(0.005)
        assert await stub.AppendMessages(_request()) is not None


@pytest.mark.usefixtures("short_lease")
async def test_a_crash_lets_the_retry_execute_when_the_lease_is_over(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that died in the middle blocks its caller for a moment only."""
    gate = Gate()

    def crashed(*_: object) -> None:
        """Neither renewed nor concluded, as by a killed process."""

    async with serve(redis_url, gate) as (servicer, stub):
        with monkeypatch.context() as dead:
            dead.setattr(Idempotency, "exit", crashed)
            dead.setattr(Idempotency, "_renew_later", crashed)
            call = stub.AppendMessages(_request())
            waiting = asyncio.ensure_future(call)
            await eventually(lambda: gate.begun == 1)
            call.cancel()
            await asyncio.wait([waiting])
            await eventually(lambda: gate.ended == 1)
        gate.open.set()
        with refused() as refusal:
            await stub.AppendMessages(_request())
        assert refusal.reason == "REQUEST_IN_PROGRESS"
        async with asyncio.timeout(120):
            while await redis.keys("am:id:*"):
                await asyncio.sleep(0.005)
        answer = await stub.AppendMessages(_request())
        assert await stub.AppendMessages(_request()) == answer
        assert servicer.written == 2


async def test_a_call_longer_than_its_lease_keeps_it(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A living process renews, so that nobody executes beside it."""
    # Of which a third is a pause that no slow machine makes longer than the whole.
    _leasing(monkeypatch, 3.0)
    gate = Gate()
    async with serve(redis_url, gate) as (servicer, stub):
        first = asyncio.ensure_future(stub.AppendMessages(_request()))
        await eventually(lambda: gate.begun == 1)
        [key] = await redis.keys("am:id:call:*")
        for _ in range(2):
            before = await redis.execute_command("PEXPIRETIME", key)
            async with asyncio.timeout(60):
                while await redis.execute_command("PEXPIRETIME", key) == before:
                    await asyncio.sleep(0.01)
            with refused() as refusal:
                await stub.AppendMessages(_request())
            assert refusal.reason == "REQUEST_IN_PROGRESS"
        gate.open.set()
        await first
        assert servicer.written == 1


@pytest.mark.usefixtures("short_lease")
async def test_a_late_attempt_does_not_replace_anothers_answer(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was paused beyond its lease finds its claim taken over."""
    slow, fast = Gate(), Gate()
    async with serve(redis_url, slow) as (_, one), serve(redis_url, fast) as (_, two):
        with monkeypatch.context() as paused:
            paused.setattr(Idempotency, "_renew_later", lambda *_: None)
            first = asyncio.ensure_future(one.AppendMessages(_request()))
            await eventually(lambda: slow.begun == 1)
            async with asyncio.timeout(120):
                while await redis.keys("am:id:*"):
                    await asyncio.sleep(0.005)
        second = asyncio.ensure_future(two.AppendMessages(_request()))
        await eventually(lambda: fast.begun == 1)
        slow.open.set()
        await first
        with refused() as refusal:
            await one.AppendMessages(_request())
        assert refusal.reason == "REQUEST_IN_PROGRESS"
        fast.open.set()
        answer = await second
        assert await one.AppendMessages(_request()) == answer


async def test_ids_of_other_tenants_and_methods_are_other_ids(redis_url: str) -> None:
    """Nobody gets somebody else's answer by guessing an id."""
    async with serve(redis_url) as (servicer, stub):
        await stub.AppendMessages(_request())
        other = (("x-agent-memory-tenant", "other"),)
        await stub.AppendMessages(_request(), metadata=other)
        assert servicer.written == 2


async def test_calls_without_an_id_cost_the_store_nothing() -> None:
    """They do not even need it."""
    async with serve("redis://127.0.0.1:1") as (servicer, stub):
        await stub.AppendMessages(_request(request_id=""))
        await stub.AppendMessages(_request(request_id=""))
        assert servicer.written == 2
        with refused() as refusal:
            await stub.AppendMessages(_request())
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.UNAVAILABLE,
            "STORE_UNAVAILABLE",
        )


def _with_data(key: str) -> pb.SetWorkingMemoryRequest:
    request = pb.SetWorkingMemoryRequest(
        request_id="r1", working_memory=WorkingMemory(session_id="s")
    )
    request.working_memory.data.fields[key].string_value = key
    return request


async def test_an_answer_that_comes_after_an_erasure_is_not_remembered(
    redis: Redis, redis_url: str
) -> None:
    """A call is under way while its user is erased; others' answers are remembered."""
    gate = Gate()

    async def behave(request: pb.AppendMessagesRequest, _: object) -> None:
        replay_cache.mark_subjects(request.user_id)
        await gate()

    async with serve(redis_url, behave) as (_, stub):
        calls = []
        for user in ("alice", "bob"):
            request = _request(request_id=f"of-{user}")
            request.user_id = user
            calls.append(asyncio.ensure_future(stub.AppendMessages(request)))
        await eventually(lambda: gate.begun == 2)
        await replay_cache.erase_answers(redis, "default", ["alice"])
        gate.open.set()
        await asyncio.gather(*calls)
        (left,) = await redis.keys("am:id:call:*")
        assert await redis.smembers("am:id:of:default:bob") == {left}
        assert await residue(redis, "alice") == []
