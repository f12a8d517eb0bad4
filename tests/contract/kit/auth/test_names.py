"""Every field of every request that names something, naming what is somebody else's.

Whoever does so reads nothing, changes nothing, bars nothing, takes nothing over and ends nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from redis.asyncio import Redis

from agent_memory.common.v1 import message_pb2
from agent_memory.common.v1.erase_pb2 import ErasedSession
from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory.extraction.v1 import service_pb2 as ex
from agent_memory.extraction.v1.extraction_pb2 import JobState, SummaryGroupField, SummaryView
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as lt
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import CreateOutcome
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_services.extraction.domain.memories import summary_id
from agent_memory_services.kit.contract.ids import derived_id
from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.contract.kit.refusals import refused
from tests.support.any_call import attempt
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES, descriptor_of, service_of
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.naming_fields import Thing, put, text_fields, thing_named
from tests.support.stubs import ExtractionStub, LongTermMemoryStub, WorkingMemoryStub

SECRET = "canary7f3a"
SESSION: dict[str, Any] = {"namespace": "vault", "session_id": "alices-session"}
CALL, NEXT_CALL = "alices-call", "alices-next-call"
WATCHES = ("WatchJobs", "WatchMemories", "WatchWorkingMemory")
STRANGERS: Mapping[str, Mapping[str, Any]] = {
    "another user's": {"users": ["bob"]},
    "anybody's, in another user's name": {},
    "another tenant's": {"tenant": "other"},
}
"""Administrators. All of them, and Alice, come through one application, so one subject calls."""


@dataclass
class World:
    """The suite, Alice, and what she has."""

    suite: GuardedSuite
    alice: Metadata
    things: Mapping[Thing, str]
    answers: tuple[Message, Message]

    def caller(self, **claims: Any) -> Metadata:
        """Somebody who comes through the application."""
        return bearer(self.suite.issuer.token(**{"sub": "app", "role": "admin", **claims}))

    @property
    def working(self) -> WorkingMemoryStub:
        """Working memory."""
        return WorkingMemoryServiceStub(self._channel("working_memory"))

    @property
    def remembering(self) -> LongTermMemoryStub:
        """Long-term memory."""
        return LongTermMemoryServiceStub(self._channel("long_term_memory"))

    @property
    def extracting(self) -> ExtractionStub:
        """Extraction."""
        return ExtractionServiceStub(self._channel("extraction"))

    def _channel(self, module: str) -> grpc.aio.Channel:
        return self.suite.served[service_of(module).full_name].channel

    async def state(self) -> list[Message]:
        """Everything of Alice's that somebody could have changed."""
        view = ex.ListSummaryViewPartitionsRequest(view_id=self.things[Thing.VIEW])
        session = wm.GetWorkingMemoryRequest(**SESSION)
        alice: dict[str, Any] = {"metadata": self.alice}
        return [
            await self.working.GetWorkingMemory(session, **alice),
            await self.working.ListMessages(wm.ListMessagesRequest(**SESSION), **alice),
            await self.working.ListSessions(wm.ListSessionsRequest(), **alice),
            await self.memories(self.alice),
            await self.extracting.ListJobs(ex.ListJobsRequest(page_size=100), **alice),
            await self.extracting.ListSummaryViews(ex.ListSummaryViewsRequest(), **alice),
            await self.extracting.ListSummaryViewPartitions(view, **alice),
        ]

    async def memories(self, caller: Metadata) -> lt.ListMemoriesResponse:
        """Everything that is remembered for a caller."""
        request = lt.ListMemoriesRequest(page_size=1000, include_hidden=True)
        return await self.remembering.ListMemories(request, metadata=caller)

    async def say(self, text: str, call: str = "", message_id: str = "") -> Message:
        """Let Alice say something in her session."""
        said = message_pb2.Message(role="user", content=text, id=message_id)
        request = wm.AppendMessagesRequest(
            **SESSION, user_id="alice", messages=[said], request_id=call
        )
        return await self.working.AppendMessages(request, metadata=self.alice)

    async def remember(self, call: str) -> Message:
        """Let Alice place a memory without an id."""
        memory = Memory(text=f"{call}: the word is {SECRET}.", user_id="alice", **VAULT)
        request = lt.CreateMemoriesRequest(memories=[memory], request_id=call)
        return await self.remembering.CreateMemories(request, metadata=self.alice)

    async def extracted(self, sequence: int) -> str:
        """Wait as a client does; answers where a watcher would go on."""
        uid = self.things[Thing.INCARNATION]
        request = ex.WatchJobsRequest(**SESSION)
        async with asyncio.timeout(120):
            async for seen in self.extracting.WatchJobs(request, metadata=self.alice):
                progress = seen.progress
                if progress.session_uid == uid and progress.extracted_sequence >= sequence:
                    return seen.resume_token
        raise AssertionError("the stream ended")

    async def refresh(self) -> str:
        """Let Alice's view be written anew; answers the job once it is done."""
        run = ex.RunSummaryViewRequest(view_id=self.things[Thing.VIEW])
        job = (await self.extracting.RunSummaryView(run, metadata=self.alice)).job
        async with asyncio.timeout(120):
            while job.state != JobState.JOB_STATE_SUCCEEDED:
                await asyncio.sleep(0.02)
                request = ex.GetJobRequest(job_id=job.id)
                job = (await self.extracting.GetJob(request, metadata=self.alice)).job
        return job.id


