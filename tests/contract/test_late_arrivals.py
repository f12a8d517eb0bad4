"""What is on its way from one service to the next while its user is erased."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from agent_memory_client import MemoryAPIClient
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings
from tests.support.held_line import HeldLine
from tests.support.known import known_of
from tests.support.residue import residue
from tests.support.servers import serving

USER = "alice-liddell"


@dataclass(frozen=True)
class World:
    """Three services; the lines between them can be held, a client's own cannot."""

    memory: MemoryAPIClient
    to_extraction: HeldLine
    to_long_term_memory: HeldLine

    async def say(self, session: str, text: str, user: str) -> None:
        """Say something, and do not wait for what becomes of it."""
        said = [{"role": "user", "content": text}]
        await self.memory.append_messages_to_working_memory(session, said, user_id=user)

    async def settle(self, session: str, user: str) -> None:
        """Wait until what was said there is stored."""
        await self.memory.wait_for_extraction(session, user_id=user)


@asynccontextmanager
async def _running(redis_url: str) -> AsyncIterator[World]:
    common: dict[str, Any] = {"redis_url": redis_url, "metrics_listen": "", "access_log": False}
    async with (
        serving(long_term_memory.lifespan, LongTermMemorySettings(**common)) as remembering,
        HeldLine(remembering.address).running() as to_long_term_memory,
        serving(
            extraction.lifespan,
            ExtractionSettings(
                **common,
                long_term_memory_address=to_long_term_memory.address,
                partitions=4,
                debounce_seconds=0.0,
                max_wait_seconds=0.0,
                extractor="local",
            ),
        ) as extracting,
        HeldLine(extracting.address).running() as to_extraction,
        serving(
            working_memory.lifespan,
            WorkingMemorySettings(
                **common,
                extraction_address=to_extraction.address,
                long_term_memory_address=remembering.address,
                partitions=4,
                relay_poll_seconds=0.1,
            ),
        ) as working,
        MemoryAPIClient(
            working_memory_address=f"http://{working.address}",
            extraction_address=f"http://{extracting.address}",
            long_term_memory_address=f"http://{remembering.address}",
        ) as memory,
    ):
        yield World(memory, to_extraction, to_long_term_memory)


@pytest.fixture
async def world(redis: Redis, redis_url: str) -> AsyncIterator[World]:  # noqa: ARG001 - empty
    """Services whose connections are warm, so that a held line holds one call."""
    async with _running(redis_url) as world:
        await world.say("warm", "I like soup.", "bob")
        await world.settle("warm", "bob")
        yield world


async def test_a_submission_on_its_way_is_refused_on_arrival(world: World, redis: Redis) -> None:
    """The relay had sent it when the user was erased; others' words are taken in after it."""
    world.to_extraction.hold()
    await world.say("tea", "I like the walrus.", USER)
    await world.to_extraction.holds(b"walrus")
    await world.memory.erase_user(USER)
    assert await residue(redis, USER, "walrus") == []
    world.to_extraction.let_go()
    await world.say("soup", "I like bread.", "bob")
    await world.settle("soup", "bob")
    assert await residue(redis, USER, "walrus") == []


async def test_a_fact_on_its_way_is_refused_on_arrival(world: World, redis: Redis) -> None:
    """A worker had sent it when the user was erased; the user may begin anew."""
    world.to_long_term_memory.hold()
    await world.say("tea", "I like the walrus.", USER)
    await world.to_long_term_memory.holds(b"walrus")
    await world.memory.erase_user(USER)
    assert await residue(redis, USER, "walrus") == []
    world.to_long_term_memory.let_go()
    await world.say("tea", "I like the carpenter.", USER)
    await world.settle("tea", USER)
    assert await residue(redis, "walrus") == []
    assert ["carpenter" in text for text in await known_of(world.memory, USER)] == [True]
