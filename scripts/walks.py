"""Source files that a call enters, counted while the call is served.

`python scripts/walks.py` starts a store and the services in this process, makes four calls through
the Python client, and prints how many source files of each tree had a function called:

- message: `AppendMessages`, until its facts are stored (relay, extraction, long-term memory);
- search: `SearchMemories`;
- create: `CreateMemories`;
- filter: the files with a function that `SearchMemories` calls for a filter and not without one.

Generated stubs, other packages and Lua are left out. Each call is made once before it is counted,
so that the first use of a process (connecting, loading a model) is left out too; periodic work is
switched off or put off beyond the run, a search does not note its accesses (which it does later, in
the background), and a walk runs beside no service that it does not need. The count of a message may
differ by two between runs: what is stored meanwhile decides what consolidation looks at.
Two lines of the report leave files out: that of the passages, client and kit, through which every
call comes; and for a message that of long-term memory besides, since from there on its facts take
the walk of a creation. `--files` lists the files, `--check` exits with 1 where a walk outside the
passages is longer than its bound.
"""

import argparse
import asyncio
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final, Self, TypeAlias

from agent_memory_client import MemoryAPIClient
from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.extraction.api import process as extraction
from agent_memory_services.extraction.api.settings import Settings as ExtractionSettings
from agent_memory_services.extraction.views import refresh
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.kit.server import server
from agent_memory_services.long_term_memory.api import process as long_term_memory
from agent_memory_services.long_term_memory.api.settings import Settings as LongTermMemorySettings
from agent_memory_services.long_term_memory.store.index import generations
from agent_memory_services.working_memory.api import process as working_memory
from agent_memory_services.working_memory.api.settings import Settings as WorkingMemorySettings

ROOT: Final = Path(__file__).resolve().parent.parent
# The most specific tree comes first: a file belongs to the first one that holds it.
TREES: Final = {
    "client": ROOT / "clients/python/agent_memory_client",
    "kit": ROOT / "services/agent_memory_services/kit",
    "working memory": ROOT / "services/agent_memory_services/working_memory",
    "local extractor": ROOT / "services/agent_memory_services/extraction/extractors/local",
    "extraction": ROOT / "services/agent_memory_services/extraction",
    "long-term memory": ROOT / "services/agent_memory_services/long_term_memory",
    "shared, language": ROOT / "services/agent_memory_services",
}
# Each call passes through these on its way to the code that is about it.
PASSAGES: Final = ("client", "kit")
# What the walks reached so far, outside the passages: a change may lower a bound, and raises none.
# Work in the background may or may not fall into a walk, so runs differ by two or three files.
BOUNDS: Final = {"message": 85, "search": 20, "create": 32, "filter": 1}

_WAIT_SECONDS: Final = 60.0
_BEYOND_THE_RUN: Final = 600.0
_FINISHED_JOBS: Final = "am:ex:{p00}:finished"


# A function: the file that it stands in, and the number of its first line.
Function: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class Trace:
    """Functions that are called in this process, by any thread, while it records.

    Attributes:
        called: functions called so far in the present recording.
    """

    called: set[Function] = field(default_factory=set)
    _recording: bool = False

    def install(self) -> None:
        """Watch this thread and every thread that starts from now on."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)

    @contextmanager
    def recording(self) -> Iterator[set[Function]]:
        """Collect the functions that are called in the block."""
        self.called = set()
        self._recording = True
        try:
            yield self.called
        finally:
            self._recording = False

    def _called(self, frame: FrameType, event: str, _argument: object) -> None:
        if self._recording and event == "call":
            code = frame.f_code
            self.called.add((code.co_filename, code.co_firstlineno))


@dataclass(frozen=True, slots=True)
class Walk:
    """The source files that one call enters.

    Attributes:
        name: of the walk.
        files: their paths from the root of the repository, by tree.
    """

    name: str
    files: dict[str, list[str]]

    @classmethod
    def through(cls, name: str, called: set[Function]) -> Self:
        """Sort the files of the functions into the trees; files elsewhere are left out."""
        files: dict[str, list[str]] = {tree: [] for tree in TREES}
        for path in sorted({Path(file) for file, _ in called}):
            tree = next((each for each, root in TREES.items() if path.is_relative_to(root)), None)
            if tree is not None:
                files[tree].append(str(path.relative_to(ROOT)))
        return cls(name, files)

    @property
    def total(self) -> int:
        """Files of all trees."""
        return sum(map(len, self.files.values()))

    @property
    def rooms(self) -> int:
        """Files outside the passages."""
        return sum(len(files) for tree, files in self.files.items() if tree not in PASSAGES)

    @property
    def own(self) -> int:
        """Files outside the passages that no other walk counts again."""
        return self.rooms - len(self.files["long-term memory"]) * (self.name == "message")


@asynccontextmanager
async def _long_term_memory(common: dict[str, Any]) -> AsyncIterator[str]:
    # No setting says how often a process looks for another index.
    vars(generations)["_LOOK_SECONDS"] = _BEYOND_THE_RUN
    settings = LongTermMemorySettings(
        **common, shards=1, consolidation_sweep_seconds=0, forgetting_interval_seconds=0
    )
    async with server.start(settings, long_term_memory.lifespan) as running:
        yield running.address


@asynccontextmanager
async def _all_services(common: dict[str, Any]) -> AsyncIterator[MemoryAPIClient]:
    # Nor how long a look into views that are due may be put off.
    vars(refresh)["_LONGEST_REST"] = _BEYOND_THE_RUN
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(_long_term_memory(common))
        jobs = await stack.enter_async_context(
            server.start(
                ExtractionSettings(
                    **common,
                    extractor="local",
                    partitions=1,
                    debounce_seconds=0,
                    max_wait_seconds=0,
                    # The walk leads to facts; a message as it was said is stored beside it.
                    index_messages=False,
                    view_refresh_seconds=_BEYOND_THE_RUN,
                    long_term_memory_address=facts,
                ),
                extraction.lifespan,
            )
        )
        sessions = await stack.enter_async_context(
            server.start(
                WorkingMemorySettings(
                    **common,
                    partitions=1,
                    summarization=False,
                    extraction_address=jobs.address,
                    long_term_memory_address=facts,
                ),
                working_memory.lifespan,
            )
        )
        async with MemoryAPIClient(
            working_memory_address=sessions.address,
            extraction_address=jobs.address,
            long_term_memory_address=facts,
        ) as client:
            yield client


@asynccontextmanager
async def _store() -> AsyncIterator[dict[str, Any]]:
    """Start an empty store and give the settings that every service on it shares."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder), fsync="no") as store:
            yield {
                "redis_url": store.url,
                "listen": "127.0.0.1:0",
                "metrics_listen": "",
                "auth": "off",
                "access_log": False,
                "lame_duck_seconds": 0.0,
                "drain_seconds": 1.0,
            }


