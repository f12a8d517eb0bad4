"""From 100 long messages that are appended at once to all of them being found by searches.

A stack of its own keeps messages and makes them searchable; nothing else is extracted. Every text
has to be embedded once, as the process's own counter tells. Processor seconds tell what it costs
where other work keeps the machine busy. Run it with `python benchmarks/long_messages.py`; on two
cores it takes about a minute.
"""

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
from rich.console import Console
from rich.table import Table

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage
from agent_memory_services.embedded.stack import Stack, StackOptions

MESSAGES: Final = 100
CHARACTERS: Final = 8_000
GOAL_SECONDS: Final = 60
POLL_SECONDS: Final = 0.2
EMBEDDED: Final = re.compile(
    r"^agent_memory_embedding_texts_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE
)
PARTS: Final = (
    "The service on host {n} answers slowly since the change of its pool to {m} connections.",
    "We looked at the plan of query {m} again, and table {n} is read as a whole each time.",
    "Someone has to rotate the keys of cluster {n} before shard {m} is moved elsewhere.",
    "Test {m} fails on machine {n} alone, whose clock is behind by some milliseconds.",
)


def said(number: int) -> str:
    """Say something long and different; what it is found by stands at its very end."""
    told = f" It is known as ticket{number}x."
    return "".join(_sentences(number, CHARACTERS - len(told))) + told


def _sentences(number: int, room: int) -> Iterator[str]:
    at = 0
    while (sentence := PARTS[at % len(PARTS)].format(n=number, m=at * 7) + " ") and room > 0:
        yield sentence
        room -= len(sentence)
        at += 1


def cpu_seconds(stack: Stack) -> float:
    """Read the processor time of long-term memory."""
    (pid,) = (each.child.pid for name, each in stack.processes.items() if "long" in name)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


async def embedded(stack: Stack) -> int:
    """Count the texts that long-term memory has embedded."""
    (address,) = (value for name, value in stack.metrics.items() if "long" in name)
    async with httpx2.AsyncClient() as http:
        page = (await http.get(f"http://{address}/metrics")).text
    return round(sum(map(float, EMBEDDED.findall(page))))


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="agent-memory-long-") as folder:
        options = StackOptions(state_dir=Path(folder))
        async with (
            Stack(options) as stack,
            MemoryAPIClient(base_url=f"http://{stack.address}") as client,
        ):
            await client.get_or_create_working_memory("talk")
            strategy = {"strategy": "none", "index_messages": True}
            await client.update_working_memory("talk", {"long_term_memory_strategy": strategy})
            messages = [MemoryMessage(role="user", content=said(at)) for at in range(MESSAGES)]
            before, began = await embedded(stack), time.perf_counter()
            worked = cpu_seconds(stack)
            await client.append_messages_to_working_memory("talk", messages, timeout=60)
            appended = time.perf_counter() - began
            while True:
                if await client.count_long_term_memories(memory_type="message") == MESSAGES:
                    break
                await asyncio.sleep(POLL_SECONDS)
            stored = time.perf_counter() - began
            worked = cpu_seconds(stack) - worked
            texts = await embedded(stack) - before
            found = 0
            for at in range(MESSAGES):
                page = await client.search_long_term_memory(f"ticket{at}x", limit=1)
                found += page.memories[0].text.endswith(f"ticket{at}x.")
            jobs = (await client.list_jobs(session_id="talk")).jobs
            table = Table("what", "measured", "goal")
            table.add_row("seconds until appended", f"{appended:.1f}", "")
            table.add_row("seconds until all are searchable", f"{stored:.1f}", str(GOAL_SECONDS))
            table.add_row("processor seconds of it", f"{worked:.1f}", str(2 * GOAL_SECONDS))
            table.add_row("found by their last word", str(found), str(MESSAGES))
            table.add_row("texts embedded", str(texts), str(MESSAGES))
            table.add_row("attempts at jobs", str(sum(job.attempt for job in jobs)), str(len(jobs)))
            Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
