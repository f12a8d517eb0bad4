"""Many memories moved to an empty stack, with every process of the move killed twice.

AGENT_MEMORY_TEST_MEMORIES says how many; 100000 take some minutes.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_memory_client import MemoryAPIClient, MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.transfer_cli.files import TransferMark
from agent_memory_services.transfer_cli.transfer import EXPORT_SUFFIX, IMPORT_SUFFIX
from tests.integration.long_term_memory.embeddings.provider import Provider

pytestmark = [pytest.mark.long, pytest.mark.timeout(0)]

MEMORIES = int(os.environ.get("AGENT_MEMORY_TEST_MEMORIES", "6000"))
OWNERS = max(10, MEMORIES // 1000)
SEARCHES = 100
KILLS = 2
THINGS = ("tea", "jazz", "chess", "bread", "rivers", "maps", "tulips", "trains", "paint", "ferns")
PLACES = ("Oslo", "Turku", "Ghent", "Riga", "Porto", "Lyon", "Bergen", "Delft", "Tartu", "Split")


def memories() -> Iterator[MemoryRecord]:
    """Statements that all differ, of owners who have as many each."""
    for number in range(MEMORIES):
        thing, place = THINGS[number % 10], PLACES[number // 10 % 10]
        yield MemoryRecord(
            id=f"m{number:08d}",
            text=f"Note {number}: the user likes {thing} from {place}",
            user_id=f"owner-{number % OWNERS}",
            topics=[thing],
            metadata={"number": number, "place": place},
        )


@asynccontextmanager
async def running(folder: Path, provider: Provider) -> AsyncIterator[MemoryAPIClient]:
    """An empty stack, and a client of it; its vectors come from a provider that is quick."""
    prefix = "AGENT_MEMORY_LONG_TERM_MEMORY_EMBEDDING"
    environment = {
        f"{prefix}_PROVIDER": "openai",
        f"{prefix}_BASE_URL": provider.url,
        f"{prefix}_MODEL": "m",
        f"{prefix}_DIMENSION": "8",
    }
    stack = Stack(StackOptions(state_dir=folder, environment=environment, console=False))
    await stack.start()
    try:
        async with MemoryAPIClient(f"http://{stack.address}", timeout=600) as client:
            yield client
    finally:
        await stack.stop()


async def killed(command: str, file: Path, suffix: str, address: str) -> list[int]:
    """Run a command to its end, killed each time it has got further; tell how far it had got."""
    mark, reached = TransferMark(file, suffix), [0]
    words = [sys.executable, "-m", "agent_memory_services", command, str(file)]
    while True:
        process = await asyncio.create_subprocess_exec(
            *(*words, "--base-url", address, "--timeout", "600"),
            *(["--resume"] if len(reached) > 1 else []),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        ending = asyncio.ensure_future(process.communicate())
        # Each is killed when a third more is done, and the last goes on to the end.
        goal = MEMORIES * len(reached) // (KILLS + 1)
        while not ending.done() and len(reached) <= KILLS:
            noted = mark.read() or {}
            done = noted.get("memories") or noted.get("lines") or 0
            if done >= goal > 0:
                process.send_signal(signal.SIGKILL)
                reached.append(done)
                break
            await asyncio.sleep(0.005)
        output, _ = await ending
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, output.decode()
            return reached[1:]


async def seen(client: MemoryAPIClient) -> tuple[list[int], list[list[str]]]:
    """How many memories there are, in all and of owners, and what searches find."""
    owners = [{"user_id": f"owner-{number}"} for number in range(10)]
    counts = [await client.count_long_term_memories(filters=each) for each in ({}, *owners)]
    found = []
    for number in range(SEARCHES):
        question = f"Who likes {THINGS[number % 10]} from {PLACES[number // 10]}?"
        owner = f"owner-{number % OWNERS}"
        page = await client.search_long_term_memory(
            question, filters={"user_id": {"eq": owner}}, untracked=True
        )
        found.append([hit.id for hit in page.memories])
    return counts, found


async def test_many_memories_move_through_killed_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts and what searches find are the same on the other side."""
    file, times = tmp_path / "memories.jsonl", [time.perf_counter()]
    async with Provider().serve() as provider:
        async with running(tmp_path / "here", provider) as here:
            report = await here.import_long_term_memories(memories())
            times.append(time.perf_counter())
            assert (report.created, report.rejected) == (MEMORIES, 0)
            expected = await seen(here)
            exports = await killed("export", file, EXPORT_SUFFIX, here.config.base_url)
            times.append(time.perf_counter())
        async with running(tmp_path / "there", provider) as there:
            imports = await killed("import", file, IMPORT_SUFFIX, there.config.base_url)
            times.append(time.perf_counter())
            actual = await seen(there)
    with file.open("rb") as lines:
        assert sum(1 for _ in lines) == MEMORIES
    with capsys.disabled():
        filled, exported, imported = (b - a for a, b in itertools.pairwise(times))
        print(  # noqa: T201 - the figures are what is wanted
            f"\n{MEMORIES} memories of {OWNERS} owners: stored in {filled:.0f} s; exported in"
            f" {exported:.0f} s, killed at {exports}; imported in {imported:.0f} s, killed at"
            f" {imports}; counts {actual[0][:3]}... and {SEARCHES} searches equal:"
            f" {actual == expected}"
        )
    assert (len(exports), len(imports)) == (KILLS, KILLS)
    assert expected[0][0] == MEMORIES
    assert all(expected[1])
    assert actual == expected
