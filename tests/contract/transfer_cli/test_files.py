"""The command line's exports and imports, against a running service."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent_memory_client import MemoryAPIClient
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from agent_memory_services.transfer_cli.terminal import run_export, run_import
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stores import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNT = 230


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(redis_url: str) -> AsyncIterator[str]:
    """A service whose tenant `full` has memories."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    async with emptied(redis_url), serving(lifespan, settings) as served:
        async with MemoryAPIClient(served.address, tenant="full") as memory:
            await memory.create_long_term_memories(
                [
                    {"id": f"m{n}", "text": f"Fact {n} about tea", "user_id": f"u{n % 2}"}
                    for n in range(COUNT)
                ]
            )
        yield served.address


def files(folder: Path) -> list[Path]:
    """What a folder holds."""
    return list(folder.iterdir())


async def export(address: str, file: Path, **named: Any) -> int:
    """Export the tenant `full` as the command does."""
    asked = {"user": None, "namespace": None, "include_hidden": False, "resume": False} | named
    options = {"base_url": address, "tenant": "full"}
    return await asyncio.to_thread(run_export, options, file, **asked)


async def import_(address: str, file: Path, tenant: str, *, resume: bool = False) -> int:
    """Import a file as the command does."""
    options = {"base_url": address, "tenant": tenant}
    return await asyncio.to_thread(run_import, options, file, resume=resume)


async def test_a_file_brings_memories_elsewhere(address: str, tmp_path: Path) -> None:
    """One memory a line; the other tenant has the same ones, and search finds them."""
    file = tmp_path / "memories.jsonl"
    assert await export(address, file) == 0
    lines = file.read_bytes().splitlines()
    assert len(lines) == COUNT
    assert {json.loads(line)["id"] for line in lines} == {f"m{n}" for n in range(COUNT)}
    assert await import_(address, file, "copy") == 0
    assert await import_(address, file, "copy") == 0
    async with MemoryAPIClient(address, tenant="copy") as memory:
        found = await memory.search_long_term_memory("Fact 7 about tea")
        assert found.total == COUNT
    assert [path.name for path in files(tmp_path)] == ["memories.jsonl"]


async def test_a_cut_export_goes_on(address: str, tmp_path: Path) -> None:
    """Behind what the note says is on disk, whatever else was written; else it is refused."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    await export(address, whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    async with MemoryAPIClient(address, tenant="full") as memory:
        parts = memory.export_long_term_memories()
        part = await anext(parts)
        await parts.aclose()
    read = b"".join(lines[: len(part.memories)])
    cut.write_bytes(read + b'{"id": "half a li')
    note = {"token": part.resume_token, "bytes": len(read), "memories": len(part.memories)}
    (tmp_path / "cut.export").write_text(json.dumps(note))
    assert await export(address, cut) == 1
    assert await export(address, cut, resume=True) == 0
    assert cut.read_bytes() == whole.read_bytes()
    assert await export(address, cut, resume=True) == 1
    assert await export(address, cut) == 1


async def test_a_cut_import_goes_on(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the lines that are in; bad lines are named by their number and the rest is stored."""
    file = tmp_path / "mixed"
    good = [json.dumps({"id": f"x{n}", "text": f"Another fact {n}"}) for n in range(5)]
    file.write_text("\n".join([*good[:2], "nonsense", "", '{"id": "x9"}', *good[2:]]) + "\n")
    assert await import_(address, file, "mixed", resume=True) == 1
    note = {"lines": 1, "created": 1, "duplicates": 0, "rejected": 0}
    (tmp_path / "mixed.import").write_text(json.dumps(note))
    assert await import_(address, file, "mixed", resume=True) == 1
    said = capsys.readouterr().err
    assert "line 3: " in said
    assert "line 5 (x9): " in said
    assert "5 memories imported, 0 were there, 2 rejected" in said
    async with MemoryAPIClient(address, tenant="mixed") as memory:
        assert (await memory.search_long_term_memory("")).total == 4


async def test_filters_choose_what_is_exported(address: str, tmp_path: Path) -> None:
    """One user's memories alone; and the client's own methods move the same records."""
    file = tmp_path / "one"
    assert await export(address, file, user="u1") == 0
    assert len(file.read_bytes().splitlines()) == COUNT // 2
    async with MemoryAPIClient(address, tenant="full") as memory:
        parts = [part async for part in memory.export_long_term_memories(user_id={"eq": "u1"})]
    records = [record for part in parts for record in part.memories]
    assert len(records) == COUNT // 2
    async with MemoryAPIClient(address, tenant="client") as memory:
        report = await memory.import_long_term_memories(records)
        assert (report.created, report.duplicates, report.rejected) == (COUNT // 2, 0, 0)
        copies = [part async for part in memory.export_long_term_memories()]
    again = [record for part in copies for record in part.memories]
    changed = {"etag": None}
    assert [r.model_copy(update=changed) for r in again] == [
        r.model_copy(update=changed) for r in records
    ]
