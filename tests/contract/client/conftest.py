"""Services of this process, and the clients of them."""

from collections.abc import AsyncIterator

import pytest

from agent_memory_client import MemoryAPIClient, MemoryClient
from tests.contract.client.adapter import Awaited
from tests.contract.client.services.running import Services, running


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Three services that hold everything in memory."""
    async with running() as services:
        yield services


@pytest.fixture(params=["asynchronous", "synchronous"])
async def client(
    services: Services, request: pytest.FixtureRequest
) -> AsyncIterator[MemoryAPIClient | Awaited]:
    """A client of the services, without defaults: each of the two, with the same face."""
    if request.param == "asynchronous":
        async with MemoryAPIClient(base_url=services.url) as client:
            yield client
    else:
        with MemoryClient(base_url=services.url) as synchronous:
            yield Awaited(synchronous)
