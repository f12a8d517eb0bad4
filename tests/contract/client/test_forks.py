"""Processes that fork after they used a client, as preforking servers and worker pools do."""

import asyncio
import sys

import pytest

from tests.contract.client import forking_application
from tests.contract.client.services.running import Services


@pytest.mark.parametrize("kind", ["asynchronous", "synchronous", "closed"])
async def test_parents_and_children_go_on(services: Services, kind: str) -> None:
    """Each process has connections of its own, without asking for it."""
    application = await asyncio.create_subprocess_exec(
        sys.executable,
        forking_application.__file__,
        kind,
        services.url,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await application.communicate()
    assert application.returncode == 0, errors.decode()
