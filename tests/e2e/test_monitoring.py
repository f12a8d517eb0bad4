"""What operators watch, against a running stack under a little load."""

import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import promql_parser as ast
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from scripts import metrics_page

from agent_memory_client import MemoryAPIClient
from agent_memory_client.exceptions import MemoryNotFoundError
from agent_memory_client.models import ClientMemoryRecord, MemoryMessage
from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.e2e.conftest import QUICK
from tests.support.openai_server import ScriptedModel
from tests.support.prometheus.dashboards import all_queries
from tests.support.prometheus.queries import Query
from tests.support.prometheus.rules import Rule, Watchman, read_rules
from tests.support.prometheus.watched_stack import WatchedStack

# A stopped service leaves its mark on every rate that is looked at afterwards.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.in_order]

RULES = read_rules(Path(__file__).parents[2] / "deploy/prometheus/agent-memory.yaml")
COMPARISONS = {">", "<", ">=", "<=", "==", "!="}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WatchedStack]:
    """A stack with a model, scraped before and after a little of everything."""
    folder: Path = tmp_path_factory.mktemp("stack")
    async with ScriptedModel() as model:
        environment = QUICK | {"AGENT_MEMORY_EXTRACTION_OPENAI_BASE_URL": model.base_url}
        async with Stack(StackOptions(state_dir=folder, environment=environment)) as stack:
            watched = WatchedStack(stack)
            await watched.scrape()
            for number in range(3):
                await _use(stack, number)
                await watched.scrape()
            yield watched


@pytest.mark.parametrize(("where", "text"), list(all_queries()))
async def test_each_panel_shows_something(watched: WatchedStack, where: str, text: str) -> None:
    """No query names a metric or a label that no process has."""
    assert _told(text, watched), where


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
async def test_each_alert_watches_something(watched: WatchedStack, rule: Rule) -> None:
    """What it compares is there to be compared."""
    for side in _compared(rule.query.tree):
        assert _told(side.prettify(), watched), side.prettify()


async def test_the_page_tells_every_metric(watched: WatchedStack) -> None:
    """`python scripts/metrics_page.py` brings it up to date."""
    assert metrics_page.written() == metrics_page.table(
        await metrics_page.expositions_of(watched.stack)
    )


async def test_every_series_is_there_before_it_is_needed(watched: WatchedStack) -> None:
    """A counter without a series would show no rate when its first event comes."""
    expositions = await metrics_page.expositions_of(watched.stack)
    for exposition in expositions.values():
        for metric in text_string_to_metric_families(exposition):
            assert metric.samples, metric.name


async def test_no_label_names_anybody(watched: WatchedStack) -> None:
    """Nobody who used the stack, and nothing that was said or stored."""
    told = "\n".join((await metrics_page.expositions_of(watched.stack)).values())
    for word in ('"ana"', '"s0"', '"default"', "vegetarian", "cats"):
        assert word not in told


async def test_nothing_is_wrong_with_a_healthy_stack(watched: WatchedStack) -> None:
    """An alert that fires without a cause is one that nobody heeds."""
    watchman = Watchman(RULES, watched.scrapes)
    for _ in range(3):
        await watched.scrape()
        assert watchman.firing(watched.now) == set()


@pytest.mark.long
async def test_a_stopped_extraction_is_noticed_and_its_return_too(watched: WatchedStack) -> None:
    """Turns pile up in the outbox, the alerts fire; they end when it is back and has caught up."""
    watchman = Watchman(RULES, watched.scrapes)
    extraction = watched.stack.processes["extraction"]
    expected = {"AgentMemoryBacklogStalled", "AgentMemoryProcessDown"}
    await extraction.stop()
    async with MemoryAPIClient(base_url=f"http://{watched.stack.address}") as memory:
        said = MemoryMessage(role="user", content="I moved to Lisbon.")
        await memory.append_messages_to_working_memory("unheard", [said], user_id="ana")
        await watched.until(lambda: expected <= watchman.firing(watched.now))
        await extraction.start()
        await memory.wait_for_extraction("unheard", timeout=60)
    await watched.until(lambda: not expected & watchman.firing(watched.now))


async def _use(stack: Stack, number: int) -> None:
    """A turn, a memory, a search, a prompt, and a mistake."""
    async with MemoryAPIClient(base_url=f"http://{stack.address}", default_user_id="ana") as memory:
        session, said = f"s{number}", MemoryMessage(role="user", content="I'm vegetarian.")
        await memory.append_messages_to_working_memory(session, [said])
        await memory.wait_for_extraction(session, timeout=60)
        await memory.create_long_term_memories([ClientMemoryRecord(text=f"Ana has {number} cats.")])
        await memory.search_long_term_memory("cats")
        await memory.memory_prompt("what do I eat?", session_id=session, long_term_search={})
        with pytest.raises(MemoryNotFoundError):
            await memory.get_long_term_memory("01ARZ3NDEKTSV4RRFFQ69G5FAV")


def _told(text: str, watched: WatchedStack) -> bool:
    """Whether a query returns at least one number."""
    return any(not math.isnan(v) for _, v in Query(text).at(watched.now, watched.scrapes))


def _compared(node: ast.Expr) -> Iterator[ast.Expr]:
    """The sides of an alert's conditions, without the bounds that they must not pass."""
    match node:
        case ast.BinaryExpr() if str(node.op) in COMPARISONS:
            yield from _compared(node.lhs)
        case ast.BinaryExpr() if str(node.op) in {"and", "or", "unless"}:
            yield from _compared(node.lhs)
            yield from _compared(node.rhs)
        case ast.ParenExpr():
            yield from _compared(node.expr)
        case _:
            yield node
