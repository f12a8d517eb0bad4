"""What an append and a read cost at the beginning of a session and after ten thousand messages.

    python benchmarks/append.py [--length 10000] [--sample 200]

One session grows to `--length` messages in a store of this process's own, one message per append,
summaries off, so that the view grows too. Compared are the medians of `--sample` appends around
the 10th message and around the last, what each of them makes the store write (bytes of its
append-only file, and bytes it answers), and the median of reads of the ten latest messages. The
two take turns, call by call. Goal: ratios of the medians of at most 1.2.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.working_memory.domain.session import ANYBODY, SessionKey
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.sessions.sessions import Sessions
from agent_memory_services.working_memory.store.sessions import SessionStore

GOAL = 1.2
TEXT = "I prefer morning meetings, and I am vegetarian. " * 4


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


async def read(sessions: Sessions, key: SessionKey) -> float:
    """Read the ten latest messages; the microseconds that it took."""
    start = time.perf_counter()
    session = await sessions.get(key, ANYBODY, Limits(messages=10))
    taken = (time.perf_counter() - start) * 1e6
    if len(session.shown) != 10:  # noqa: PLR2004 - as was asked for
        raise RuntimeError("a session is shorter than was written")
    return taken


async def counters(client: Redis) -> tuple[int, int]:
    """Bytes of the append-only file and bytes answered, so far."""
    info = await client.info()
    return info["aof_current_size"], info["total_net_output_bytes"]


async def idle_answer(client: Redis) -> int:
    """Bytes that the counters themselves make the store answer."""
    _, before = await counters(client)
    _, after = await counters(client)
    return after - before


async def measure(client: Redis, sessions: Sessions, keys: list[SessionKey]) -> tuple[float, float]:
    """Bytes written and answered by one append to each of the sessions."""
    own = await idle_answer(client)
    written, answered = await counters(client)
    for key in keys:
        await append(sessions, key)
    written_after, answered_after = await counters(client)
    return (
        (written_after - written) / len(keys),
        (answered_after - answered - own) / len(keys),
    )


async def run(length: int, sample: int) -> bool:
    """Print the costs; false where one grows beyond the goal."""
    async with opened() as client:
        sessions = Sessions(SessionStore(client, 16), lambda _: None, lambda: None)
        young = [SessionKey("t", "young", str(number)) for number in range(2 * sample)]
        for key in young:
            for _ in range(9):
                await append(sessions, key)
        old = SessionKey("t", "old", "s")
        for _ in range(length - 2 * sample):
            await append(sessions, old)
        bytes_of = [
            await measure(client, sessions, keys) for keys in (young[sample:], [old] * sample)
        ]
        pairs = {
            what.__name__: [
                [await what(sessions, key) for key in keys]
                for keys in zip(young[:sample], [old] * sample, strict=True)
            ]
            for what in (append, read)
        }
    for name, (written, answered) in zip(("10th", f"{length}th"), bytes_of, strict=True):
        print(
            f"{name:>8} message: {written:6.0f} bytes written, {answered:5.0f} bytes answered "
            f"(message: {len(TEXT)} bytes)"
        )
    grown = {name: _grown(name, times) for name, times in pairs.items()}
    print(f"goal {GOAL}")
    return all(ratio <= GOAL for ratio in grown.values())


def _grown(name: str, times: list[list[float]]) -> float:
    """Print the medians of a call in a young session and in an old one; their ratio."""
    early, late = map(statistics.median, zip(*times, strict=True))
    ratio: float = late / early
    print(f"{name:>8}: {early:5.0f} us, {late:5.0f} us; ratio {ratio:.2f}")
    return ratio


def main() -> None:
    """Run, and fail beyond the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=200)
    options = parser.parse_args()
    if not asyncio.run(run(options.length, options.sample)):
        sys.exit(1)


if __name__ == "__main__":
    main()
