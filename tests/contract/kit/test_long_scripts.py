"""A store that one script keeps from serving anybody."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status
from redis.asyncio import Redis

from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.store_errors import StoreAwayError, StoreBusyError
from agent_memory_services.kit.redis.client import connect
from tests.support.any_call import attempt
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.raw import raw

READING = "while true do end"
WRITING = "redis.call('SET', KEYS[1], 1) while true do end"
Asking = Callable[[Redis], Awaitable[None]]
# They compute, and ask the store for nothing.
STORELESS = {"ExtractMemories", "Summarize"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    """A store that says early that it is busy."""
    async with EmbeddedStore(tmp_path / "store", fsync="no") as store, connect(store.url) as client:
        await client.config_set("busy-reply-threshold", 20)
        yield store
        # It does not listen while a script runs.
        await store.child.kill()


async def test_whoever_sees_that_the_store_is_busy_ends_the_script(store: EmbeddedStore) -> None:
    """Alone, in a pipeline, and with errors among the answers; the script's caller is told."""
    for ask in (_alone, _together, _each):
        async with connect(store.url) as runner, connect(store.url) as client:
            endless: asyncio.Future[Any] = asyncio.ensure_future(runner.eval(READING, 0))
            await _until_busy(ask, client)
            with pytest.raises(StoreAwayError):
                await endless
            assert await client.ping()


async def test_every_method_says_that_the_store_is_away_and_when_to_come_back(
    store: EmbeddedStore, tmp_path: Path
) -> None:
    """No incident, whatever the method was doing; nothing ends a script that has written."""
    async with connect(store.url) as redis, guarded_suite(tmp_path, redis, store.url) as suite:
        admin = bearer(await suite.callers.key(Role.ADMIN))
        endless: asyncio.Future[Any] = asyncio.ensure_future(redis.eval(WRITING, 1, "written"))
        async with connect(store.url) as client:
            await _until_busy(_alone, client)
        answers = await asyncio.gather(*(_ask(suite, policy, admin) for policy in POLICIES))
        told = {policy.method: answer for policy, answer in zip(POLICIES, answers, strict=True)}
        endless.cancel()
        await store.child.kill()
    asked = told.keys() - STORELESS
    assert {method: told[method] for method in asked} == dict.fromkeys(
        asked, (grpc.StatusCode.UNAVAILABLE, True)
    )


async def test_the_services_go_on_by_themselves(store: EmbeddedStore, tmp_path: Path) -> None:
    """A script that only reads is ended by the first process that notices."""
    async with connect(store.url) as redis, guarded_suite(tmp_path, redis, store.url) as suite:
        admin = bearer(await suite.callers.key(Role.ADMIN))
        endless: asyncio.Future[Any] = asyncio.ensure_future(redis.eval(READING, 0))
        policy = next(policy for policy in POLICIES if policy.method == "ListSessions")
        codes: list[grpc.StatusCode] = []
        async with asyncio.timeout(20):
            while not endless.done():
                codes.append((await _ask(suite, policy, admin))[0])
        with pytest.raises(StoreAwayError):
            await endless
        codes.append((await _ask(suite, policy, admin))[0])
        assert codes[-1] is grpc.StatusCode.OK
        assert set(codes) <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}


async def _ask(
    suite: GuardedSuite, policy: MethodPolicy, metadata: Metadata
) -> tuple[grpc.StatusCode, bool]:
    """The code of an answer, and whether it says when to come back."""
    request = example(policy.request_type)
    _, error = await attempt(suite.channel(policy), policy, request, metadata)
    if error is None:
        return grpc.StatusCode.OK, False
    status = rpc_status.from_call(error)
    assert status is not None
    return error.code(), any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)


async def _until_busy(ask: Asking, client: Redis) -> None:
    """Ask until the store says that it is busy; before it does, it says nothing."""
    async with asyncio.timeout(20):
        while True:
            try:
                await ask(client)
            except StoreBusyError:
                return


async def _alone(client: Redis) -> None:
    await client.get("x")


async def _together(client: Redis) -> None:
    async with client.pipeline(transaction=False) as pipeline:
        await raw(pipeline).get("x").get("y").execute()


async def _each(client: Redis) -> None:
    async with client.pipeline(transaction=False) as pipeline:
        for answer in await raw(pipeline).get("x").execute(raise_on_error=False):
            if isinstance(answer, Exception):
                raise answer
