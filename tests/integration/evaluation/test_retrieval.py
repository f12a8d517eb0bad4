"""Evaluation through a running service with the real model, and the floor under the ranking."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.cli import app
from agent_memory_services.evaluation.adapters import ADAPTERS, Dataset
from agent_memory_services.evaluation.corpus import SpeakerForm
from agent_memory_services.evaluation.report import recall
from agent_memory_services.evaluation.retrieval import BASELINES, Connection, Evaluation
from agent_memory_services.long_term_memory.api.process import lifespan
from agent_memory_services.long_term_memory.api.settings import Settings
from tests.support.servers import Served, serving
from tests.support.settings import configured

CHATS = Path(__file__).parents[2] / "data" / "retrieval_chats.json"


@pytest.fixture
async def served(redis: Redis, redis_url: str) -> AsyncIterator[Served]:  # noqa: ARG001 - emptied first
    """The service over an empty store."""
    settings = configured(Settings, redis_url=redis_url, metrics_listen="", access_log=False)
    async with serving(lifespan, settings) as served:
        yield served


# What the defaults reach today less about one question in twenty, so that a change of weights
# that helps elsewhere is not hindered by a single question here.
@pytest.mark.parametrize(
    ("form", "floor"), [(SpeakerForm.ENTITY, 0.80), (SpeakerForm.LABEL, 0.80)], ids=str
)
async def test_the_defaults_hold_their_floor(
    served: Served, form: SpeakerForm, floor: float
) -> None:
    """On the shipped chats the defaults find what they found, and more than any usual answer."""
    conversations = ADAPTERS[Dataset.CHATS](CHATS)
    outcomes = await Evaluation(form=form).run(Connection(served.channel, None), conversations)
    default, *others = (recall(outcomes[each.name], 5).fraction for each in BASELINES)
    assert default >= floor
    assert default > max(others)


async def test_nothing_is_left_behind(served: Served) -> None:
    """The memories of an evaluation are gone afterwards, and nobody else's."""
    connection = Connection(served.channel, None)
    kept = rpc.CreateMemoriesRequest()
    kept.memories.add(text="likes tea", user_id="planner")
    await connection.create(kept)
    _, assistant = ADAPTERS[Dataset.CHATS](CHATS)
    await Evaluation(baselines=BASELINES[:1]).run(connection, [assistant])
    query = SearchQuery(filter=MemoryFilter(user_id=TagFilter(eq="planner")))
    assert (await connection.search(rpc.SearchMemoriesRequest(query=query))).total_size == 1


async def test_the_command_prints_the_tables(served: Served, tmp_path: Path) -> None:
    """`agent-memory eval retrieval` evaluates a running system and says how it compares."""
    _, assistant = json.loads(CHATS.read_text())
    (tmp_path / "chats.json").write_text(json.dumps([assistant]))
    options = ("--dataset", "chats", "--address", served.address)
    command = ("eval", "retrieval", *options, str(tmp_path / "chats.json"))
    result = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert result.exit_code == 0, result.stderr
    for expected in ("1 conversations, 34 turns, 19 questions", *(c.name for c in BASELINES)):
        assert expected in result.stdout


@pytest.mark.parametrize(
    ("file", "said"),
    [("other.json", "does not hold"), ("none", "No such file"), (CHATS, "UNAVAILABLE")],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, file: str | Path, said: str) -> None:
    """A file of another kind, no file, and a system that is away are one line each."""
    (tmp_path / "other.json").write_text("{}")
    command = ("eval", "retrieval", "--dataset", "chats", "--address", "127.0.0.1:1")
    result = CliRunner().invoke(app, [*command, str(tmp_path / file)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
