"""Calls from one service to another."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.kit.client.channels import (
    acting_for,
    call_metadata,
    open_channel,
    repeatable,
)
from agent_memory_services.kit.contract import context as deadline
from agent_memory_services.kit.contract import context as principal
from agent_memory_services.kit.contract import context as request_id
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.refusals import refused
from tests.contract.kit.working_memory import FULL_NAME, Told, lifespan_of
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.waiting import eventually

READ = pb.GetWorkingMemoryRequest(session_id="s")
APPEND = pb.AppendMessagesRequest(session_id="s", messages=[Message(role="user", content="Hi.")])
WATCH = pb.WatchWorkingMemoryRequest(session_id="s")


@asynccontextmanager
async def connected(behave: Callable[..., Any], **settings: Any) -> AsyncIterator[Any]:
    """A stub, over a channel as services open it, of a service that does as `behave`.

    Its calls are coroutines and generators, unlike those of the library.
    """
    async with (
        serving(lifespan_of(Told(behave)), configured(ProcessSettings, **settings)) as served,
        open_channel(served.address) as channel,
    ):
        yield WorkingMemoryServiceStub(channel)


class Notes:
    """A behaviour that notes what each call brought."""

    def __init__(self) -> None:
        self.left: list[float | None] = []
        self.tenants: list[str] = []
        self.request_ids: list[str | None] = []

    async def __call__(self, _: object, context: Any) -> None:
        self.left.append(context.time_remaining())
        self.tenants.append(principal.current_principal().tenant)
        self.request_ids.append(request_id.request_id_var.get())


async def test_no_call_leaves_without_a_deadline() -> None:
    """The method's own by default; less where the caller says so; never more than is left."""
    notes = Notes()
    async with connected(notes) as stub:
        with acting_for("acme"):
            # The first call, which connects, tells nothing.
            await stub.GetWorkingMemory(READ, timeout=60)
            await stub.GetWorkingMemory(READ)
            await stub.GetWorkingMemory(READ, timeout=3)
            deadline.due_at_var.set(time.monotonic() + 2)
            await stub.GetWorkingMemory(READ)
            await stub.GetWorkingMemory(READ, timeout=3)
    _, own, given, left, less = notes.left
    assert own is not None
    assert 3.1 < own < 5.1
    assert given is not None
    assert 2 < given < 3.1
    for limited in (left, less):
        assert limited is not None
        assert limited < 2, "a margin is kept for the answer"


async def test_a_call_without_time_is_not_made() -> None:
    """It could only fail later."""
    notes = Notes()
    async with connected(notes) as stub:
        with acting_for("acme"):
            deadline.due_at_var.set(time.monotonic())
            with pytest.raises(errors.DeadlineExceeded):
                await stub.GetWorkingMemory(READ)
    assert notes.left == []


async def test_tenant_and_request_id_travel_along() -> None:
    """Through a service in the middle too, which passes on what it was called with."""
    notes = Notes()
    async with connected(notes) as far:

        async def pass_on(*_: object) -> None:
            await far.GetWorkingMemory(READ)

        async with connected(pass_on) as near:
            with acting_for("acme"):
                sent = request_id.request_id_var.get()
                await near.GetWorkingMemory(READ)
    assert notes.tenants == ["acme"]
    assert sent
    assert notes.request_ids == [sent]
    assert notes.left[0] is not None
    assert notes.left[0] < 4.96, "the hop in the middle keeps a margin of its own"


async def test_nobody_in_particular_calls_nobody() -> None:
    """Work outside of any call has to say whom it acts for."""
    with pytest.raises(LookupError):
        call_metadata()
    with acting_for("acme"):
        assert ("x-agent-memory-tenant", "acme") in call_metadata()
    with pytest.raises(LookupError):
        call_metadata()


async def test_a_refusal_keeps_its_class() -> None:
    """Callers catch what happened, not codes."""

    async def refuse(*_: object) -> None:
        raise errors.SessionNotFound("s")

    async with connected(refuse) as stub:
        with acting_for("acme"):
            with pytest.raises(errors.SessionNotFound) as raised:
                await stub.GetWorkingMemory(READ)
            assert raised.value.metadata == {"session_id": "s"}
            responses = stub.WatchWorkingMemory(WATCH)
            assert (await anext(responses)).resume_token == "t1"
            with pytest.raises(errors.SessionNotFound):
                await anext(responses)


