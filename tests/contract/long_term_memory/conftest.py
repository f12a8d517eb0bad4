"""LongTermMemoryService in this process with the real model, one server for each file of tests."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stores import emptied


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each file on one loop, which its server lives on."""
    for item in items:
        if __package__ in item.nodeid.replace("/", "."):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(redis_url: str) -> AsyncIterator[Served]:
    """The service over a store that begins empty; tests say when changes are consolidated."""
    settings = configured(
        Settings,
        redis_url=redis_url,
        metrics_listen="",
        access_log=False,
        shards=2,
        consolidation_sweep_seconds=0,
    )
    async with emptied(redis_url), serving(lifespan, settings) as served:
        yield served


@dataclass(frozen=True, slots=True)
class Tenant:
    """A caller in a tenant of its own."""

    stub: Any
    name: str

    async def call(self, method: str, request: object) -> Any:
        """Call a method."""
        metadata = (("x-agent-memory-tenant", self.name),)
        return await getattr(self.stub, method)(request, metadata=metadata, timeout=120)

    async def create(self, *memories: Memory | str, **fields: Any) -> Any:
        """Create memories; answers the results."""
        given = [Memory(text=each) if isinstance(each, str) else each for each in memories]
        request = rpc.CreateMemoriesRequest(memories=given, **fields)
        return list((await self.call("CreateMemories", request)).results)

    async def get(self, memory_id: str) -> Memory:
        """Read a memory."""
        request = rpc.GetMemoryRequest(memory_id=memory_id)
        memory: Memory = (await self.call("GetMemory", request)).memory
        return memory

    async def update(self, memory: Memory, *paths: str) -> Memory:
        """Change a memory."""
        request = rpc.UpdateMemoryRequest(memory=memory)
        request.update_mask.paths.extend(paths)
        changed: Memory = (await self.call("UpdateMemory", request)).memory
        return changed

    async def list(self, **fields: Any) -> Any:
        """A page of a listing."""
        return await self.call("ListMemories", rpc.ListMemoriesRequest(**fields))

    async def search(self, text: str, *, page_size: int = 0, **fields: Any) -> Any:
        """A page of hits, untracked."""
        query = SearchQuery(text=text, untracked=True, **fields)
        return await self.call(
            "SearchMemories", rpc.SearchMemoriesRequest(query=query, page_size=page_size)
        )


@pytest.fixture
def tenant(served: Served) -> Tenant:
    """A tenant that nobody used before."""
    return Tenant(LongTermMemoryServiceStub(served.channel), new_id())


@pytest.fixture
def neighbour(served: Served) -> Tenant:
    """Another tenant."""
    return Tenant(LongTermMemoryServiceStub(served.channel), new_id())