async def _until_finished(redis_url: str, jobs: int) -> None:
    """Wait in the store itself: a call that asks would be part of the walk."""
    async with connect(redis_url) as store, asyncio.timeout(_WAIT_SECONDS):
        while await store.zcard(_FINISHED_JOBS) < jobs:  # noqa: ASYNC110 - Redis sets no events
            await asyncio.sleep(0.05)


async def message(trace: Trace) -> Walk:
    """Walk from a message to the facts in it."""
    said = [{"role": "user", "content": "I prefer window seats, and I'm vegetarian."}]
    async with _store() as common, _all_services(common) as client:
        await client.append_messages_to_working_memory("first", said, user_id="alice")
        await _until_finished(common["redis_url"], 1)
        with trace.recording() as entered:
            await client.append_messages_to_working_memory("second", said, user_id="bob")
            await _until_finished(common["redis_url"], 2)
    return Walk.through("message", entered)


async def create_and_search(trace: Trace) -> Sequence[Walk]:
    """Walk through a creation, a search, and what a filter adds to the search."""
    condition = {"topics": {"any": ["travel"]}, "created_at": {"gt": "2020-01-01T00:00:00Z"}}
    async with (
        _store() as common,
        _long_term_memory(common) as address,
        MemoryAPIClient(long_term_memory_address=address) as client,
    ):

        async def create(seat: str) -> None:
            text = f"User prefers {seat} seats on trains"
            await client.create_long_term_memories(
                [{"text": text, "user_id": "alice", "topics": ["travel"]}]
            )

        async def search(**filters: Any) -> None:
            await client.search_long_term_memory("Where does Alice sit?", untracked=True, **filters)

        await create("window")
        with trace.recording() as creation:
            await create("aisle")
        await search(**condition)
        with trace.recording() as searched:
            await search()
        with trace.recording() as filtered:
            await search(**condition)
    return (
        Walk.through("search", searched),
        Walk.through("create", creation),
        Walk.through("filter", filtered - searched),
    )


def table(walks: Sequence[Walk]) -> Iterator[str]:
    """Lines of the report."""
    yield f"{'':26}" + "".join(f"{walk.name:>10}" for walk in walks)
    for tree in TREES:
        yield f"{tree:26}" + "".join(f"{len(walk.files[tree]):10}" for walk in walks)
    yield f"{'in all':26}" + "".join(f"{walk.total:10}" for walk in walks)
    yield f"{'without client and kit':26}" + "".join(f"{walk.rooms:10}" for walk in walks)
    yield f"{'before a creation':26}" + "".join(f"{walk.own:10}" for walk in walks)
    yield f"{'bound':26}" + "".join(f"{BOUNDS.get(walk.name, ''):>10}" for walk in walks)


def main() -> int:
    """Print the counts, and check them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond a bound")
    parser.add_argument("--files", action="store_true", help="list the files of each walk")
    options = parser.parse_args()
    trace = Trace()
    trace.install()
    walks = [asyncio.run(message(trace)), *asyncio.run(create_and_search(trace))]
    print(*table(walks), sep="\n")
    if options.files:
        for walk in walks:
            paths = (f"  {path}" for files in walk.files.values() for path in files)
            print(f"\n{walk.name}", *paths, sep="\n")
    longer = [walk for walk in walks if walk.rooms > BOUNDS.get(walk.name, walk.rooms)]
    for walk in longer:
        print(f"{walk.name}: {walk.rooms} files, more than {BOUNDS[walk.name]}", file=sys.stderr)
    return int(options.check and bool(longer))


if __name__ == "__main__":
    sys.exit(main())
