"""Every change, when its answer is lost on the way: it happens once, whoever repeats it."""

import asyncio
import http.client
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from redis.asyncio import Redis

from agent_memory.common.v1 import message_pb2
from agent_memory.common.v1.memory_pb2 import Memory, Provenance
from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1 import service_pb2 as extracting
from agent_memory.extraction.v1.extraction_pb2 import SummaryGroupField, SummaryView
from agent_memory.long_term_memory.v1 import service_pb2 as long_term
from agent_memory.working_memory.v1 import service_pb2 as working
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_client._channels import service_config
from agent_memory_client._config import MemoryClientConfig
from agent_memory_client.connection import Connection
from agent_memory_client.errors import MemoryClientError
from agent_memory_services.embedded.gateway.bootstrap import LOOPBACK_HOSTS, bootstrap
from agent_memory_services.embedded.gateway.descriptors import own_descriptors
from agent_memory_services.embedded.gateway.process import EmbeddedGateway
from agent_memory_services.embedded.ports import free_port
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.extraction.work.worker import Worker
from agent_memory_services.kit.client.channels import acting_for, open_channel
from agent_memory_services.kit.contract.errors import ServiceError
from agent_memory_services.kit.contract.ids import derived_id
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.transport import parse_address
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings
from tests.support.any_call import attempt, call
from tests.support.contracts import POLICIES, service_of
from tests.support.example_requests import example
from tests.support.json_call import json_call
from tests.support.lossy_line import LossyLine
from tests.support.servers import Served, serving

TENANT = "x-agent-memory-tenant"
# Far longer than any call takes, for a deadline that passes hides whether an answer was lost.
PATIENCE_SECONDS = 60.0
METHODS = {policy.method: policy for policy in POLICIES}
CHANGES = [policy for policy in POLICIES if policy.mutating]

# What is the same when it is repeated, whoever repeats it.
BY_NATURE = frozenset({"GetOrCreateWorkingMemory", "SubmitMessages", "BatchSubmitMessages"})

# Answers whether the caller was told that it was done. A `TimeoutError` says that a deadline passed
# which the caller cannot choose.
Caller = Callable[[str, MethodPolicy, Message], Awaitable[bool]]

