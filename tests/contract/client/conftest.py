"""Services of this process, and a client of them."""

from collections.abc import AsyncIterator

import pytest

from agent_memory_client import MemoryAPIClient
from tests.contract.client.services.running import Services, running


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Three services that hold everything in memory."""
    async with running() as services:
        yield services


@pytest.fixture
async def client(services: Services) -> AsyncIterator[MemoryAPIClient]:
    """A client of the services, without defaults."""
    async with MemoryAPIClient(base_url=services.url) as client:
        yield client
