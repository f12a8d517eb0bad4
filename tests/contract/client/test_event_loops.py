"""Clients, event loops and connections."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryUnavailableError,
    MemoryValidationError,
    create_memory_client,
)
from agent_memory_client.channels import ChannelPool
from tests.contract.client.services.running import Services, running

MADE_AT_IMPORT = MemoryAPIClient(base_url="http://localhost:8000")


@pytest.fixture
def served_elsewhere() -> Iterator[Services]:
    """Services in a thread with an event loop of its own, for tests that run loops themselves."""
    ready, stop = threading.Event(), threading.Event()
    found: list[Services] = []

    async def serve() -> None:
        async with running() as services:
            found.append(services)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    yield found[0]
    stop.set()
    thread.join()


def test_one_client_serves_one_loop_after_another(served_elsewhere: Services) -> None:
    """Made before any loop, used in two, and the first loop's channels are let go."""
    client = MemoryAPIClient(base_url=served_elsewhere.url)
    counts = [asyncio.run(client.count_long_term_memories()) for _ in range(3)]
    assert counts == [0, 0, 0]
    assert len(client._connection.pool._sets) == 1


async def test_a_client_made_at_import_time_needs_no_loop() -> None:
    """Construction connects nowhere."""
    assert MADE_AT_IMPORT.config.base_url == "http://localhost:8000"
    assert not MADE_AT_IMPORT._connection.pool._sets


async def test_a_closed_client_opens_again(services: Services) -> None:
    """Closing ends the connections of this loop; the next call makes new ones."""
    client = MemoryAPIClient(base_url=services.url)
    await client.count_long_term_memories()
    await client.aclose()
    await client.close()
    assert await client.count_long_term_memories() == 0
    await client.aclose()


async def test_services_at_one_address_share_a_channel(services: Services) -> None:
    """Three addresses make three channels, one address makes one."""
    apart = MemoryAPIClient(
        base_url=services.url, extraction_address=services.url.replace("127.0.0.1", "localhost")
    )
    together = MemoryAPIClient(base_url=services.url)
    assert len(ChannelPool(together.config).current()._channels) == 1
    assert len(set(apart._connection.services.by_service.values())) == 2
    await apart.list_jobs()
    await apart.aclose()


async def test_other_options_share_the_connections(services: Services) -> None:
    """A client with another timeout uses the same channels; another address is refused."""
    async with MemoryAPIClient(base_url=services.url) as client:
        other = client.with_options(timeout=5, default_user_id="alice")
        assert other._connection.services is client._connection.services
        assert (other.config.default_user_id, client.config.default_user_id) == ("alice", None)
        with pytest.raises(MemoryValidationError, match="of their own"):
            client.with_options(extraction_address="elsewhere:1")


async def test_create_memory_client_looks_first(services: Services) -> None:
    """It answers a client of services that are there, and names those that are not."""
    client = await create_memory_client(services.url, default_namespace="home")
    assert client.config.default_namespace == "home"
    await client.aclose()
    with pytest.raises(MemoryUnavailableError, match="cannot reach extraction"):
        await create_memory_client(services.url, extraction_address="127.0.0.1:9", timeout=2)
