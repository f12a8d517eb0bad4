"""WorkingMemoryService in this process, with small neighbours, over real connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from agent_memory.working_memory.v1.service_pb2_grpc import WorkingMemoryServiceStub
from agent_memory_services.kit.server.settings import ProcessSettings
from agent_memory_services.working_memory.api.process import lifespan
from agent_memory_services.working_memory.api.settings import Settings
from tests.support.neighbours import (
    ListExtraction,
    ListLongTermMemory,
    serving_extraction,
    serving_long_term_memory,
)
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stubs import WorkingMemoryStub


@dataclass(frozen=True)
class Neighbours:
    """The services around working memory, and where they listen."""

    extraction: ListExtraction
    long_term: ListLongTermMemory
    extraction_address: str
    long_term_address: str


@pytest.fixture
async def neighbours(
    redis: Redis,  # noqa: ARG001 - begins empty
    redis_url: str,
) -> AsyncIterator[Neighbours]:
    """Extraction and long-term memory, both empty."""
    settings = configured(ProcessSettings, redis_url=redis_url, metrics_listen="")
    extraction, long_term = ListExtraction(), ListLongTermMemory()
    async with (
        serving_extraction(extraction, settings) as one,
        serving_long_term_memory(long_term, settings) as other,
    ):
        yield Neighbours(extraction, long_term, one.address, other.address)


@pytest.fixture
def settings(neighbours: Neighbours, redis_url: str) -> Settings:
    """Of a process between these neighbours."""
    return configured(
        Settings,
        redis_url=redis_url,
        extraction_address=neighbours.extraction_address,
        long_term_memory_address=neighbours.long_term_address,
        metrics_listen="",
        partitions=4,
        relay_poll_seconds=0.1,
    )


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """The service."""
    async with serving(lifespan, settings) as served:
        yield served


@pytest.fixture
def stub(served: Served) -> WorkingMemoryStub:
    """A plain stub of it."""
    return WorkingMemoryServiceStub(served.channel)
