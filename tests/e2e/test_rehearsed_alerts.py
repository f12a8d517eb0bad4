"""Each alert, rehearsed: a running stack is broken until the alert fires, and mended until it ends.

The clock of the watch runs by scrapes, so that an hour of an alert's window passes within seconds.
"""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import SubmitMessagesRequest
from agent_memory.working_memory.v1 import service_pb2 as pb
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.demo.scripted_model import agree
from agent_memory_services.embedded.child import Child
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.auth.api_keys.keyring import Keyring
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.redis.client import connect
from tests.e2e.test_monitoring import RULES
from tests.support.openai_server import Garbage, Hang, Refuse, ScriptedModel
from tests.support.prometheus.rules import Watchman
from tests.support.prometheus.watched_stack import WatchedStack

pytestmark = [
    pytest.mark.alerts,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1800),
]

PEPPER = b"0123456789abcdef0123456789abcdef"
# What takes seconds happens at every eighth scrape, of which the shortest window has twenty.
SCRAPES_PER_EVENT = 8
CALLS_PER_SCRAPE = 60
SETTINGS = {
    "AGENT_MEMORY_AUTH": "api-key",
    "AGENT_MEMORY_REDIS_TIMEOUT_SECONDS": "2.5",
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0",
    "AGENT_MEMORY_EXTRACTION_CONCURRENCY": "1",
    "AGENT_MEMORY_EXTRACTION_RUN_SECONDS": "2",
    "AGENT_MEMORY_EXTRACTION_RETRY_FIRST_SECONDS": "0.1",
    "AGENT_MEMORY_EXTRACTION_RETRY_LONGEST_SECONDS": "0.2",
    "AGENT_MEMORY_EXTRACTION_MAX_STRIKES": "1",
    "AGENT_MEMORY_EXTRACTION_STRIKE_SECONDS": "0",
    "AGENT_MEMORY_WORKING_MEMORY_RELAY_MAX_RETRY_SECONDS": "1",
}

Event = Callable[[], Awaitable[object]]