VAULT = {"namespace": SESSION["namespace"]}


@pytest.fixture
async def world(tmp_path: Path, redis: Redis, redis_url: str) -> AsyncIterator[World]:
    """Alice has one of everything, and no job of hers is under way."""
    async with guarded_suite(tmp_path, redis, redis_url) as suite:
        empty = World(suite, (), {}, (wm.AppendMessagesResponse(), lt.CreateMemoriesResponse()))
        alice = empty.caller(role="writer", users=["alice"])
        yield await _filled(World(suite, alice, {}, empty.answers))


async def _filled(world: World) -> World:
    said = await world.say(f"My sister is called {SECRET}. I live in Lisbon.", CALL)
    placed = await world.remember(CALL)
    assert isinstance(said, wm.AppendMessagesResponse)
    assert isinstance(placed, lt.CreateMemoriesResponse)
    memory = placed.results[0].memory
    update = lt.UpdateMemoryRequest(memory=Memory(id=memory.id, topics=["words"]))
    updated = await world.remembering.UpdateMemory(update, metadata=world.alice)
    revisions = await world.remembering.ListMemoryRevisions(
        lt.ListMemoryRevisionsRequest(memory_id=memory.id), metadata=world.alice
    )
    view = ex.CreateSummaryViewRequest(
        summary_view=SummaryView(
            group_by=[SummaryGroupField.SUMMARY_GROUP_FIELD_USER_ID],
            filter=MemoryFilter(user_id=TagFilter(eq="alice")),
        )
    )
    created = await world.extracting.CreateSummaryView(view, metadata=world.alice)
    world.things = {
        Thing.CALL: NEXT_CALL,
        Thing.ETAG: updated.memory.etag,
        Thing.INCARNATION: said.session_uid,
        Thing.MEMORY: memory.id,
        Thing.MESSAGE: said.messages[0].id,
        Thing.NAMESPACE: SESSION["namespace"],
        Thing.REVISION: revisions.revisions[0].revision_id,
        Thing.SESSION: SESSION["session_id"],
        Thing.USER: "alice",
        Thing.VIEW: created.summary_view.id,
    }
    token = await world.extracted(1)
    world.things = {**world.things, Thing.JOB: await world.refresh(), Thing.TOKEN: token}
    world.answers = (said, placed)
    assert set(world.things) == set(Thing)
    return world


def _namings(policy: MethodPolicy, things: Mapping[Thing, str]) -> Iterator[Message]:
    """Requests in a stranger's own name in which one thing is Alice's, or all but her are."""
    named = [(path, thing_named(path)) for path in text_fields(descriptor_of(policy.request_type))]
    together = example(policy.request_type)
    for path, thing in named:
        if thing is None:
            continue
        for name in (things[thing], *([CALL] if thing is Thing.CALL else [])):
            request = example(policy.request_type)
            put(request, path, name)
            yield request
        if thing is not Thing.USER:
            put(together, path, things[thing])
    yield together
    if policy.method == "EraseUser":
        yield _erasing(policy, things[Thing.INCARNATION])


def _erasing(policy: MethodPolicy, uid: str) -> Message:
    """An erasure that says a session had begun before the stranger owned it."""
    sessions = [ErasedSession(session_uid=uid, owned_late=True)]
    request = example(policy.request_type)
    if "sessions" in request.DESCRIPTOR.fields_by_name:
        request.sessions.extend(sessions)  # type: ignore[attr-defined] # see the line before
    return request


def _says_whose(request: Message) -> bool:
    """Whether a request says in whose name it is made, and in another's than Alice's."""
    fields = [path for path in text_fields(descriptor_of(request)) if path[-1].name == "user_id"]
    own = [path for path in fields if all(step.name in AROUND for step in path[:-1])]
    return bool(own) and "alice" not in str(request)


