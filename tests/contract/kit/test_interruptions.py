"""Calls that are cancelled at each of their awaits."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from redis.asyncio import Redis

from agent_memory.common.v1 import message_pb2
from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, Provenance
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1 import service_pb2 as extracting
from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    DEDUPLICATION_POLICY_CONSOLIDATE,
    ForgetPolicy,
)
from agent_memory.working_memory.v1 import service_pb2 as working
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.extraction.work.worker import Worker
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.server.interceptor import CallAdapter
from agent_memory_services.kit.server.steps import order
from agent_memory_services.kit.server.steps.idempotency import Idempotency
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings
from tests.support.any_call import call
from tests.support.contracts import POLICIES
from tests.support.interruption import Interruption, Moment
from tests.support.servers import serving
from tests.support.stores import emptied
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

METHODS: dict[type[Message], MethodPolicy] = {policy.request_type: policy for policy in POLICIES}
TENANT = "x-agent-memory-tenant"
# Every one of the first awaits, then some of the others: loops repeat themselves.
EVERY, THEN_EACH = 6, 5


# What an interrupted call is answered, and one that comes while its claim is still held.
_LATER = frozenset({grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE})


def policy_of(request: Message) -> MethodPolicy:
    """The method that takes a request."""
    return METHODS[type(request)]


@dataclass
class World:
    """The services, and who is to be interrupted where."""

    channels: dict[str, grpc.aio.Channel]
    plans: dict[tuple[str, str], Interruption] = field(default_factory=dict)

    async def call(self, tenant: str, request: Message) -> Message:
        """Call the method of a request."""
        policy = policy_of(request)
        (answer,) = await call(
            self.channels[policy.service], policy, request, [(TENANT, tenant)], timeout=120
        )
        return answer

    async def attempt(self, tenant: str, request: Message) -> grpc.StatusCode | None:
        """Call it, and tell how it failed if it did."""
        try:
            await self.call(tenant, request)
        except grpc.aio.AioRpcError as error:
            if error.code() not in _LATER:
                raise
            return error.code()
        return None

    async def seen(self, tenant: str, views: Sequence[Message]) -> list[str]:
        """What a tenant sees, without times and names that the services give."""
        return [_told(await self._read(tenant, view)) for view in views]

    async def insist(self, tenant: str, request: Message) -> None:
        """Call again until it is done, as any caller would."""
        async with asyncio.timeout(120):
            while True:
                if await self.attempt(tenant, request) is None:
                    return
                await asyncio.sleep(0.05)

    async def _read(self, tenant: str, view: Message) -> Message | None:
        try:
            return await self.call(tenant, view)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return None


# What the services give, and so is another each time.
_GIVEN = frozenset(
    {"id", "uid", "session_uid", "etag", "revision_id", "embedding_model", "remaining_ttl"}
    | {"create_time", "update_time", "expire_time", "last_access_time", "change_time"}
    | {"event_time", "valid_from", "invalid_from", "archive_time", "due_time", "start_time"}
)


def _told(message: Message | None) -> str:
    if message is None:
        return "nothing"
    _scrub(message)
    return str(message)


def _scrub(message: Message) -> None:
    for field_, value in message.ListFields():
        if field_.name in _GIVEN:
            message.ClearField(field_.name)
        elif field_.message_type is not None and not field_.message_type.GetOptions().map_entry:
            for child in value if field_.is_repeated else [value]:
                _scrub(child)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(redis_url: str) -> AsyncIterator[World]:
    """Working memory and long-term memory, with whom what is interrupted is soon forgotten."""

    class Short(Idempotency):
        def __init__(self, policies: list[MethodPolicy], store: Redis) -> None:
            super().__init__(policies, store, lease_seconds=0.2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "Idempotency", Short)
        # What is submitted waits, so that nothing changes by itself.
        patch.setattr(Worker, "running", lambda _: nullcontext())
        async with _served(redis_url) as channels:
            world = World(channels)
            _interrupt(world, patch)
            yield world


@asynccontextmanager
async def _served(redis_url: str) -> AsyncIterator[dict[str, grpc.aio.Channel]]:
    """Channels to the services, by their names."""
    common: dict[str, Any] = {"redis_url": redis_url, "metrics_listen": "", "access_log": False}
    async with (
        emptied(redis_url),
        serving(
            extraction.lifespan,
            ExtractionSettings(**common, partitions=2, extractor="local"),
        ) as queueing,
        serving(long_term_memory.lifespan, LongTermMemorySettings(**common)) as remembering,
        serving(
            working_memory.lifespan,
            WorkingMemorySettings(
                **common, partitions=2, extraction_address=queueing.address, relay_poll_seconds=5
            ),
        ) as talking,
    ):
        yield {
            METHODS[long_term.GetMemoryRequest].service: remembering.channel,
            METHODS[extracting.GetJobRequest].service: queueing.channel,
            METHODS[working.GetWorkingMemoryRequest].service: talking.channel,
        }


def _interrupt(world: World, patch: pytest.MonkeyPatch) -> None:
    run = CallAdapter._run

    async def interrupted(self: CallAdapter, context: Any, body: Any) -> Any:
        tenant = dict(context.invocation_metadata()).get(TENANT, "")
        plan = world.plans.pop((tenant, self._policy.method), None)
        if plan is None:
            return await run(self, context, body)
        try:
            return await plan.around(run(self, context, body))
        except asyncio.CancelledError:
            # Otherwise nobody would answer: a call is cancelled when its caller is gone.
            await context.abort(grpc.StatusCode.CANCELLED)

    patch.setattr(CallAdapter, "_run", interrupted)


SAID = [message_pb2.Message(id="m1", role="user", content="I moved to Lisbon.")]
SESSION = working.SetWorkingMemoryRequest(
    working_memory=WorkingMemory(
        session_id="s", messages=[message_pb2.Message(id="m0", role="user", content="Hi.")]
    )
)
SESSION_VIEWS = (
    working.GetWorkingMemoryRequest(session_id="s"),
    working.ListMessagesRequest(session_id="s"),
    working.ListSessionsRequest(),
)
MEMORIES = long_term.CreateMemoriesRequest(
    memories=[Memory(id="a", text="Likes tea."), Memory(id="b", text="Lives in Lisbon.")]
)
MEMORY_VIEWS = (
    long_term.ListMemoriesRequest(include_hidden=True),
    long_term.CountMemoriesRequest(),
    long_term.ListMemoryRevisionsRequest(memory_id="a"),
)
LEARNED = long_term.CreateMemoriesRequest(
    memories=[
        Memory(
            id=name,
            text=text,
            user_id="alice",
            session_id=name,
            provenance=Provenance(session_uid=f"uid-{name}", message_ids=["m"], extractor="local"),
        )
        for name, text in {"b": "I work at Acme", "a": "I joined Globex"}.items()
    ],
    deduplication=DEDUPLICATION_POLICY_CONSOLIDATE,
)
SUBMISSION = extracting.SubmitMessagesRequest(
    session=SessionRef(session_id="s"),
    session_uid="u",
    messages=[message_pb2.Message(id="m1", role="user", content="I moved to Lisbon.", sequence=1)],
)
VIEW = extracting.CreateSummaryViewRequest(summary_view=SummaryView(id="v", name="All of it"))
JOB_VIEWS = (extracting.ListJobsRequest(), extracting.ListSummaryViewsRequest())
CASES: dict[str, tuple[Sequence[Message], Message, Sequence[Message]]] = {
    "create a session": ((), SESSION, SESSION_VIEWS),
    "append": (
        (SESSION,),
        working.AppendMessagesRequest(session_id="s", messages=SAID),
        SESSION_VIEWS,
    ),
    "add memories": (
        (SESSION,),
        working.AddMemoriesRequest(session_id="s", memories=[Memory(id="n", text="Likes tea.")]),
        SESSION_VIEWS,
    ),
    "delete a session": (
        (SESSION,),
        working.DeleteWorkingMemoryRequest(session_id="s"),
        SESSION_VIEWS,
    ),
    "update a session": (
        (SESSION,),
        working.UpdateWorkingMemoryRequest(
            working_memory=WorkingMemory(
                session_id="s", data=ParseDict({"seat": "window"}, Struct())
            )
        ),
        SESSION_VIEWS,
    ),
    "submit messages": ((), SUBMISSION, JOB_VIEWS),
    "give up what waits of a session": (
        (SUBMISSION,),
        extracting.ForgetSessionRequest(session=SessionRef(session_id="s"), session_uids=["u"]),
        JOB_VIEWS,
    ),
    "create a view": ((), VIEW, JOB_VIEWS),
    "create a view without an id": (
        (),
        extracting.CreateSummaryViewRequest(summary_view=SummaryView(name="All of it")),
        JOB_VIEWS,
    ),
    "update a view": (
        (VIEW,),
        extracting.UpdateSummaryViewRequest(summary_view=SummaryView(id="v", name="Some of it")),
        JOB_VIEWS,
    ),
    "delete a view": (
        (VIEW,),
        extracting.DeleteSummaryViewRequest(view_id="v"),
        JOB_VIEWS,
    ),
    "create memories": ((), MEMORIES, MEMORY_VIEWS),
    "forget what a session taught": (
        (LEARNED,),
        long_term.ForgetSessionRequest(
            session=SessionRef(session_id="a"), user_id="alice", session_uids=["uid-a"]
        ),
        MEMORY_VIEWS,
    ),
    "update a memory": (
        (MEMORIES,),
        long_term.UpdateMemoryRequest(
            memory=Memory(id="a", text="Likes coffee."), update_mask=FieldMask(paths=["text"])
        ),
        MEMORY_VIEWS,
    ),
    "forget memories": (
        (MEMORIES,),
        long_term.ForgetMemoriesRequest(policy=ForgetPolicy(keep_per_owner=0), execute=True),
        MEMORY_VIEWS,
    ),
    "delete memories": (
        (MEMORIES,),
        long_term.DeleteMemoriesRequest(memory_ids=["a", "b"]),
        MEMORY_VIEWS,
    ),
    "delete memories of a filter": (
        (MEMORIES,),
        long_term.DeleteMemoriesByFilterRequest(
            filter=MemoryFilter(id=TagFilter(any=["a", "b"])), execute=True
        ),
        MEMORY_VIEWS,
    ),
    "change memories of a filter": (
        (MEMORIES,),
        long_term.UpdateMemoriesByFilterRequest(
            filter=MemoryFilter(id=TagFilter(any=["a", "b"])),
            memory=Memory(pinned=True),
            execute=True,
        ),
        MEMORY_VIEWS,
    ),
}
# The past goes after the memory; the repeated call finishes what is left of it.
IN_STEPS = frozenset({"forget what a session taught"})


@pytest.mark.parametrize("name", CASES)
async def test_an_interrupted_call_has_all_of_its_effect_or_none(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Repeated under its request id it has all of it, once; and no task is left behind."""
    prepared, request, views = CASES[name]
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        request.request_id = "r1"  # type: ignore[attr-defined] # as was looked up

    async def tenant() -> str:
        fresh = f"tenant-{new_id()}"
        for each in prepared:
            await world.call(fresh, each)
        return fresh

    reference = await tenant()
    before = await world.seen(reference, views)
    await world.call(reference, request)
    after = await world.seen(reference, views)
    assert before != after
    tasks = len(asyncio.all_tasks())
    interrupted = 0
    for moment in Moment:
        at, done = 0, True
        while done:
            who = await tenant()
            plan = world.plans[who, policy_of(request).method] = Interruption(at, moment)
            await world.attempt(who, request)
            now = await world.seen(who, views)
            assert now in (before, after) or name in IN_STEPS, (moment, at, now)
            await world.insist(who, request)
            assert await world.seen(who, views) == after, (moment, at)
            done, at = plan.done, at + (1 if at < EVERY else THEN_EACH)
            interrupted += done
    assert interrupted >= len(Moment)
    with capsys.disabled():
        print(f"\n{name}: interrupted {interrupted} times")  # noqa: T201
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks + 1, within=120)
