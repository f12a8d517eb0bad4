"""What every method answers when the store or the embedder is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import ForgetPolicy
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.environment import SettingsError
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.contract.kit.refusals import refused
from tests.contract.long_term_memory.conftest import Tenant
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stores import empty

CALLS: dict[str, object] = {
    "CreateMemories": rpc.CreateMemoriesRequest(memories=[Memory(text="x")]),
    "GetMemory": rpc.GetMemoryRequest(memory_id="a"),
    "BatchGetMemories": rpc.BatchGetMemoriesRequest(memory_ids=["a"]),
    "ListMemories": rpc.ListMemoriesRequest(),
    "CountMemories": rpc.CountMemoriesRequest(),
    "SearchMemories": rpc.SearchMemoriesRequest(query=SearchQuery(text="x")),
    "UpdateMemory": rpc.UpdateMemoryRequest(memory=Memory(id="a", text="x")),
    "DeleteMemories": rpc.DeleteMemoriesRequest(memory_ids=["a"]),
    "ListMemoryRevisions": rpc.ListMemoryRevisionsRequest(memory_id="a"),
    "RevertMemory": rpc.RevertMemoryRequest(memory_id="a"),
    "ForgetMemories": rpc.ForgetMemoriesRequest(policy=ForgetPolicy()),
    "EraseUser": rpc.EraseUserRequest(user_id="u"),
}


@pytest_asyncio.fixture(loop_scope="module")
async def orphan(tmp_path: Path) -> AsyncIterator[Tenant]:
    """A tenant of a service whose store has gone."""
    async with EmbeddedStore(tmp_path / "store", fsync="no") as store:
        settings = configured(
            Settings,
            redis_url=store.url,
            metrics_listen="",
            access_log=False,
            redis_timeout_seconds=1,
        )
        async with serving(lifespan, settings) as served:
            await store.stop()
            yield Tenant(LongTermMemoryServiceStub(served.channel), "acme")


async def test_a_store_that_is_away_is_said_to_be_away(orphan: Tenant) -> None:
    """UNAVAILABLE with a time to wait: never an empty answer and never "not found"."""
    for method, request in CALLS.items():
        with refused() as refusal:
            await orphan.call(method, request)
        assert (method, refusal.code) == (method, grpc.StatusCode.UNAVAILABLE)
        assert (method, refusal.reason) == (method, "STORE_UNAVAILABLE")
        assert refusal.retry_after > 0
    with refused() as refusal:
        query = SearchQuery(text="x")
        stream = orphan.stub.StreamSearchMemories(
            rpc.StreamSearchMemoriesRequest(query=query), timeout=120
        )
        _ = [response async for response in stream]
    assert refusal.reason == "STORE_UNAVAILABLE"
    with refused() as refusal:
        changes = orphan.stub.WatchMemories(rpc.WatchMemoriesRequest(), timeout=120)
        _ = [change async for change in changes]
    assert refusal.reason == "STORE_UNAVAILABLE"


async def test_a_lost_index_is_never_an_empty_answer(redis_url: str) -> None:
    """When the index is gone under a running service, asking it is an error."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    await empty(redis_url)
    async with serving(lifespan, settings) as served:
        tenant = Tenant(LongTermMemoryServiceStub(served.channel), "acme")
        await tenant.create("x")
        await empty(redis_url)
        for method in ("ListMemories", "CountMemories", "SearchMemories"):
            with refused() as refusal:
                await tenant.call(method, CALLS[method])
            assert (method, refusal.reason) == (method, "STORE_UNAVAILABLE")


async def test_an_embedder_that_is_away_stores_nothing(
    redis_url: str, unused_tcp_port: int
) -> None:
    """Writes and questions that need a vector fail as such; everything else is served."""
    settings = configured(
        Settings,
        redis_url=redis_url,
        metrics_listen="",
        access_log=False,
        embedding_base_url=f"http://127.0.0.1:{unused_tcp_port}/v1",
        embedding_dimension=8,
        embedding_timeout_seconds=1,
    )
    await empty(redis_url)
    async with serving(lifespan, settings) as served:
        tenant = Tenant(LongTermMemoryServiceStub(served.channel), "acme")
        for method in ("CreateMemories", "SearchMemories"):
            with refused() as refusal:
                await tenant.call(method, CALLS[method])
            assert (refusal.code, refusal.reason) == (
                grpc.StatusCode.UNAVAILABLE,
                "EMBEDDING_UNAVAILABLE",
            )
            assert refusal.retry_after > 0
        assert (await tenant.list()).total_size == 0
        assert not (await tenant.search("x", mode=2)).hits


async def test_a_store_of_another_model_is_refused(redis_url: str) -> None:
    """A service that would mix vectors of two models does not start, and says what to do."""
    first = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    await empty(redis_url)
    async with serving(lifespan, first):
        pass
    other = first.model_copy(
        update={"embedding_base_url": "http://127.0.0.1:1/v1", "embedding_dimension": 8}
    )
    with pytest.raises(SettingsError, match=r"(?s)leads to redis://.*agent-memory reindex"):
        async with serving(lifespan, other):
            pass
