"""What the suite takes: memory of each process, and bytes of the store per memory and message.

The numbers of docs/operations/sizing.md. Run it with `python benchmarks/footprint.py`; with the
local model it takes about a minute.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryRecord
from agent_memory_services.embedded.stack import Stack, StackOptions
from agent_memory_services.kit.redis.client import connect

MEMORIES = 2_000
MESSAGES = 2_000
BATCH = 100
KIBIBYTE = 1024
# Nothing else is to be stored by what is said.
NO_EXTRACTION = {"AGENT_MEMORY_EXTRACTION_DEBOUNCE_SECONDS": "3600"}
NO_WAIT = {"AGENT_MEMORY_EXTRACTION_MAX_WAIT_SECONDS": "3600"}


async def used_bytes(stack: Stack) -> int:
    """What the store holds at the moment."""
    async with connect(str(stack.redis_url)) as client:
        return int((await client.info("memory"))["used_memory"])


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


async def talk(client: MemoryAPIClient) -> None:
    """Say things of a usual length, in sessions of a hundred messages."""
    for start in range(0, MESSAGES, BATCH):
        said = [
            {
                "role": "user",
                "content": f"In message {start + n} I tell you a little about my day. " * 3,
            }
            for n in range(BATCH)
        ]
        await client.append_messages_to_working_memory(f"session-{start}", said)


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="agent-memory-footprint-") as folder:
        options = StackOptions(state_dir=Path(folder), environment={**NO_EXTRACTION, **NO_WAIT})
        async with (
            Stack(options) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}") as client,
        ):
            idle, empty = resident_mib(stack), await used_bytes(stack)
            await remember(client)
            after_memories = await used_bytes(stack)
            await talk(client)
            after_messages = await used_bytes(stack)
            table = Table("what", "idle", "after the load", title="Footprint", title_justify="left")
            for name, mib in resident_mib(stack).items():
                table.add_row(f"{name} (resident MiB)", str(idle[name]), str(mib))
            memory = (after_memories - empty) // MEMORIES
            message = (after_messages - after_memories) // MESSAGES
            table.add_row("store: bytes per memory", "", str(memory))
            table.add_row("store: bytes per message not yet extracted", "", str(message))
            Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
