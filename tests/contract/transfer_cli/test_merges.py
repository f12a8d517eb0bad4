"""The command line's review of merges, against a running service."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord, Provenance
from agent_memory_services.commands.merges_terminal import run
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.support.servers import serving
from tests.support.settings import configured
from tests.support.stores import emptied

pytestmark = pytest.mark.asyncio(loop_scope="module")
MERGES = {
    "sound": ("User lives in Rome", "I live in Rome"),
    "numbers": ("User has 2 cats", "User has 3 cats"),
    "people": ("User's sister likes tea", "User likes tea"),
    "denied": ("User likes coffee", "User does not like coffee"),
    "words": ("User met a friend in Oslo", "User met a colleague in Oslo"),
}


def merged(name: str, texts: tuple[str, str], user_id: str) -> list[MemoryRecord]:
    """A merge as an earlier release might have made it."""
    originals = [
        MemoryRecord(id=f"{name}-{at}", text=text, user_id=user_id, merged_into=name)
        for at, text in enumerate(texts)
    ]
    ids = Provenance(memory_ids=[each.id for each in originals])
    record = MemoryRecord(id=name, text=texts[0], user_id=user_id, provenance=ids)
    return [*originals, record]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(redis_url: str) -> AsyncIterator[str]:
    """A service whose tenant `full` has merges of two users."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    async with emptied(redis_url), serving(lifespan, settings) as served:
        async with MemoryAPIClient(served.address, tenant="full") as memory:
            rows = [
                row
                for name, texts in MERGES.items()
                for row in merged(name, texts, "bob" if name == "words" else "alice")
            ]
            assert (await memory.import_long_term_memories(rows)).created == len(rows)
        yield served.address


async def review(address: str, **asked: Any) -> int:
    """Review the tenant `full` as the command does."""
    named = {"user": None, "namespace": None, "everything": False, "as_json": False} | asked
    return await asyncio.to_thread(run, {"base_url": address, "tenant": "full"}, **named)


async def test_a_review_says_which_merges_it_would_take_apart(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, in words; sound ones are counted."""
    assert await review(address) == 0
    told = capsys.readouterr().out
    assert "numbers  User has 2 cats  (alice)\n  would be taken apart\n" in told
    assert "numbers-0 and numbers-1: they differ in numbers, single letters or signs" in told
    assert "people-0 and people-1: they are about different people or things" in told
    assert "denied-0 and denied-1: they contradict each other" in told
    assert "words-0 and words-1: they differ in words: colleague, friend" in told
    assert "sound-0" not in told
    assert "5 merges: 3 would be taken apart, 1 would not be made without a model, 1 are" in told


async def test_a_review_is_data_too(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One merge a line, sound ones where all are asked for."""
    assert await review(address, as_json=True, everything=True, user="alice") == 0
    found = {
        each["memory_id"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())
    }
    assert {name: each["finding"] for name, each in found.items()} == {
        "sound": "sound",
        "numbers": "apart",
        "people": "apart",
        "denied": "apart",
    }
    assert found["sound"]["doubts"] == []
    assert [each["text"] for each in found["numbers"]["originals"]] == [*MERGES["numbers"]]


async def test_a_review_changes_nothing(address: str) -> None:
    """Merges stay as they are until somebody reverts them."""
    async with MemoryAPIClient(address, tenant="full") as memory:
        ids = [f"{name}-{at}" for name in MERGES for at in range(2)] + list(MERGES)
        before = await memory.batch_get_long_term_memories(ids)
        assert await review(address, everything=True) == 0
        assert await memory.batch_get_long_term_memories(ids) == before


async def test_a_service_that_is_away_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    """By the exit code and in one line."""
    assert await review("http://127.0.0.1:1") == 1
    assert capsys.readouterr().err.startswith("agent-memory: ")
