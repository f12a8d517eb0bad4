"""The whole service on a real cluster of three nodes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis, RedisCluster

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.working_memory.v1 import service_pb2 as rpc
from agent_memory.working_memory.v1 import working_memory_pb2 as wm
from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from tests.support.cluster import cluster
from tests.support.neighbours import ListExtraction, serving_extraction
from tests.support.raw import next_of
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stubs import WorkingMemoryStub
from tests.support.waiting import eventually

SESSIONS = [f"s{number}" for number in range(24)]
TEXTS = [f"message {number} of a long talk" for number in range(12)]


@pytest.fixture
async def cluster_url(tmp_path: Path) -> AsyncIterator[str]:
    """A cluster."""
    async with cluster(tmp_path) as url:
        yield url


async def append(stub: WorkingMemoryStub, session: str, *texts: str) -> None:
    """Append messages, by a call that names itself."""
    await stub.AppendMessages(
        rpc.AppendMessagesRequest(
            session_id=session,
            user_id="alice" if session != SESSIONS[0] else "bob",
            messages=[Message(role="user", content=text) for text in texts],
            window=wm.ContextWindow(max_tokens=80),
            request_id=f"{session}-{len(texts)}",
        )
    )


async def summary_of(stub: WorkingMemoryStub, session: str) -> str:
    """The summary of a session, once there is one."""
    async with asyncio.timeout(120):
        while True:
            got = await stub.GetWorkingMemory(rpc.GetWorkingMemoryRequest(session_id=session))
            if got.working_memory.context:
                return got.working_memory.context
            await asyncio.sleep(0.05)


async def spread(client: Redis) -> list[int]:
    """How many keys each node holds."""
    assert isinstance(client, RedisCluster)
    return [await client.dbsize(target_nodes=node) for node in client.get_primaries()]


async def test_a_cluster_serves_as_one_store(cluster_url: str) -> None:
    """Writes, listings, hand-over, summaries, watches and erasure, spread over all nodes."""
    extraction = ListExtraction()
    bystander = configured(ProcessSettings, redis_url=cluster_url, metrics_listen="")
    async with serving_extraction(extraction, bystander) as behind:
        settings = configured(
            Settings,
            redis_url=cluster_url,
            extraction_address=behind.address,
            metrics_listen="",
            relay_poll_seconds=0.1,
            summary_poll_seconds=0.1,
        )
        async with serving(lifespan, settings) as served, connect(cluster_url) as client:
            stub = WorkingMemoryServiceStub(served.channel)
            watching = stub.WatchWorkingMemory(rpc.WatchWorkingMemoryRequest(session_id="s0"))
            assert not (await next_of(watching)).HasField("change")

            await asyncio.gather(*(append(stub, session, *TEXTS) for session in SESSIONS))
            assert all(keys > 0 for keys in await spread(client))
            assert (await next_of(watching)).change.kind == wm.SESSION_CHANGE_KIND_CREATED

            await eventually(lambda: len(extraction.said) == len(SESSIONS) * len(TEXTS), within=120)
            assert sorted(extraction.said) == sorted(TEXTS * len(SESSIONS))
            for session in SESSIONS:
                assert (await summary_of(stub, session)).startswith(TEXTS[0])

            page = await stub.ListSessions(rpc.ListSessionsRequest(user_id="alice", page_size=100))
            assert {listed.session_id for listed in page.sessions} == set(SESSIONS[1:])

            response = await stub.EraseUser(rpc.EraseUserRequest(user_id="alice"))
            assert response.receipt.erased["sessions"] == len(SESSIONS) - 1
            assert response.receipt.erased["answers"] == len(SESSIONS) - 1
            page = await stub.ListSessions(rpc.ListSessionsRequest())
            assert [listed.session_id for listed in page.sessions] == [SESSIONS[0]]
