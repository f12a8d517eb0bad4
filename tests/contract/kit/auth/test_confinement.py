"""Every method of the real services, called by whom the owner's things are none of the business."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import pytest
import pytest_asyncio
from google.protobuf.descriptor import Descriptor
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.extraction.v1 import service_pb2 as ex
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as lt
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory.working_memory.v1 import service_pb2 as wm
from agent_memory.working_memory.v1 import working_memory_pb2 as wm_types
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.client import connect
from tests.contract.kit.refusals import refused
from tests.support.any_call import attempt, call
from tests.support.callers import Metadata, bearer
from tests.support.contracts import POLICIES, descriptor_of, service_of
from tests.support.example_requests import example
from tests.support.guarded_suite import GuardedSuite, guarded_suite
from tests.support.stores import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "canary7f3a"
SESSION: dict[str, Any] = {"namespace": "vault", "session_id": "alices-session"}
STRANGERS = ("another user", "another namespace", "another tenant")
# What a stranger may be told; any of these, and nothing more.
TOLD = {
    "ACCESS_DENIED",
    "DEADLINE_EXCEEDED",
    "ID_ALREADY_EXISTS",
    "JOB_NOT_FOUND",
    "MEMORY_NOT_FOUND",
    "OWNER_MISMATCH",
    "SESSION_NOT_FOUND",
    "SUMMARY_VIEW_NOT_FOUND",
    "UNIMPLEMENTED",
}
WATCHES = ("WatchJobs", "WatchMemories", "WatchWorkingMemory")

StubT = TypeVar("StubT")


@dataclass
class World:
    """The suite, Alice's credential, and how her things are called."""

    suite: GuardedSuite
    alice: Metadata
    words: Mapping[str, Any]

    async def stranger(self, kind: str) -> Metadata:
        """An administrator whom Alice's things are none of the business."""
        terms: Mapping[str, Mapping[str, Any]] = {
            "another user": {"users": frozenset({"bob"})},
            "another namespace": {"namespaces": frozenset({"lobby"})},
            "another tenant": {"tenant": f"other-{new_id()}"},
        }
        return bearer(await self.suite.callers.key(Role.ADMIN, **terms[kind]))

    async def state(self) -> tuple[bytes, ...]:
        """Everything of Alice's that somebody could have changed."""
        session = await self._stub("working_memory", WorkingMemoryServiceStub).GetWorkingMemory(
            wm.GetWorkingMemoryRequest(**SESSION), metadata=self.alice, timeout=60
        )
        memories = await self._stub("long_term_memory", LongTermMemoryServiceStub).ListMemories(
            lt.ListMemoriesRequest(page_size=100, include_hidden=True),
            metadata=self.alice,
            timeout=60,
        )
        jobs = await self._stub("extraction", ExtractionServiceStub).ListJobs(
            ex.ListJobsRequest(), metadata=self.alice, timeout=60
        )
        assert SECRET in str(session)
        assert SECRET in str(memories)
        assert jobs.jobs
        answers = (session, memories, jobs)
        return tuple(answer.SerializeToString(deterministic=True) for answer in answers)

    def _stub(self, module: str, kind: Callable[[grpc.aio.Channel], StubT]) -> StubT:
        return kind(self.suite.served[service_of(module).full_name].channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> AsyncIterator[World]:
    """Alice has a session, memories and a job that is done, which no test changes."""
    async with (
        emptied(redis_url),
        connect(redis_url) as redis,
        guarded_suite(tmp_path_factory.mktemp("world"), redis, redis_url) as suite,
    ):
        world = World(suite, bearer(await suite.callers.key(Role.WRITER, **_limits())), {})
        await _fill(world)
        yield world


def _limits() -> Mapping[str, Any]:
    return {"users": frozenset({"alice"}), "namespaces": frozenset({"vault"})}


async def _fill(world: World) -> None:
    working = world._stub("working_memory", WorkingMemoryServiceStub)
    message = Message(role="user", content=f"My sister is called {SECRET}. I live in Lisbon.")
    said = await working.AppendMessages(
        wm.AppendMessagesRequest(**SESSION, user_id="alice", messages=[message]),
        metadata=world.alice,
        timeout=60,
    )
    remembering = world._stub("long_term_memory", LongTermMemoryServiceStub)
    memory = Memory(text=f"The word is {SECRET}.", namespace="vault", user_id="alice")
    created = await remembering.CreateMemories(
        lt.CreateMemoriesRequest(memories=[memory]), metadata=world.alice, timeout=60
    )
    async with asyncio.timeout(120):
        while not (jobs := await _settled(world)):
            await asyncio.sleep(0.05)
    memory_id = created.results[0].memory_id
    world.words = {
        **SESSION,
        "id": memory_id,
        "job_id": jobs[0].id,
        "memory_id": memory_id,
        "memory_ids": memory_id,
        "session_uid": said.session_uid,
        "text": SECRET[:6],
        "query": "What is the word?",
        "content": "Which word?",
        "user_id": "alice",
    }


async def _settled(world: World) -> list[Job]:
    """Alice's jobs, once all of them are done."""
    stub = world._stub("extraction", ExtractionServiceStub)
    jobs = (await stub.ListJobs(ex.ListJobsRequest(), metadata=world.alice, timeout=60)).jobs
    done = all(job.state == JobState.JOB_STATE_SUCCEEDED for job in jobs)
    return list(jobs) if done else []


@pytest.mark.parametrize("kind", STRANGERS)
@pytest.mark.parametrize("named", ["alice", "the stranger", "nobody"])
async def test_nothing_of_anothers_is_seen_or_changed(world: World, kind: str, named: str) -> None:
    """Whatever method is called, by ids that are right and names that are true or false."""
    metadata = await world.stranger(kind)
    changes = {
        "alice": {},
        "the stranger": {"user_id": "bob", "namespace": "lobby"},
        "nobody": {"user_id": ""},
    }[named]
    words = {**world.words, **changes}
    before = await world.state()
    for policy in POLICIES:
        request = example(policy.request_type, words)
        timeout = 0.5 if policy.method in WATCHES else 10
        responses, error = await attempt(
            world.suite.channel(policy), policy, request, metadata, timeout=timeout
        )
        assert SECRET not in str(responses), policy.full_name
        if error is not None:
            assert _reason(error) in TOLD, (policy.full_name, error)
            assert SECRET not in f"{error!r}{error.trailing_metadata()}"
    assert await world.state() == before


@pytest.mark.parametrize(
    ("kind", "field"), [("another user", "user_id"), ("another namespace", "namespace")]
)
async def test_a_name_beyond_the_credential_is_refused_before_anything_is_looked_up(
    world: World, kind: str, field: str
) -> None:
    """With one answer, whether what is named exists or not."""
    metadata = await world.stranger(kind)
    naming = [policy for policy in POLICIES if _names(descriptor_of(policy.request_type), field)]
    assert naming
    for policy in naming:
        answers = set()
        for words in (world.words, {**world.words, "session_id": "nobodys", "user_id": "nobody"}):
            request = example(policy.request_type, {**words, "namespace": "vault"})
            if "user_id" in request.DESCRIPTOR.fields_by_name:
                request.user_id = words["user_id"]  # type: ignore[attr-defined] # as was looked up
            _, error = await attempt(world.suite.channel(policy), policy, request, metadata)
            assert error is not None, policy.full_name
            answers.add((error.code(), error.details(), str(rpc_status.from_call(error).details)))
            assert _reason(error) in {"ACCESS_DENIED", "UNIMPLEMENTED"}, policy.full_name
        assert len(answers) == 1


@pytest.mark.parametrize("kind", STRANGERS)
async def test_what_exists_for_another_does_not_exist(world: World, kind: str) -> None:
    """A true id and a false one are answered alike, but for the id itself."""
    metadata = await world.stranger(kind)
    for policy in POLICIES:
        fields = policy.request_type.DESCRIPTOR.fields_by_name
        for field in ("memory_id", "job_id"):
            if field not in fields:
                continue
            answers = []
            for value in (world.words[field], "0" * len(world.words[field])):
                request = example(policy.request_type, {**world.words, field: value})
                channel = world.suite.channel(policy)
                responses, error = await attempt(channel, policy, request, metadata)
                assert error is not None, (policy.full_name, responses)
                details = str(rpc_status.from_call(error).details).replace(value, "ID")
                answers.append((error.code(), error.details(), details))
            assert answers[0] == answers[1], policy.full_name


async def test_the_owner_does_see_and_an_administrator_does(world: World) -> None:
    """Or the tests above would prove nothing."""
    admin = bearer(await world.suite.callers.key(Role.ADMIN))
    showing = {"GetWorkingMemory", "ListMessages", "GetMemory", "ListMemories", "SearchMemories"}
    showing |= {"BatchGetMemories", "BuildMemoryPrompt", "StreamSearchMemories"}
    for policy in POLICIES:
        if policy.method in showing:
            for metadata in (world.alice, admin):
                request = example(policy.request_type, world.words)
                responses = await call(world.suite.channel(policy), policy, request, metadata)
                assert SECRET in str(responses), policy.full_name


def _names(descriptor: Descriptor, field: str) -> bool:
    """Whether a request names a user or a namespace outside of filters and of memories."""
    if field in descriptor.fields_by_name:
        return descriptor.fields_by_name[field].message_type is None
    inner = {"SessionRef", "WorkingMemory", "PromptSession"}
    return any(
        child.message_type is not None
        and child.message_type.name in inner
        and not child.is_repeated
        and _names(child.message_type, field)
        for child in descriptor.fields
    )


def _reason(error: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(error)
    if status is None:
        return error.code().name
    info = ErrorInfo()
    for detail in status.details:
        detail.Unpack(info)
    return info.reason


async def test_nobody_hands_memories_over_to_another_namespace(world: World) -> None:
    """A submission within one's own may not carry what is said to be of another."""
    stranger = await world.stranger("another namespace")
    stub = world._stub("extraction", ExtractionServiceStub)

    async def hand_over(namespace: str) -> None:
        memory = Memory(id=f"handed-to-{namespace}", text="Owes me money.", namespace=namespace)
        submission = ex.SubmitMessagesRequest(
            session=SessionRef(namespace="lobby", session_id="bobs"),
            session_uid="u",
            memories=[memory],
        )
        await stub.SubmitMessages(submission, metadata=stranger, timeout=60)

    await hand_over("lobby")
    await hand_over("")
    with refused() as refusal:
        await hand_over("vault")
    assert refusal.reason == "ACCESS_DENIED"


@pytest.mark.parametrize("owner", [None, "alice"])
async def test_limits_go_along_to_the_next_service(world: World, owner: str | None) -> None:
    """A prompt is searched for under the service's own credential, within its caller's limits."""
    stub = world._stub("working_memory", WorkingMemoryServiceStub)
    conditions = MemoryFilter(user_id=None if owner is None else TagFilter(eq=owner))
    request = wm.BuildMemoryPromptRequest(
        query="What is the word?",
        long_term_search=wm.LongTermSearch(query=SearchQuery(filter=conditions)),
    )
    found = await stub.BuildMemoryPrompt(request, metadata=world.alice, timeout=60)
    assert SECRET in str(found)
    for kind in STRANGERS:
        metadata = await world.stranger(kind)
        assert SECRET not in str(
            await stub.BuildMemoryPrompt(request, metadata=metadata, timeout=60)
        )


async def test_a_caller_is_told_who_it_is_and_no_secret(world: World) -> None:
    """Tenant, access and limits, as the credential has them, whoever it is."""
    stub = world._stub("working_memory", WorkingMemoryServiceStub)
    alice = await world.suite.callers.key(Role.WRITER, **_limits())
    reader = await world.suite.callers.key(Role.READER)
    token = world.suite.issuer.token(role="admin", namespaces=["vault"])
    told = []
    for credential in (alice, reader, token):
        answer = await stub.GetPrincipal(
            wm.GetPrincipalRequest(), metadata=bearer(credential), timeout=60
        )
        secret = credential.rpartition("_" if credential.startswith("am_") else ".")[2]
        assert secret not in str(answer)
        told.append(answer.principal)
    vault = wm_types.PrincipalLimit(names=["vault"])
    assert told == [
        wm_types.Principal(
            tenant="acme",
            subject=f"key:{alice.split('_')[1]}",
            access=Access.ACCESS_WRITER,
            users=wm_types.PrincipalLimit(names=["alice"]),
            namespaces=vault,
        ),
        wm_types.Principal(
            tenant="acme", subject=f"key:{reader.split('_')[1]}", access=Access.ACCESS_READER
        ),
        wm_types.Principal(
            tenant="acme", subject="jwt:somebody", access=Access.ACCESS_ADMIN, namespaces=vault
        ),
    ]


@pytest.mark.parametrize("kind", STRANGERS[:2])
async def test_figures_of_a_tenant_are_for_those_who_see_all_of_it(world: World, kind: str) -> None:
    """Counts would tell a confined caller of others."""
    stub = world._stub("extraction", ExtractionServiceStub)
    request = ex.GetStatisticsRequest()
    with refused() as refusal:
        await stub.GetStatistics(request, metadata=await world.stranger(kind), timeout=60)
    assert refusal.reason == "ACCESS_DENIED"
    reader = bearer(await world.suite.callers.key(Role.READER))
    found = await stub.GetStatistics(request, metadata=reader, timeout=60)
    assert sum(period.succeeded_jobs for period in found.periods) >= 1
