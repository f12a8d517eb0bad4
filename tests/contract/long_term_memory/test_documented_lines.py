"""The examples of lines in docs/patterns.md, told to a real service and rendered for a prompt."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.working_memory.prompt.rendering import bullet
from tests.contract.long_term_memory.conftest import Tenant
from tests.contract.long_term_memory.facts import one

PAGE = Path(__file__).resolve().parents[3] / "docs/patterns.md"
EXAMPLE = re.compile(r"^\d\. .*?^   ```text\n(?P<lines>.*?)^   ```$", re.DOTALL | re.MULTILINE)
STORED = re.compile(r"^   \| (\d{4}-\d\d-\d\d) \| (.+) \|$", re.MULTILINE)
EXAMPLES = list(EXAMPLE.finditer(PAGE.read_text()))


async def test_there_are_five_examples() -> None:
    """Each shows what is stored and its lines."""
    assert len(EXAMPLES) == 5
    assert all(STORED.search(each[0]) for each in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=[each[0][:40] for each in EXAMPLES])
async def test_lines_are_as_documented(tenant: Tenant, example: re.Match[str]) -> None:
    """What is stored in the order of the table reads as the page says."""
    stored: list[str] = []
    for day, text in STORED.findall(example[0]):
        memory = Memory(text=text)
        memory.create_time.FromDatetime(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))
        stored.append((await one(tenant, memory)).memory_id)
    told = {memory_id: await tenant.get(memory_id) for memory_id in stored}
    lines = [bullet(each, UTC, told) for each in told.values()]
    assert lines == [line.strip() for line in example["lines"].splitlines()]
