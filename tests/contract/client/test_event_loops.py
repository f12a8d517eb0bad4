"""Clients, event loops, threads and connections."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from agent_memory_client import (
    MemoryAPIClient,
    MemoryClient,
    MemoryClientError,
    MemoryRecord,
    MemoryStateError,
    MemoryUnavailableError,
    MemoryValidationError,
    create_memory_client,
    create_sync_memory_client,
)
from agent_memory_client._channels import SERVICES
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
    """Made before any loop, and used in three over the same connection."""
    client = MemoryAPIClient(base_url=served_elsewhere.url)
    counts = [asyncio.run(client.count_long_term_memories()) for _ in range(3)]
    assert counts == [0, 0, 0]
    assert len(client._connection.channels._open) == 1
    asyncio.run(client.aclose())


def test_one_client_serves_loops_of_many_threads(served_elsewhere: Services) -> None:
    """All at once."""
    client = MemoryAPIClient(base_url=served_elsewhere.url)

    async def create(number: int) -> None:
        await asyncio.gather(
            *(client.create_long_term_memories([{"text": f"{number} {n}"}]) for n in range(5))
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: asyncio.run(create(number)), range(8)))
    assert len(served_elsewhere.long_term_memory.memories) == 40
    asyncio.run(client.aclose())


def test_many_threads_share_a_synchronous_client(served_elsewhere: Services) -> None:
    """Each call is whole, and the connection is one."""
    with MemoryClient(base_url=served_elsewhere.url) as client, ThreadPoolExecutor(8) as threads:

        def create(number: int) -> str:
            created = client.create_long_term_memories([MemoryRecord(text=f"fact {number}")])
            return client.get_long_term_memory(created.ids[0]).text

        assert list(threads.map(create, range(40))) == [f"fact {n}" for n in range(40)]
        found = list(client.search_all_long_term_memories("fact", batch_size=7))
        assert len(found) == 40
        assert len(client._connection.channels._open) == 1


def test_the_synchronous_client_works_where_a_loop_runs(served_elsewhere: Services) -> None:
    """As in a notebook, whose cells run inside of one."""

    async def cell() -> int:
        with create_sync_memory_client(served_elsewhere.url) as client:
            client.set_working_memory("s", {"messages": [{"role": "user", "content": "hi"}]})
            client.create_long_term_memories([{"text": "likes tea"}])
            with closing(client.stream_long_term_memories("tea")) as hits:
                return len(list(hits))

    assert asyncio.run(cell()) == 1


async def test_a_client_made_at_import_time_needs_no_loop() -> None:
    """Construction connects nowhere."""
    assert MADE_AT_IMPORT.config.base_url == "http://localhost:8000"
    assert not MADE_AT_IMPORT._connection.channels._open


async def test_a_closed_client_says_so(client: MemoryAPIClient) -> None:
    """Every later call is refused, of a client that shares its connections too."""
    await client.count_long_term_memories()
    other = client.with_options(timeout=60)
    await client.close()
    await client.close()
    for closed in (client, other):
        with pytest.raises(MemoryStateError, match="the client is closed"):
            await closed.count_long_term_memories()
        with pytest.raises(MemoryStateError, match="the client is closed"):
            [hit async for hit in closed.stream_long_term_memories("tea")]
        with pytest.raises(MemoryStateError, match="the client is closed"):
            [change async for change in closed.watch_working_memory("s")]
        with pytest.raises(MemoryStateError, match="the client is closed"):
            await closed.import_long_term_memories([])
        with pytest.raises(MemoryStateError, match="the client is closed"):
            await closed.health_check()


async def test_leaving_the_block_closes(services: Services) -> None:
    """Of both clients."""
    async with MemoryAPIClient(base_url=services.url) as client:
        await client.count_long_term_memories()
    with pytest.raises(MemoryStateError):
        await client.count_long_term_memories()
    with MemoryClient(base_url=services.url) as synchronous:
        pass
    with pytest.raises(MemoryStateError):
        synchronous.count_long_term_memories()


async def test_closing_ends_what_is_under_way(client: MemoryAPIClient, services: Services) -> None:
    """With an error of the client's own."""
    services.recorder.stalled.add("CountMemories")
    counting = asyncio.create_task(client.count_long_term_memories())
    while not services.recorder.calls("CountMemories"):
        await asyncio.sleep(0)
    await client.close()
    with pytest.raises(MemoryClientError):
        await counting


async def test_giving_up_cancels_the_call(services: Services) -> None:
    """The task ends at once, and the client goes on."""
    services.recorder.stalled.add("CountMemories")
    async with MemoryAPIClient(base_url=services.url) as client:
        counting = asyncio.create_task(client.count_long_term_memories())
        while not services.recorder.calls("CountMemories"):
            await asyncio.sleep(0)
        counting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await counting
        assert (await client.list_jobs()).jobs == []


async def test_services_at_one_address_share_a_channel(services: Services) -> None:
    """Three addresses make three channels, one address makes one."""
    apart = MemoryAPIClient(
        base_url=services.url, extraction_address=services.url.replace("127.0.0.1", "localhost")
    )
    together = MemoryAPIClient(base_url=services.url)
    for client, count in ((together, 1), (apart, 2)):
        channels = client._connection.channels
        assert len({id(channels.of(service)) for service in SERVICES.values()}) == count
        await client.list_jobs()
        await client.aclose()


async def test_other_options_share_the_connections(services: Services) -> None:
    """A client with another timeout uses the same channels; another address is refused."""
    async with MemoryAPIClient(base_url=services.url) as client:
        other = client.with_options(timeout=60, default_user_id="alice")
        assert other._connection.channels is client._connection.channels
        assert (other.config.default_user_id, client.config.default_user_id) == ("alice", None)
        with pytest.raises(MemoryValidationError, match="of their own"):
            client.with_options(extraction_address="elsewhere:1")


async def test_create_memory_client_looks_first(services: Services) -> None:
    """It answers a client of services that are there, and names those that are not."""
    client = await create_memory_client(services.url, default_namespace="home")
    assert client.config.default_namespace == "home"
    await client.aclose()
    with pytest.raises(MemoryUnavailableError, match="cannot reach extraction"):
        await create_memory_client(services.url, extraction_address="127.0.0.1:9", timeout=60)
