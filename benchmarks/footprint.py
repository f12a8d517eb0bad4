"""What the suite takes: memory of each process, and bytes of the store per memory and message.

The numbers of docs/operations/sizing.md. Run it with `python benchmarks/footprint.py`; with the
local model it takes about a minute.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.kit.redis.client import connect

MEMORIES: Final = 2_000
MESSAGES: Final = 2_000
BATCH: Final = 100
KIBIBYTE: Final = 1024
# Nothing else is to be stored by what is said.
ENVIRONMENT: Final = {
    "AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "3600",
    "AGENT_MEMORY_EXTRACTION_MAX_WAIT_SECONDS": "3600",
}
FAMILIES: Final = {
    "am:wm:": "sessions: log, view, ids",
    "am:ex:": "extraction: what waits",
    ":m:": "memory: record, words, vectors",
    ":r:": "memory: history",
    ":h:": "memory: digest of its content",
    ":c:": "feed of changes",
}
"""Parts of keys, with what the keys hold."""
INDEX: Final = "index and the rest"
POLL_SECONDS: Final = 0.2


async def used(client: Redis) -> Counter[str]:
    """Count the bytes that the store holds at the moment, by what they are for."""
    found: Counter[str] = Counter()
    whole = int((await client.info("memory"))["used_memory"])
    async for key in client.scan_iter(count=1000):
        family = next((name for part, name in FAMILIES.items() if part in key.decode()), INDEX)
        if family != INDEX:
            found[family] += int(await client.memory_usage(key, samples=0) or 0)
    found[INDEX] = whole - found.total()
    return found


def resident_mib(stack: Stack) -> Mapping[str, int]:
    """Resident memory of the service processes."""
    pids = {name: process.child.pid for name, process in stack.processes.items()}
    return {name: _resident_kib(pid) // KIBIBYTE for name, pid in pids.items()}


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


async def remember(client: MemoryAPIClient) -> None:
    """Store memories of a usual length, all different."""
    for start in range(0, MEMORIES, BATCH):
        numbers = range(start, start + BATCH)
        records = [
            MemoryRecord(
                text=f"User visited place number {n} with friends and liked its food and gardens.",
                user_id=f"user-{n % 50}",
                topics=["travel", "food"],
            )
            for n in numbers
        ]
        await client.create_long_term_memories(records, deduplicate=False)


async def talk(client: MemoryAPIClient, *, index: bool) -> None:
    """Say things of a usual length, in sessions of a hundred messages, and wait for their index."""
    kind = "searchable" if index else "kept"
    for start in range(0, MESSAGES, BATCH):
        session = f"{kind}-{start}"
        said = [
            {
                "role": "user",
                "content": f"In message {start + n} I tell you a little about my day. " * 3,
            }
            for n in range(BATCH)
        ]
        strategy = {"strategy": "none" if index else "discrete", "index_messages": index}
        await client.get_or_create_working_memory(session)
        await client.update_working_memory(session, {"long_term_memory_strategy": strategy})
        await client.append_messages_to_working_memory(session, said)
    while index:
        if await client.count_long_term_memories(memory_type="message") == MESSAGES:
            return
        await asyncio.sleep(POLL_SECONDS)


async def measured(stack: Stack) -> AsyncIterator[Counter[str]]:
    """Yield what the store holds after each step."""
    async with (
        connect(str(stack.redis_url)) as redis,
        MemoryAPIClient(base_url=f"http://{stack.address}") as client,
    ):
        yield await used(redis)
        await remember(client)
        yield await used(redis)
        await talk(client, index=True)
        yield await used(redis)
        await talk(client, index=False)
        yield await used(redis)


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="agent-memory-footprint-") as folder:
        options = StackOptions(state_dir=Path(folder), environment=ENVIRONMENT)
        async with Stack(options) as stack:
            idle = resident_mib(stack)
            empty, *steps = [found async for found in measured(stack)]
            processes = Table("process", "idle", "after the load", title="Resident MiB")
            for name, mib in resident_mib(stack).items():
                processes.add_row(name, str(idle[name]), str(mib))
            kinds = ("a memory", "a message that searches find", "one not yet extracted")
            table = Table("what", *kinds, title="Bytes of the store")
            before = [empty, *steps[:-1]]
            counts = (MEMORIES, MESSAGES, MESSAGES)
            grown = [
                {name: (now[name] - then[name]) // count for name in now}
                for now, then, count in zip(steps, before, counts, strict=True)
            ]
            for name in (*FAMILIES.values(), INDEX):
                table.add_row(name, *(str(each.get(name, 0)) for each in grown))
            table.add_row("all", *(str(sum(each.values())) for each in grown))
            Console().print(processes, table)


if __name__ == "__main__":
    asyncio.run(main())
