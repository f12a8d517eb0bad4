"""Endpoints of models that tests open, and close with the test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.extraction.extractors.openai.endpoints import opened


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    """Close the endpoints that a test asks for."""
    yield
    while opened:
        await opened.pop().aclose()
