"""A service process for the tests of its life: `python -m tests.integration.kit.slow_service`.

A read of the session `slow` takes half a second; one of `stuck` never ends by itself.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog

from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.server import server
from agent_memory_services.kit.server.server import Service
from agent_memory_services.kit.server.settings import ProcessSettings
from tests.contract.kit.working_memory import Told, lifespan_of

log = structlog.get_logger()


async def _behave(request: Any, _: object) -> None:
    log.info("test.entered")
    if request.session_id == "slow":
        await asyncio.sleep(0.5)
    elif request.session_id == "stuck":
        await asyncio.Event().wait()


async def _fail_soon() -> None:
    await asyncio.sleep(0.1)
    raise RuntimeError("the background work failed")


@asynccontextmanager
async def _lifespan(settings: ProcessSettings) -> AsyncIterator[Service]:
    if os.environ.get("SLOW_SERVICE") == "starts never":
        log.info("test.starting")
        await asyncio.Event().wait()
    if os.environ.get("SLOW_SERVICE") == "asks the store":
        async with connect(settings.redis_url) as client:
            await client.ping()
    async with asyncio.TaskGroup() as group, lifespan_of(Told(_behave))(settings) as service:
        if os.environ.get("SLOW_SERVICE") == "fails in the background":
            group.create_task(_fail_soon())
        yield service
    log.info("test.handed_back")


if __name__ == "__main__":
    server.run(ProcessSettings, _lifespan)
