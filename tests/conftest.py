"""A real store for every test that asks for one, empty before each."""

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
import redis as blocking
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from agent_memory_services.embedded.store import EmbeddedStore
from agent_memory_services.kit.contract.lasting import lasting
from agent_memory_services.kit.redis.client import connect
from agent_memory_services.long_term_memory.store.embeddings import local
from tests.support.stores import is_shared, refuse_strays

# Asked for by name, as a server on loopback has to be; tests of authentication choose their own.
os.environ.setdefault("AGENT_MEMORY_AUTH", "off")

# `make test-long` runs the tests of properties again with the second one, `make fuzz` with the
# third, which alone looks for examples that no run before it had: a change is judged by its own.
# None minds how long an example takes to make or to try: the machine may be busy.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_REPEATABLE = settings(_UNHURRIED, derandomize=True)
settings.register_profile("agent-memory", _REPEATABLE, max_examples=30)
settings.register_profile("at-length", _REPEATABLE, max_examples=100)
settings.register_profile("searching", _UNHURRIED, max_examples=1000)
settings.load_profile("agent-memory")

_END_TO_END = Path(__file__).parent / "e2e"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Twice as many as cores: many tests wait for processes and clocks."""
    if config.option.numprocesses == "logical":
        return None
    return (os.cpu_count() or 1) * 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what the imports made, which stays for good."""
    with lasting():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests, and trace no properties.

    Those that are marked `in_order` keep their order, and end-to-end tests come first. A property
    goes through the lines of its examples again and again; the examples of other tests do so once.
    """
    for _, module in groupby(list(enumerate(items)), key=lambda item: item[1].path):
        places = [(at, item) for at, item in module if item.get_closest_marker("in_order")]
        written = sorted((item for _, item in places), key=lambda item: item.reportinfo()[1] or 0)
        for (at, _), item in zip(places, written, strict=True):
            items[at] = item
    # Each process runs a part of the whole without a gap, and gives its last ones to whoever is
    # done. So one of them starts the stack that all of these tests use, and starts it first.
    items.sort(key=lambda item: _END_TO_END not in item.path.parents)
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session", autouse=True)
def model_loaded_once() -> Iterator[None]:
    """Let all embedders of this test process run one copy of each model."""
    with pytest.MonkeyPatch.context() as patch:
        for load in ("_load_encoder", "weights_digest", "Tokenizer"):
            patch.setattr(local, load, cache(getattr(local, load)))
        yield


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a store that this test process owns, or of the one the environment names."""
    if given := os.environ.get("AGENT_MEMORY_TEST_REDIS_URL"):
        if "PYTEST_XDIST_WORKER" in os.environ:
            raise pytest.UsageError("one given store cannot be flushed by several test processes")
        yield given
        return
    store = EmbeddedStore(tmp_path_factory.mktemp("store"), fsync="no")
    # A loop of its own: the loops of tests come and go while the server stays.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(store.start())
        yield store.url
        runner.run(store.stop())


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the store, which no server of other tests uses."""
    assert not is_shared(redis_url), "a server that other tests share would lose its index"
    async with connect(redis_url) as client:
        yield client


@pytest.fixture(scope="session")
def cleaner(redis_url: str) -> Iterator[blocking.Redis]:
    """A connection of its own, which no test waits for."""
    with blocking.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture(autouse=True)
def clean_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test find no data and no index of another, and leave no key which nothing removes."""
    if "redis_url" not in request.fixturenames:
        yield
        return
    client: blocking.Redis = request.getfixturevalue("cleaner")
    url: str = request.getfixturevalue("redis_url")
    if not is_shared(url):
        client.flushall()
    yield
    refuse_strays(client, url)