SAID: dict[str, Any] = {"role": "user", "content": "I moved to Lisbon."}
# What a request says beyond the example of its kind, so that it changes something. Nothing has an
# id that could do without.
SAYING: Mapping[str, Mapping[str, Any]] = {
    "SetWorkingMemory": {"working_memory": {"messages": [SAID]}},
    "UpdateWorkingMemory": {"working_memory": {"data": {"seat": "window"}}},
    "ForgetMemories": {"policy": {"keep_per_owner": 0, "permanently": True}, "execute": True},
    "DeleteMemoriesByFilter": {"execute": True},
    "UpdateMemoriesByFilter": {"execute": True, "memory": {"pinned": True}},
    "SubmitMessages": {"messages": [{**SAID, "id": "m1", "sequence": 1}]},
    "BatchSubmitMessages": {
        "submissions": [
            {
                "session": {"session_id": "of-a-batch"},
                "session_uid": "of-a-batch",
                "messages": [{**SAID, "id": "m1", "sequence": 1}],
            }
        ]
    },
    "UpdateSummaryView": {"summary_view": {"name": "Renamed"}},
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "GetOrCreateWorkingMemory": {"session_id": "another-session"},
    "UpdateMemory": {"id": "a-thing", "text": "Lives in Porto."},
    "ForgetSession": {"session_id": "before", "namespace": ""},
    "ImportMemories": {"id": "imported"},
    "UpdateSummaryView": {"id": "a-view"},
}
GROUPS = [
    SummaryGroupField.Value(f"SUMMARY_GROUP_FIELD_{name}")
    for name in ("USER_ID", "NAMESPACE", "SESSION_ID")
]
PREPARED: Mapping[str, tuple[Message, ...]] = {
    "working_memory": (
        working.SetWorkingMemoryRequest(
            working_memory=WorkingMemory(
                session_id="a-session",
                namespace="lobby",
                user_id="bob",
                messages=[message_pb2.Message(id="m0", role="user", content="Hi.")],
            )
        ),
    ),
    "long_term_memory": (
        long_term.CreateMemoriesRequest(
            memories=[
                *(
                    Memory(id=name, text=text, namespace="lobby", user_id="bob")
                    for name, text in {"a-memory": "Likes tea.", "a-thing": "Has a dog."}.items()
                ),
                Memory(
                    id="learned",
                    text="Plays chess.",
                    user_id="bob",
                    session_id="before",
                    provenance=Provenance(
                        session_uid="an-incarnation", message_ids=["m0"], extractor="local"
                    ),
                ),
            ]
        ),
        long_term.UpdateMemoryRequest(
            memory=Memory(id="a-memory", text="Likes coffee."),
            update_mask=FieldMask(paths=["text"]),
        ),
    ),
    "extraction": (
        extracting.CreateSummaryViewRequest(summary_view=SummaryView(id="a-view", group_by=GROUPS)),
        extracting.SubmitMessagesRequest(
            session=SessionRef(session_id="before"),
            user_id="bob",
            messages=[message_pb2.Message(**SAID, id="m0", sequence=1)],
        ),
    ),
}
SEEN: Mapping[str, tuple[Message, ...]] = {
    "working_memory": (
        working.ListSessionsRequest(),
        working.GetWorkingMemoryRequest(session_id="a-session", namespace="lobby"),
        working.ListMessagesRequest(session_id="a-session", namespace="lobby"),
    ),
    "long_term_memory": (
        long_term.ListMemoriesRequest(include_hidden=True),
        long_term.ListMemoryRevisionsRequest(memory_id="a-memory"),
        long_term.ListMemoryRevisionsRequest(memory_id="a-thing"),
    ),
    "extraction": (
        extracting.ListJobsRequest(),
        extracting.ListSummaryViewsRequest(),
        extracting.ListSummaryViewPartitionsRequest(view_id="a-view"),
    ),
}
# What the services give, and so is another each time; and who did it.
GIVEN = frozenset(
    {"id", "uid", "session_uid", "job_id", "etag", "revision_id", "remaining_ttl", "actor"}
    | {"compute_time"}
    | {"create_time", "update_time", "change_time", "due_time", "start_time", "end_time"}
    | {"valid_from", "invalid_from", "event_time", "expire_time", "last_access_time"}
)
# What nobody can see in the lists: that nothing is alike.
UNSEEN = frozenset({"CompactMemories"})


@dataclass
class World:
    """The services, each behind a line that can lose an answer."""

    served: Mapping[str, Served]
    lines: Mapping[str, LossyLine]

    async def ask(self, tenant: str, request: Message) -> Message:
        """Call the method of a request where nothing is lost."""
        policy = METHODS[request.DESCRIPTOR.name.removesuffix("Request")]
        channel = self.served[policy.service].channel
        (answer,) = await call(
            channel, policy, request, [(TENANT, tenant)], timeout=PATIENCE_SECONDS
        )
        return answer

    async def prepared(self, tenant: str, policy: MethodPolicy) -> Message:
        """What `policy` changes, made for a tenant; answers the request that changes it."""
        for request in PREPARED[_module(policy)]:
            if isinstance(request, extracting.SubmitMessagesRequest):
                request.session_uid = derived_id("incarnation", tenant)
            await self.ask(tenant, request)
        words = {"id": "", **WORDS.get(policy.method, {})}
        if "job_id" in policy.request_type.DESCRIPTOR.fields_by_name:
            submission = _request(METHODS["SubmitMessages"], {})
            words["job_id"] = (await self.ask(tenant, submission)).job_id  # type: ignore[attr-defined]
            if policy.method == "RetryJob":
                await self.ask(tenant, extracting.CancelJobRequest(job_id=words["job_id"]))
        return _request(policy, words)

    async def seen(self, tenant: str, policy: MethodPolicy) -> list[Any]:
        """What a tenant sees of the service that has a method, without what is given anew."""
        return [await self._told(tenant, view) for view in SEEN[_module(policy)]]

    async def _told(self, tenant: str, view: Message) -> Any:
        try:
            answer = await self.ask(tenant, view)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return None
        return _without_given(MessageToDict(answer, preserving_proto_field_name=True))