AROUND = {"session", "working_memory"}


@pytest.mark.parametrize("kind", STRANGERS)
async def test_naming_what_is_anothers_does_nothing_to_it(world: World, kind: str) -> None:
    """Hers is as it was, her next calls work, and what she says next becomes memories."""
    stranger = world.caller(**STRANGERS[kind])
    before = await world.state()
    assert SECRET in str(before)
    for policy in POLICIES:
        for request in _namings(policy, world.things):
            if not STRANGERS[kind] and not _says_whose(request):
                continue
            responses, error = await attempt(
                world.suite.channel(policy),
                policy,
                request,
                stranger,
                timeout=0.2 if policy.method in WATCHES else 60,
            )
            told = f"{responses}{error!r}{error.trailing_metadata() if error else ''}"
            assert SECRET not in told, (policy.full_name, request)
            code = error.code() if error else grpc.StatusCode.OK
            assert code not in {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}, request
    assert await world.state() == before
    await _lives_on(world)
    strangers = world.caller(tenant=STRANGERS[kind].get("tenant", "acme"), users=["bob"])
    assert SECRET not in str(await world.memories(strangers))


async def _lives_on(world: World) -> None:
    """Expect Alice's calls to work: repeated ones, and new ones."""
    said = await world.say(f"My sister is called {SECRET}. I live in Lisbon.", CALL)
    assert (said, await world.remember(CALL)) == world.answers
    fresh = await world.say(f"My brother is called {SECRET} too.", NEXT_CALL)
    assert fresh.messages[0].sequence == 2  # type: ignore[attr-defined] # an AppendMessagesResponse
    placed = await world.remember(NEXT_CALL)
    outcomes = [result.outcome for result in placed.results]  # type: ignore[attr-defined] # likewise
    assert outcomes == [CreateOutcome.CREATE_OUTCOME_CREATED]
    await world.extracted(2)
    kept = [m.text for m in (await world.memories(world.alice)).memories if m.sequence == 2]
    assert kept == [f"My brother is called {SECRET} too."]
    await world.refresh()


async def test_extraction_takes_nobodys_word_for_whose_a_session_is(world: World) -> None:
    """Neither for an incarnation that is there nor for one that would come after it."""
    callers = (
        world.caller(role="writer"),
        world.caller(role="writer", users=["bob"]),
        world.caller(role="admin", users=["bob"]),
    )
    for uid in (world.things[Thing.INCARNATION], "invented"):
        words = {**SESSION, "user_id": "bob", "session_uid": uid, "sequence": 2}
        submission = example(ex.SubmitMessagesRequest, words)
        assert isinstance(submission, ex.SubmitMessagesRequest)
        for caller in callers:
            with refused() as refusal:
                await world.extracting.SubmitMessages(submission, metadata=caller)
            assert refusal.reason == "ACCESS_DENIED"
    await _lives_on(world)


async def test_a_memory_under_an_id_that_extraction_would_choose_is_in_nobodys_way(
    world: World,
) -> None:
    """The message becomes a memory under another id, and the stranger's stays what it was."""
    uid, bob = world.things[Thing.INCARNATION], world.caller(users=["bob"])
    ids = [derived_id("message", uid, "next"), summary_id(uid)]
    planted = [Memory(id=each, text=f"Planted {each}.", user_id="bob", **VAULT) for each in ids]
    await world.remembering.CreateMemories(lt.CreateMemoriesRequest(memories=planted), metadata=bob)
    update = wm.UpdateWorkingMemoryRequest(
        working_memory=WorkingMemory(
            **SESSION,
            user_id="alice",
            extraction=ExtractionConfig(strategy=ExtractionStrategy.EXTRACTION_STRATEGY_SUMMARY),
        ),
    )
    await world.working.UpdateWorkingMemory(update, metadata=world.alice)
    await world.say("My brother works at the harbour of Hamburg.", message_id="next")
    await world.extracted(2)
    await world.say("I bought a green bicycle in Porto.", message_id="last")
    await world.extracted(3)
    hers = (await world.memories(world.alice)).memories
    assert len([memory for memory in hers if memory.sequence == 2]) == 1
    [summary] = [memory for memory in hers if "thread-summary" in memory.topics]
    assert "Hamburg" in summary.text
    assert "bicycle" in summary.text
    theirs = (await world.memories(bob)).memories
    assert {m.text for m in theirs} == {memory.text for memory in planted}


def test_every_text_of_a_request_is_known() -> None:
    """A new field names a thing of somebody's, or says something of its own."""
    for policy in POLICIES:
        for path in text_fields(descriptor_of(policy.request_type)):
            thing_named(path)
