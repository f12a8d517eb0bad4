"""ExtractionService in this process, in front of a recording long-term memory."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.support.extraction_service import Extraction, extracting


@pytest.fixture
async def extraction(
    redis: Redis,  # noqa: ARG001 - begins empty
    redis_url: str,
) -> AsyncIterator[Extraction]:
    """The service with the local extractor; a job waits a minute unless a test says otherwise."""
    async with extracting(redis_url, debounce_seconds=60, max_wait_seconds=60) as service:
        yield service