def _module(policy: MethodPolicy) -> str:
    return policy.service.split(".")[1]


def _request(policy: MethodPolicy, words: Mapping[str, str]) -> Message:
    request = example(policy.request_type, words)
    request.MergeFrom(policy.request_type(**SAYING.get(policy.method, {})))
    return request


def _without_given(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_given(each) for name, each in value.items() if name not in GIVEN}
    return [_without_given(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
async def world(
    redis: Redis,  # noqa: ARG001 - begins empty
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    """The three services; what is submitted waits, so that nothing changes by itself."""
    monkeypatch.setattr(Worker, "running", lambda _: nullcontext())
    common: dict[str, Any] = {"redis_url": redis_url, "metrics_listen": "", "access_log": False}
    async with AsyncExitStack() as running:
        start = running.enter_async_context
        remembering = await start(
            serving(long_term_memory.lifespan, LongTermMemorySettings(**common))
        )
        own: dict[str, Any] = {
            "extractor": "local",
            "long_term_memory_address": remembering.address,
        }
        queueing = await start(serving(extraction.lifespan, ExtractionSettings(**common, **own)))
        # Nobody takes what it hands over.
        nobody: dict[str, Any] = {"extraction_address": "127.0.0.1:1", "partitions": 1}
        talking = await start(
            serving(working_memory.lifespan, WorkingMemorySettings(**common, **nobody))
        )
        served = {
            "working_memory": talking,
            "long_term_memory": remembering,
            "extraction": queueing,
        }
        by_service = {service_of(name).full_name: each for name, each in served.items()}
        lines = {
            name: await start(LossyLine(each.address).running())
            for name, each in by_service.items()
        }
        yield World(by_service, lines)


@asynccontextmanager
async def through_gateway(world: World, folder: Path) -> AsyncIterator[EmbeddedGateway]:
    """A gateway that reaches the services by their lines."""
    listen = parse_address(f"127.0.0.1:{free_port()}")
    backends = {
        service.split(".")[1]: parse_address(line.address) for service, line in world.lines.items()
    }
    config = bootstrap(own_descriptors(), listen=listen, backends=backends, hosts=LOOPBACK_HOSTS)
    for cluster in config["static_resources"]["clusters"]:
        # Their answers are not the ones to be lost.
        del cluster["health_checks"]
    async with EmbeddedGateway(folder, listen, config) as gateway:
        yield gateway


def _connection(gateway: EmbeddedGateway) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(*gateway.listen, timeout=PATIENCE_SECONDS)


@asynccontextmanager
async def json_callers(world: World, folder: Path) -> AsyncIterator[Caller]:
    """Callers of JSON, who name nothing."""
    async with through_gateway(world, folder) as gateway:

        def send(tenant: str, policy: MethodPolicy, request: Message) -> bool:
            asked = json_call(policy, request)
            assert asked is not None, policy.full_name
            verb, path, body = asked
            with closing(_connection(gateway)) as connection:
                # One request id may stand for many calls.
                connection.request(verb, path, body, {TENANT: tenant, "x-request-id": "one-trace"})
                with connection.getresponse() as response:
                    response.read()
                    if response.status == http.HTTPStatus.GATEWAY_TIMEOUT:
                        raise TimeoutError
                    return response.status == http.HTTPStatus.OK

        yield lambda *call: asyncio.to_thread(send, *call)


@asynccontextmanager
async def gateway_stubs(world: World, folder: Path) -> AsyncIterator[Caller]:
    """Plain stubs on a channel to the gateway."""
    async with (
        through_gateway(world, folder) as gateway,
        grpc.aio.insecure_channel(f"localhost:{gateway.listen.port}") as channel,
    ):

        async def send(tenant: str, policy: MethodPolicy, request: Message) -> bool:
            metadata = [(TENANT, tenant), ("x-request-id", "one-trace")]
            _, error = await attempt(channel, policy, request, metadata, timeout=PATIENCE_SECONDS)
            return error is None

        yield send


@asynccontextmanager
async def bare_stubs(world: World, _: Path) -> AsyncIterator[Caller]:
    """Plain stubs on channels that have the service config which we ship."""
    options = [("grpc.service_config", service_config().channel_json)]
    async with AsyncExitStack() as opened:
        channels = {
            service: await opened.enter_async_context(
                grpc.aio.insecure_channel(line.address, options)
            )
            for service, line in world.lines.items()
        }

        async def send(tenant: str, policy: MethodPolicy, request: Message) -> bool:
            channel = channels[policy.service]
            metadata = [(TENANT, tenant)]
            _, error = await attempt(channel, policy, request, metadata, timeout=PATIENCE_SECONDS)
            return error is None

        yield send


@asynccontextmanager
async def python_clients(world: World, _: Path) -> AsyncIterator[Caller]:
    """The client's own connections."""
    addresses: dict[str, Any] = {
        f"{service.split('.')[1]}_address": line.address for service, line in world.lines.items()
    }

    async def send(tenant: str, policy: MethodPolicy, request: Message) -> bool:
        config, within = MemoryClientConfig(**addresses, tenant=tenant), PATIENCE_SECONDS
        try:
            async with Connection(config) as connection:
                if policy.client_streaming:
                    await connection.upload(policy.request_type, _stream(request), timeout=within)
                else:
                    await connection.call(request, timeout=within)
        except MemoryClientError:
            return False
        return True

    yield send


@asynccontextmanager
async def other_services(world: World, _: Path) -> AsyncIterator[Caller]:
    """The channels that the services have to each other."""
    async with AsyncExitStack() as opened:
        channels = {
            service: await opened.enter_async_context(open_channel(line.address))
            for service, line in world.lines.items()
        }

        async def send(tenant: str, policy: MethodPolicy, request: Message) -> bool:
            types = policy.request_type.SerializeToString, policy.response_type.FromString
            channel = channels[policy.service]
            kind: Callable[..., Any] = (
                channel.stream_unary if policy.client_streaming else channel.unary_unary
            )
            sent = _stream(request) if policy.client_streaming else request
            try:
                with acting_for(tenant):
                    await kind(policy.full_name, *types)(sent, timeout=PATIENCE_SECONDS)
            except ServiceError:
                return False
            return True

        yield send


async def _stream(request: Message) -> AsyncIterator[Message]:
    yield request


WAYS = (json_callers, gateway_stubs, bare_stubs, python_clients, other_services)


async def test_a_change_whose_answer_was_lost_has_one_effect(world: World, tmp_path: Path) -> None:
    """Whoever repeats it tells its caller that it is done; where nobody does, there is an error."""
    once = {policy.full_name: await _done_once(world, policy) for policy in CHANGES}
    wrong = []
    for way in WAYS:
        async with way(world, tmp_path) as send:
            for policy in CHANGES:
                if way is json_callers and policy.client_streaming:
                    continue
                tenant, told = await _answer_lost(world, send, policy, way.__name__)
                seen = await world.seen(tenant, policy)
                repeated = not policy.client_streaming and (
                    way is not bare_stubs or policy.method in BY_NATURE
                )
                if told != repeated or seen != once[policy.full_name]:
                    wrong.append((tenant, told, seen, once[policy.full_name]))
    assert not [tenant for tenant, *_ in wrong], wrong


async def _done_once(world: World, policy: MethodPolicy) -> list[Any]:
    """What a tenant sees who was answered."""
    tenant = f"once-{policy.full_name}"
    request = await world.prepared(tenant, policy)
    before = await world.seen(tenant, policy)
    channel = world.served[policy.service].channel
    await call(channel, policy, request, [(TENANT, tenant)], timeout=PATIENCE_SECONDS)
    after = await world.seen(tenant, policy)
    assert before != after or policy.method in UNSEEN, policy.full_name
    return after


async def _answer_lost(
    world: World, send: Caller, policy: MethodPolicy, way: str
) -> tuple[str, bool]:
    """A tenant who lost an answer, and whether it is told nevertheless that its call is done."""
    line = world.lines[policy.service]
    for attempted in count():
        tenant = f"{way}-{policy.full_name}-{attempted}"
        request = await world.prepared(tenant, policy)
        line.losses = 1
        # Where the method's own deadline passes, another tenant tries.
        with suppress(TimeoutError):
            told = await send(tenant, policy, request)
            assert line.losses == 0, f"no answer of {policy.full_name} was lost"
            return tenant, told
    raise AssertionError
