"""A running stack for the tests of the adapters, which know nothing of the services' code."""

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a stack: of the one that a variable names, or of one that ends with the tests."""
    if given := os.environ.get("AGENT_MEMORY_TEST_URL"):
        yield given
        return
    folder = tmp_path_factory.mktemp("stack")
    environment = {**os.environ, "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "0.2"}
    with subprocess.Popen(
        [REPOSITORY / ".venv/bin/agent-memory", "up", "--port", "0", "--state-dir", folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
    ) as stack:
        assert stack.stdout is not None
        for line in stack.stdout:
            if found := re.search(r"http://[\d.:a-z]+", line):
                break
        else:
            raise RuntimeError("the stack did not start")
        yield found.group()
        stack.terminate()


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return uuid.uuid4().hex[:12]
