"""An application that forks after it used a client: prints what becomes of each process's calls."""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Callable

from agent_memory_client import MemoryAPIClient, MemoryClient


def in_child(call: Callable[[], object]) -> bool:
    """Whether a call succeeds in a forked process."""
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
        told = await asyncio.to_thread(in_child, used)
        await use()
        return [told]

    used()
    results = [in_child(used)]
    used()
    results += asyncio.run(within())
    # A child of a child, which inherits channels of two processes.
    results.append(in_child(used_twice))
    return results


def synchronous(url: str) -> list[bool]:
    """Fork from the main thread, and from another one."""
    client = MemoryClient(base_url=url, timeout=30)

    def use() -> None:
        client.count_long_term_memories()
        assert list(client.stream_long_term_memories("")) == []

    use()
    results = [in_child(use)]
    use()
    thread = threading.Thread(target=lambda: results.append(in_child(use)))
    thread.start()
    thread.join()
    use()
    return results


def closed(url: str) -> list[bool]:
    """Fork after the client was closed: it stays closed."""
    client = MemoryClient(base_url=url)
    client.count_long_term_memories()
    client.close()
    return [not in_child(client.count_long_term_memories)]


if __name__ == "__main__":
    outcomes = {"asynchronous": asynchronous, "synchronous": synchronous, "closed": closed}
    sys.exit(0 if all(outcomes[sys.argv[1]](sys.argv[2])) else 1)
