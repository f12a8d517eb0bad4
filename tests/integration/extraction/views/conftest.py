"""Extraction in front of the real long-term memory, both in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import (
    Job,
    JobState,
    SummaryGroup,
    SummaryGroupField,
    SummaryPartition,
    SummaryView,
)
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory.long_term_memory.v1 import service_pb2 as ltm
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.extraction.api.process import lifespan
from agent_memory_services.extraction.api.settings import Settings
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from tests.support.extraction_service import QUICK
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stores import emptied
from tests.support.waiting import pauses


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each file on one loop, which its server lives on."""
    for item in items:
        if __package__ in item.nodeid.replace("/", "."):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def remembering(redis_url: str) -> AsyncIterator[Served]:
    """Long-term memory over a store that begins empty."""
    settings = configured(
        LongTermMemorySettings, redis_url=redis_url, metrics_listen="", access_log=False
    )
    async with emptied(redis_url), serving(long_term_memory.lifespan, settings) as served:
        yield served


@dataclass(frozen=True)
class World:
    """A tenant of its own, its memories and its views."""

    tenant: str
    extraction: Any
    memories: Any

    async def call(self, stub: Any, method: str, request: object) -> Any:
        """Call a method for the tenant."""
        metadata = (("x-agent-memory-tenant", self.tenant),)
        return await getattr(stub, method)(request, metadata=metadata, timeout=60)

    async def remember(self, *texts: str, user_id: str = "alice", **fields: Any) -> list[str]:
        """Store memories; answers their ids."""
        given = [Memory(text=text, user_id=user_id, **fields) for text in texts]
        request = ltm.CreateMemoriesRequest(memories=given)
        answer = await self.call(self.memories, "CreateMemories", request)
        return [result.memory_id for result in answer.results]

    async def forget(self, *memory_ids: str) -> None:
        """Delete memories."""
        request = ltm.DeleteMemoriesRequest(memory_ids=memory_ids)
        await self.call(self.memories, "DeleteMemories", request)

    async def view(self, *group_by: str, **fields: Any) -> SummaryView:
        """Create a view."""
        names = [
            SummaryGroupField.Value(f"SUMMARY_GROUP_FIELD_{field.upper()}") for field in group_by
        ]
        view = SummaryView(group_by=names, **fields)
        request = pb.CreateSummaryViewRequest(summary_view=view)
        answer = await self.call(self.extraction, "CreateSummaryView", request)
        return answer.summary_view

    async def update(self, view: SummaryView, *paths: str) -> SummaryView:
        """Change a view."""
        request = pb.UpdateSummaryViewRequest(summary_view=view)
        request.update_mask.paths.extend(paths)
        return (await self.call(self.extraction, "UpdateSummaryView", request)).summary_view

    async def start(self, view: SummaryView) -> Job:
        """Have a view refreshed."""
        request = pb.RunSummaryViewRequest(view_id=view.id)
        return (await self.call(self.extraction, "RunSummaryView", request)).job

    async def job(self, job_id: str) -> Job:
        """A job as it is now."""
        request = pb.GetJobRequest(job_id=job_id)
        return (await self.call(self.extraction, "GetJob", request)).job

    async def until(self, job_id: str, condition: Callable[[Job], bool]) -> Job:
        """A job, once a condition holds for it."""
        pause = pauses()
        async with asyncio.timeout(120):
            while not condition(job := await self.job(job_id)):
                await asyncio.sleep(next(pause))
        return job

    async def run(self, view: SummaryView) -> Job:
        """Have a view refreshed, and wait for the end of it."""
        job = await self.start(view)
        return await self.until(job.id, lambda job: job.state >= JobState.JOB_STATE_SUCCEEDED)

    async def run_group(self, view: SummaryView, **group: Any) -> SummaryPartition:
        """Refresh one partition."""
        request = pb.RunSummaryViewPartitionRequest(view_id=view.id, group=SummaryGroup(**group))
        return (await self.call(self.extraction, "RunSummaryViewPartition", request)).partition

    async def partitions(self, view: SummaryView, **group: Any) -> list[SummaryPartition]:
        """Every partition of a view, page by page."""
        request = pb.ListSummaryViewPartitionsRequest(
            view_id=view.id, group=SummaryGroup(**group), page_size=2
        )
        found: list[SummaryPartition] = []
        while True:
            page = await self.call(self.extraction, "ListSummaryViewPartitions", request)
            found += page.partitions
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


@dataclass(frozen=True)
class Worlds:
    """Makes worlds on one long-term memory."""

    redis_url: str
    remembering: Served

    @asynccontextmanager
    async def __call__(self, tenant: str = "", **settings: Any) -> AsyncIterator[World]:
        """A world with an extraction service of its own."""
        chosen = configured(
            Settings,
            redis_url=self.redis_url,
            long_term_memory_address=self.remembering.address,
            **{**QUICK, **settings},
        )
        async with serving(lifespan, chosen) as served:
            yield World(
                tenant or new_id(),
                ExtractionServiceStub(served.channel),
                LongTermMemoryServiceStub(self.remembering.channel),
            )


@pytest.fixture
def worlds(redis_url: str, remembering: Served) -> Worlds:
    """Makes worlds."""
    return Worlds(redis_url, remembering)


@pytest_asyncio.fixture(loop_scope="module")
async def world(worlds: Worlds) -> AsyncIterator[World]:
    """A world without a model."""
    async with worlds() as built:
        yield built
