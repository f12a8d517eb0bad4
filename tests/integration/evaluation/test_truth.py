"""Histories told to a running service."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.cli import app
from agent_memory_services.evaluation.histories import Way, read_histories
from agent_memory_services.evaluation.live_system import System
from agent_memory_services.evaluation.truth import Fault, Verdict, tell
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.support.servers import Served, serving
from tests.support.settings import configured

JOBS = [
    {"at": "2023-05-01T09:00:00Z", "text": "I work at Acme"},
    {"at": "2024-05-01T09:00:00Z", "text": "I joined Globex"},
]
RIGHT = {
    "current": [{"says": ["Globex"]}],
    "not_current": [{"says": ["Acme"]}],
    "past": [{"says": ["Acme"]}],
}
WRONG = {
    "current": [{"says": ["Acme"]}, {"says": ["Initech"]}],
    "not_current": [{"says": ["Globex"]}],
}


@pytest.fixture
async def served(redis: Redis, redis_url: str) -> AsyncIterator[Served]:  # noqa: ARG001 - emptied first
    """The service over an empty store."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    async with serving(lifespan, settings) as served:
        yield served


def written(folder: Path, *statements: object, **expects: object) -> Path:
    """A file with one history."""
    path = folder / "histories.jsonl"
    row = {"id": "h", "kind": "job", "statements": statements, "expects": expects}
    path.write_text(json.dumps(row) + "\n")
    return path


async def told(served: Served, path: Path) -> Verdict:
    """The only history of a file, told by CreateMemories."""
    (history,) = read_histories(path)
    return await tell(System(served.channel, None, "truth"), history, Way.CREATE)


async def test_what_the_service_believes_is_compared_with_what_is_expected(
    served: Served, tmp_path: Path
) -> None:
    """A newer employer is current and the older one over; the contrary is told as such."""
    assert (await told(served, written(tmp_path, *JOBS, **RIGHT))).faults == []
    verdict = await told(served, written(tmp_path, *JOBS, **WRONG))
    assert [fault for fault, _ in verdict.faults] == [Fault.ENDED, Fault.LOST, Fault.CURRENT]


async def test_records_of_one_event_on_two_days_are_told_with_their_days(
    served: Served, tmp_path: Path
) -> None:
    """The day of an event reaches the service."""
    trips = [
        {"at": f"2024-0{month}-02T09:00:00Z", "text": text, "event": f"2024-0{month}-01"}
        for month, text in ((3, "User climbed Ben Nevis"), (5, "User climbed Snowdon"))
    ]
    path = written(tmp_path, *trips, distinct=[{"says": ["climb"], "count": 2, "ended": True}])
    assert (await told(served, path)).faults == []


async def test_told_histories_leave_nothing_behind(served: Served, tmp_path: Path) -> None:
    """Memories that are over are deleted as well."""
    await told(served, written(tmp_path, *JOBS, **RIGHT))
    count = rpc.CountMemoriesRequest(filter=MemoryFilter(), include_hidden=True)
    answer = await LongTermMemoryServiceStub(served.channel).CountMemories(count)
    assert answer.count == 0


async def test_the_command_prints_faults_by_kind(served: Served, tmp_path: Path) -> None:
    """`agent-memory eval truth` tells a running system the histories of a file."""
    path = written(tmp_path, *JOBS, **WRONG)
    arguments = ("eval", "truth", "--told", "create", str(path), "--failures")
    result = await asyncio.to_thread(
        CliRunner().invoke, app, [*arguments, "--address", served.address]
    )
    for expected in ("1 histories, told 1 times", "Stored by CreateMemories", "lost: Initech"):
        assert expected in result.stdout, result.stderr


def test_the_command_names_the_kinds_that_there_are(tmp_path: Path) -> None:
    """One that no history is of is refused."""
    path = written(tmp_path, *JOBS, **WRONG)
    arguments = ("eval", "truth", "--told", "create", str(path), "--address", "127.0.0.1:1")
    assert "there are: job" in CliRunner().invoke(app, [*arguments, "--kind", "home"]).stderr
