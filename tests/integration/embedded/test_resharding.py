"""Stores that are not copied by `agent-memory reshard`, because a service uses them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis as blocking
from redis.asyncio import Redis
from typer.testing import CliRunner

from agent_memory_services.cli import app
from agent_memory_services.commands import resharding
from agent_memory_services.commands.resharding import MARK, ReshardError
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.extraction.store.queue import PROCESSES_KEY
from agent_memory_services.kit.redis.background import Presence, is_anyone_present
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermSettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingSettings
from tests.support.servers import serving
from tests.support.settings import configured

SERVICES: dict[str, tuple[Any, Any]] = {
    "working memory": (working_memory, WorkingSettings),
    "long-term memory": (long_term_memory, LongTermSettings),
    "extraction": (extraction, ExtractionSettings),
}
NOBODY = "redis://:secret@127.0.0.1:1"
LEASES = "am:ex:{p00}:leases"
Told = Callable[[int], None]


@asynccontextmanager
async def running(service: str, url: str) -> AsyncIterator[None]:
    """A process of a service, in this one, that has said that it is there."""
    process, settings = SERVICES[service]
    chosen = configured(settings, redis_url=url, metrics_listen="")
    async with serving(process.lifespan, chosen), connect(url) as client, asyncio.timeout(60):
        while service not in await resharding.users(client):
            await asyncio.sleep(0.01)
        yield


class Stores(NamedTuple):
    """One that the services have used, and an empty one."""

    used: str
    empty: str

    async def reshard(self, told: Told = lambda _: None) -> Any:
        """Copy one to the other, with other numbers."""
        return await resharding.reshard(self.used, self.empty, shards=2, partitions=3, told=told)


@pytest.fixture
async def stores(redis_url: str, tmp_path: Path) -> AsyncIterator[Stores]:
    """Both, without a process."""
    async with EmbeddedStore(tmp_path, fsync="no") as empty:
        for service in ("working memory", "long-term memory"):
            async with running(service, redis_url):
                pass
        yield Stores(redis_url, empty.url)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_store_that_a_service_uses_is_not_copied(stores: Stores, service: str) -> None:
    """Until its last process has ended; so it is with the store that is written."""
    async with running(service, stores.used):
        with pytest.raises(ReshardError, match=f"a process of {service} still uses the store"):
            await stores.reshard()
    async with running(service, stores.empty):
        with pytest.raises(ReshardError, match=f"a process of {service} still uses the new store"):
            await stores.reshard()


async def test_a_store_is_copied_when_its_services_have_ended(stores: Stores) -> None:
    """None of them is said to be there in the copy."""
    async with running("extraction", stores.used), running("working memory", stores.used):
        pass
    await stores.reshard()
    async with connect(stores.empty) as copy:
        assert not await copy.exists(MARK, PROCESSES_KEY)


async def test_a_service_that_starts_during_the_copy_spoils_it(
    stores: Stores, cleaner: blocking.Redis
) -> None:
    """What it wrote may be missing, so the new store is not one that services may use."""

    def start(_: int) -> None:
        cleaner.zadd(PROCESSES_KEY, {"late": 1})

    with pytest.raises(ReshardError, match="a process of extraction"):
        await stores.reshard(told=start)
    async with connect(stores.empty) as copy:
        assert await copy.exists(MARK)
    cleaner.delete(PROCESSES_KEY)
    await stores.reshard()


async def test_a_job_that_is_worked_on_is_waited_for(stores: Stores, redis: Redis) -> None:
    """A process of an earlier release is known by it alone."""
    soon = time.time_ns() // 1000 + 3_600_000_000
    await redis.zadd(LEASES, {"job": soon})
    with pytest.raises(ReshardError, match="still works on a job"):
        await stores.reshard()
    await redis.zadd(LEASES, {"job": 1})
    await stores.reshard()


async def test_processes_know_how_many_they_are(redis: Redis) -> None:
    """One that leaves is not counted; the last one leaves no trace."""
    first, second = (Presence(redis, "am:test:present", 60.0) for _ in range(2))
    async with first.told():
        assert await second.tell() == 2
        await second.leave()
        assert await first.tell() == 1
    assert not await is_anyone_present(redis, "am:test:present")


async def test_a_process_that_was_killed_is_gone_after_its_silence(redis: Redis) -> None:
    """Whether others are there or not."""
    killed, other = (Presence(redis, "am:test:present", 0.2) for _ in range(2))
    await killed.tell()
    while await other.tell() > 1:
        pass
    await other.leave()
    assert not await is_anyone_present(redis, "am:test:present")


@pytest.mark.parametrize(
    "command", [("snapshot", "--store"), ("reshard", "--to", NOBODY, "--from")]
)
@pytest.mark.parametrize(
    ("url", "told"), [("nonsense", "is no address of a store"), (NOBODY, "127.0.0.1:1")]
)
def test_a_store_that_is_not_there_is_told_in_one_line(
    command: tuple[str, ...], url: str, told: str
) -> None:
    """With the address, and without its password."""
    ended = CliRunner().invoke(app, [*command, url])
    assert ended.exit_code == 1
    (line,) = ended.output.splitlines()
    assert told in line
    assert "secret" not in line