@dataclass
class Drill:
    """A stack, its store and its model, and who watches them."""

    stack: Stack
    store: EmbeddedStore
    redis: Redis
    model: ScriptedModel
    working: Any
    key: str
    sessions: int = 0

    async def append(self, *, key: str = "") -> None:
        """Say something in a new session; whatever becomes of the call."""
        self.sessions += 1
        request = pb.AppendMessagesRequest(
            session_id=f"s{self.sessions}",
            user_id="ana",
            messages=[Message(role="user", content="I moved to Lisbon.")],
        )
        await self._call(self.working.AppendMessages(request, **self._given(key), timeout=20))

    async def read(self) -> None:
        """Read a session, which may be one that is not there."""
        request = pb.GetWorkingMemoryRequest(session_id="s1", user_id="ana")
        await self._call(self.working.GetWorkingMemory(request, **self._given(), timeout=20))

    async def many(self, **given: str) -> None:
        """Append again and again, a few at a time."""
        for _ in range(CALLS_PER_SCRAPE // 10):
            await asyncio.gather(*(self.append(**given) for _ in range(10)))

    def _given(self, key: str = "") -> dict[str, Any]:
        return {"metadata": [("authorization", f"Bearer {key or self.key}")]}

    async def _call(self, call: Awaitable[object]) -> None:
        with suppress(grpc.aio.AioRpcError):
            await call


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def drill(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    """A stack with a model, that asks for keys."""
    folder: Path = tmp_path_factory.mktemp("drill")
    async with AsyncExitStack() as running:
        store = await running.enter_async_context(EmbeddedStore(folder / "store", fsync="no"))
        redis = await running.enter_async_context(connect(store.url))
        model = await running.enter_async_context(ScriptedModel())
        (folder / "pepper").write_bytes(PEPPER)
        keyring = Keyring(ApiKeyStore(redis))
        _, own = await keyring.create(PEPPER, role=Role.SERVICE, tenant="")
        (folder / "credential").write_text(own.text)
        _, key = await keyring.create(PEPPER, role=Role.WRITER, tenant="default")
        told = {
            "AGENT_MEMORY_API_KEY_PEPPER_FILE": str(folder / "pepper"),
            "AGENT_MEMORY_SERVICE_CREDENTIAL_FILE": str(folder / "credential"),
            "AGENT_MEMORY_EXTRACTION_OPENAI_BASE_URL": model.base_url,
        }
        options = StackOptions(
            state_dir=folder / "stack",
            gateway=False,
            redis_url=store.url,
            environment=SETTINGS | told,
        )
        stack = await running.enter_async_context(Stack(options))
        channel = grpc.aio.insecure_channel(str(stack.services["working_memory"]))
        working = WorkingMemoryServiceStub(await running.enter_async_context(channel))
        drill = Drill(stack, store, redis, model, working, key.text)
        await drill.append()
        yield drill


class Watch:
    """Scrapes from now on, and the alerts that somebody waits for."""

    def __init__(self, drill: Drill, alerts: Collection[str]) -> None:
        self._watched = WatchedStack(drill.stack)
        rules = [rule for rule in RULES if rule.name in alerts]
        self._watchman = Watchman(rules, self._watched.scrapes)

    async def until(self, holds: Callable[[set[str]], bool], event: Event) -> None:
        """Let something happen before each scrape, until it holds for what fires."""
        async with asyncio.timeout(800):
            await self._watched.scrape()
            while not holds(self._watchman.firing(self._watched.now)):
                await event()
                await self._watched.scrape()


def now_and_then(event: Event) -> Event:
    """What happens at the first of some scrapes alone."""
    numbers = itertools.count()

    async def maybe() -> None:
        if next(numbers) % SCRAPES_PER_EVENT == 0:
            await event()

    return maybe


def halt(child: Child) -> None:
    """Let a process stand still."""
    os.kill(child.pid, signal.SIGSTOP)


def resume(child: Child) -> None:
    """Let a process go on."""
    os.kill(child.pid, signal.SIGCONT)


@asynccontextmanager
async def store_away(drill: Drill) -> AsyncIterator[Event]:
    """The store answers nothing."""
    halt(drill.store.child)
    try:
        yield now_and_then(drill.read)
    finally:
        resume(drill.store.child)


@asynccontextmanager
async def store_full(drill: Drill) -> AsyncIterator[Event]:
    """The store has no room left."""
    await drill.redis.config_set("maxmemory", "1mb")
    try:
        yield drill.many
    finally:
        await drill.redis.config_set("maxmemory", "0")


@asynccontextmanager
async def slow_store(drill: Drill) -> AsyncIterator[Event]:
    """The store takes its time."""

    async def read_slowly() -> None:
        await drill.redis.client_pause(1500)
        await drill.read()

    yield now_and_then(read_slowly)


@asynccontextmanager
async def wrong_key(drill: Drill) -> AsyncIterator[Event]:
    """Somebody tries keys."""
    yield lambda: drill.many(key=f"am_{'a' * 16}_{'b' * 52}")


@asynccontextmanager
async def extraction_down(drill: Drill) -> AsyncIterator[Event]:
    """Extraction has ended, and an entry of the outbox has waited for minutes."""
    await drill.stack.processes["extraction"].stop()
    await drill.append()
    async for outbox in drill.redis.scan_iter(match="am:wm:*:outbox"):
        entries: Any = await drill.redis.xrange(outbox)
        await drill.redis.delete(outbox)
        for _, fields in entries:
            long_ago = int(time.time() * 1000) - 300_000
            await drill.redis.xadd(outbox, fields, id=f"{long_ago}-*")
    try:
        yield now_and_then(lambda: asyncio.sleep(1))
    finally:
        await drill.stack.processes["extraction"].start()


@asynccontextmanager
async def unreadable_entry(drill: Drill) -> AsyncIterator[Event]:
    """The outbox gets requests of no session; one before the first scrape would be no increase."""
    request = SubmitMessagesRequest(messages=[Message(role="user", content="?")])
    fields: Any = {"tenant": "default", "request": request.SerializeToString()}
    yield now_and_then(lambda: drill.redis.xadd("am:wm:{p00}:outbox", fields))


@asynccontextmanager
async def slow_model(drill: Drill) -> AsyncIterator[Event]:
    """The model answers nobody, and those who wait for it have waited for minutes."""
    drill.model.rule = lambda _: Hang()
    for _ in range(6):
        await drill.append()

    async def age() -> None:
        await asyncio.sleep(0.5)
        long_ago = time.time_ns() // 1000 - 400_000_000
        async for key in drill.redis.scan_iter(match="am:ex:*:waiting"):
            jobs: Any = await drill.redis.zrange(key, 0, -1)
            for job in jobs:
                await drill.redis.zadd(key, {job: long_ago}, xx=True)

    try:
        yield now_and_then(age)
    finally:
        drill.model.rule = agree


@asynccontextmanager
async def failing_model(drill: Drill) -> AsyncIterator[Event]:
    """The model's provider fails."""
    drill.model.rule = lambda _: Refuse(500)
    try:
        yield now_and_then(drill.append)
    finally:
        drill.model.rule = agree


@asynccontextmanager
async def babbling_model(drill: Drill) -> AsyncIterator[Event]:
    """The model's answers make no sense."""
    drill.model.rule = lambda _: Garbage()
    try:
        yield now_and_then(drill.append)
    finally:
        drill.model.rule = agree


@asynccontextmanager
async def busy_process(drill: Drill) -> AsyncIterator[Event]:
    """A process gets no processor for seconds."""
    child = drill.stack.processes["working_memory"].child

    async def stand_still() -> None:
        halt(child)
        await asyncio.sleep(1.7)
        resume(child)
        # The next look at the clock comes within a second.
        await asyncio.sleep(1)

    yield now_and_then(stand_still)


Fault = Callable[[Drill], AbstractAsyncContextManager[Event]]
DRILLS: list[tuple[Fault, Collection[str]]] = [
    (store_away, {"AgentMemoryErrors", "AgentMemoryStoreFaults"}),
    (store_full, {"AgentMemoryShedding", "AgentMemoryStoreFaults"}),
    (slow_store, {"AgentMemorySlowReads"}),
    (wrong_key, {"AgentMemoryCredentialsRefused"}),
    (
        extraction_down,
        {"AgentMemoryProcessDown", "AgentMemoryBacklogStalled", "AgentMemoryBacklogOld"},
    ),
    (unreadable_entry, {"AgentMemoryEntriesBuried"}),
    (slow_model, {"AgentMemoryExtractionBehind"}),
    (failing_model, {"AgentMemoryModelFailing"}),
    (babbling_model, {"AgentMemoryJobsGivenUp"}),
    (busy_process, {"AgentMemoryEventLoopBlocked"}),
]


@pytest.mark.parametrize(("fault", "alerts"), DRILLS, ids=lambda one: getattr(one, "__name__", ""))
async def test_an_alert_fires_while_something_is_wrong(
    drill: Drill, fault: Fault, alerts: Collection[str]
) -> None:
    """And ends when it is mended and its window has passed."""
    expected, watch = set(alerts), Watch(drill, alerts)
    async with fault(drill) as event:
        await watch.until(expected.issubset, event)
    await watch.until(expected.isdisjoint, now_and_then(drill.read))


async def test_every_alert_is_rehearsed() -> None:
    """No rule is without a fault that makes it fire."""
    assert set().union(*(alerts for _, alerts in DRILLS)) == {rule.name for rule in RULES}