async def test_a_refusal_from_further_away_reaches_the_caller() -> None:
    """The service in the middle need not translate it."""

    async def refuse(*_: object) -> None:
        raise errors.EtagMismatch("e9")

    async with connected(refuse) as far:

        async def pass_on(*_: object) -> None:
            await far.GetWorkingMemory(READ)

        async with serving(lifespan_of(Told(pass_on)), ProcessSettings()) as served:
            with refused() as refusal:
                await WorkingMemoryServiceStub(served.channel).GetWorkingMemory(READ)
    assert (refusal.reason, refusal.metadata) == ("ETAG_MISMATCH", {"current_etag": "e9"})


async def test_a_service_that_is_away_is_named() -> None:
    """By its contract's name, not by its address."""
    async with open_channel(f"127.0.0.1:{free_port('127.0.0.1')}") as channel:
        stub = WorkingMemoryServiceStub(channel)
        with acting_for("acme"), pytest.raises(errors.DependencyUnavailable) as raised:
            await stub.GetWorkingMemory(READ, timeout=5)
    assert raised.value.metadata == {"service": FULL_NAME}
    assert "127.0.0.1" not in raised.value.message


async def test_a_slow_service_is_told_apart_from_our_own_end() -> None:
    """Its late answer is its fault as long as we have time."""

    async def endless(*_: object) -> None:
        await asyncio.Event().wait()

    async with connected(endless) as stub:
        with acting_for("acme"):
            with pytest.raises(errors.DependencyUnavailable):
                await stub.GetWorkingMemory(READ, timeout=0.1)
            deadline.due_at_var.set(time.monotonic() + 0.15)
            with pytest.raises(errors.DeadlineExceeded):
                await stub.GetWorkingMemory(READ)


async def test_a_call_that_may_be_repeated_is() -> None:
    """The library tries again where nothing was done."""
    tries = 0

    async def fail_twice(*_: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise errors.StoreUnavailable

    async with connected(fail_twice) as stub:
        with acting_for("acme"):
            await stub.GetWorkingMemory(READ)
    assert tries == 3


@pytest.mark.usefixtures("redis")
async def test_a_change_has_a_name_unless_its_request_names_all_it_makes(redis_url: str) -> None:
    """A name costs a memory of the answer, which only a second attempt could ask for."""
    named: list[bool] = []

    async def note(_: object, context: Any) -> None:
        named.append(deadline.CALL_HEADER in dict(context.invocation_metadata()))

    async with connected(note, redis_url=redis_url) as stub:
        with acting_for("acme"):
            await stub.AppendMessages(APPEND)
            with repeatable():
                await stub.AppendMessages(APPEND)
            await stub.AppendMessages(APPEND)
    assert named == [True, False, True]


async def test_a_cancelled_caller_cancels_what_it_called() -> None:
    """Nothing goes on that nobody waits for."""
    begun, cancelled = 0, 0

    async def endless(*_: object) -> None:
        nonlocal begun, cancelled
        begun += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise

    async with connected(endless) as stub:
        with acting_for("acme"):
            single = asyncio.create_task(stub.GetWorkingMemory(READ))
            await eventually(lambda: begun == 1)
            single.cancel()
            await eventually(lambda: cancelled == 1)
            responses = stub.WatchWorkingMemory(WATCH)
            await anext(responses)
            await eventually(lambda: begun == 2)
            await responses.aclose()
            await eventually(lambda: cancelled == 2)


async def test_a_channel_can_wait_for_its_service() -> None:
    """Services may start in any order."""
    address = f"localhost:{free_port('127.0.0.1')}"
    settings = ProcessSettings(listen=address, lame_duck_seconds=0, metrics_listen="")
    async with open_channel(address, wait_for_ready=True) as channel:
        # Its calls are coroutines, unlike the library's.
        stub: Any = WorkingMemoryServiceStub(channel)
        with acting_for("acme"):
            call = asyncio.create_task(stub.GetWorkingMemory(READ))
            await asyncio.sleep(0.05)
            assert not call.done()
            async with server.start(settings, lifespan_of(Told())):
                assert await call is not None
