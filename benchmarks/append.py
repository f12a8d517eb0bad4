"""What an append costs at the beginning of a session and after ten thousand messages.

    python benchmarks/append.py [--length 10000] [--sample 200]

One session grows to `--length` messages in a store of this process's own, one message per append,
summaries off, so that the view grows too. Compared are the medians of `--sample` appends around
the 10th message and around the last, and what each of them makes the store write: bytes of its
append-only file, and bytes it answers. Goal: a ratio of the medians of at most 1.2.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.working_memory.domain.session import ANYBODY, SessionKey
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.sessions import SessionStore

GOAL = 1.2
TEXT = "I prefer morning meetings, and I am vegetarian. " * 4


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians per append: microseconds, bytes of the append-only file, bytes answered."""

    micros: float
    written: float
    answered: float


@asynccontextmanager
async def opened() -> AsyncIterator[Redis]:
    """A store of our own."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder)) as store, connect(store.url) as client:
            yield client


async def append(sessions: Sessions, key: SessionKey) -> float:
    """Append a message; the microseconds that it took."""
    message = Message(role="user", content=TEXT)
    start = time.perf_counter()
    await sessions.append(key, [message], ANYBODY, etag="", request_id="")
    return (time.perf_counter() - start) * 1e6


async def counters(client: Redis) -> tuple[int, int]:
    """Bytes of the append-only file and bytes answered, so far."""
    info = await client.info()
    return info["aof_current_size"], info["total_net_output_bytes"]


async def idle_answer(client: Redis) -> int:
    """Bytes that the counters themselves make the store answer."""
    _, before = await counters(client)
    _, after = await counters(client)
    return after - before


async def measure(client: Redis, sessions: Sessions, keys: list[SessionKey]) -> Cost:
    """The cost of one append to each of the sessions."""
    own = await idle_answer(client)
    written, answered = await counters(client)
    micros = [await append(sessions, key) for key in keys]
    written_after, answered_after = await counters(client)
    return Cost(
        statistics.median(micros),
        (written_after - written) / len(keys),
        (answered_after - answered - own) / len(keys),
    )


async def run(length: int, sample: int) -> float:
    """Print both costs; the ratio of their medians."""
    async with opened() as client:
        sessions = Sessions(SessionStore(client, 16), lambda _: None, lambda: None)
        young = [SessionKey("t", "young", str(number)) for number in range(sample)]
        for key in young:
            for _ in range(9):
                await append(sessions, key)
        old = SessionKey("t", "old", "s")
        for _ in range(length - sample):
            await append(sessions, old)
        early = await measure(client, sessions, young)
        late = await measure(client, sessions, [old] * sample)
    for name, cost in (("10th", early), (f"{length}th", late)):
        print(
            f"{name:>8} message: {cost.micros:7.0f} us, {cost.written:6.0f} bytes written, "
            f"{cost.answered:5.0f} bytes answered (message: {len(TEXT)} bytes)"
        )
    ratio = late.micros / early.micros
    print(f"ratio {ratio:.2f}, bytes written {late.written / early.written:.2f} (goal {GOAL})")
    return ratio


def main() -> None:
    """Run, and fail beyond the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=200)
    options = parser.parse_args()
    if asyncio.run(run(options.length, options.sample)) > GOAL:
        sys.exit(1)


if __name__ == "__main__":
    main()
