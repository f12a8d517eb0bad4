"""An application that forks after it used a client: prints what becomes of each process's calls."""

import asyncio
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from agent_memory_client import MemoryAPIClient, MemoryClient


def in_child(call: Callable[[], object]) -> bool:
    """Whether a call succeeds in a forked process, which ends at once."""
    child = os.fork()
    if not child:
        code = 1
        try:
            call()
            code = 0
        except BaseException:  # noqa: BLE001 - reported by the parent; a child never returns
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def in_process(call: Callable[[], object]) -> bool:
    """Whether a call succeeds in a forked process that ends as the interpreter does."""
    process = multiprocessing.get_context("fork").Process(target=call)
    process.start()
    process.join()
    return process.exitcode == 0


def asynchronous(url: str) -> list[bool]:
    """Fork beside a loop that ended, and inside of one that runs."""
    client = MemoryAPIClient(base_url=url, timeout=30)

    async def use() -> None:
        await asyncio.gather(*(client.count_long_term_memories() for _ in range(5)))
        assert [hit async for hit in client.stream_long_term_memories("")] == []

    def used() -> None:
        asyncio.run(use())

    def used_twice() -> None:
        used()
        os._exit(0 if in_child(used) else 1)

    async def within() -> list[bool]:
        await use()
        told = [in_child(used), in_process(used)]
        for fork in (in_child, in_process):
            told.append(await asyncio.to_thread(fork, used))
            await use()
        return told

    used()
    results = [in_child(used)]
    used()
    results += asyncio.run(within())
    # A child of a child, which inherits channels of two processes.
    results.append(in_child(used_twice))
    return results


def synchronous(url: str) -> list[bool]:
    """Fork from the main thread, from another one, and from those of a pool."""
    client = MemoryClient(base_url=url, timeout=30)

    def use() -> None:
        client.count_long_term_memories()
        assert list(client.stream_long_term_memories("")) == []

    async def cell() -> list[bool]:
        use()
        return [in_process(use), await asyncio.to_thread(in_process, use)]

    use()
    results = [in_child(use), in_process(use)]
    use()
    thread = threading.Thread(target=lambda: results.append(in_child(use)))
    thread.start()
    thread.join()
    use()
    results += asyncio.run(cell())
    with ThreadPoolExecutor(2) as pool:
        results += pool.map(in_process, [use, use])
    use()
    return results


def waiting(url: str) -> list[bool]:
    """Fork while calls of each kind wait for their answers, which they get afterwards."""
    client = MemoryClient(base_url=url, timeout=60)
    in_loops = MemoryAPIClient(base_url=url, timeout=60)
    forked = threading.Event()

    def memories() -> Iterator[dict[str, str]]:
        forked.wait()
        yield {"id": "m", "text": "likes tea"}

    def use() -> None:
        assert client.list_jobs().jobs == []
        list(client.stream_long_term_memories(""))
        assert asyncio.run(in_loops.list_jobs()).jobs == []

    calls: list[Callable[[], object]] = [
        client.count_long_term_memories,
        lambda: asyncio.run(in_loops.count_long_term_memories()),
        lambda: client.import_long_term_memories(memories(), timeout=60).created,
    ]
    with closing(client.watch_long_term_memories()) as watching, ThreadPoolExecutor() as pool:
        assert next(watching).memory_id == "m"
        answers = [pool.submit(call) for call in calls]
        # Who runs this says when the calls have arrived, and is told when to answer them.
        sys.stdin.readline()
        results = [in_child(use), in_process(use)]
        print("forked", flush=True)  # noqa: T201
        forked.set()
        results.append([answer.result() for answer in answers] == [0, 0, 1])
        results.append(next(watching).memory_id == "n")
    use()
    return results


def closed(url: str) -> list[bool]:
    """Fork after the client was closed: it stays closed."""
    client = MemoryClient(base_url=url)
    client.count_long_term_memories()
    client.close()
    return [not in_child(client.count_long_term_memories)]


if __name__ == "__main__":
    outcomes = {
        "asynchronous": asynchronous,
        "synchronous": synchronous,
        "waiting": waiting,
        "closed": closed,
    }
    told = outcomes[sys.argv[1]](sys.argv[2])
    print(told, file=sys.stderr)  # noqa: T201
    sys.exit(0 if all(told) else 1)
