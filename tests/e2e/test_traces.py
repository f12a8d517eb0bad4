"""One turn of a conversation is one trace, from the application to the store."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent_memory_services.embedded.stack import Stack, StackOptions
from tests.e2e.conftest import QUICK
from tests.support import traced_application
from tests.support.collector import CLIENT, CONSUMER, SERVER, Collector, Seen, collecting
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = (
    "agent-memory-working-memory",
    "agent-memory-extraction",
    "agent-memory-long-term-memory",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def turn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Collector]:
    """What a collector saw of one turn, from the application and from a traced stack."""
    folder: Path = tmp_path_factory.mktemp("stack")
    async with collecting() as collector:
        traced = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        options = StackOptions(state_dir=folder, environment=QUICK | traced)
        async with Stack(options) as stack:
            await _said(f"http://{stack.address}", collector.endpoint)
            await eventually(lambda: bool(collector.named("extraction extract")), within=120)
        # Ending the stack has sent what was left.
        yield collector


async def test_a_turn_is_one_trace(turn: Collector) -> None:
    """Application, three services, outbox, queue and store, each below what caused it."""
    (root,) = turn.named("turn")
    trace = [span for span in turn.spans if span.trace_id == root.trace_id]
    assert {span.service for span in trace} == {"application", *SERVICES}
    created = [s for s in trace if s.kind == SERVER and s.name.endswith("/CreateMemories")]
    by_job = {_descent(trace, span)[6]: span for span in created}
    # One stores what was said, one what is told by it.
    assert len(by_job) == len(created) == 2
    memory_created = by_job[(SERVICES[1], "extraction extract")]
    said = by_job[(SERVICES[1], "extraction store")]
    assert _descent(trace, said)[:6] == _descent(trace, memory_created)[:6]
    assert _descent(trace, memory_created) == [
        ("application", "turn"),
        ("application", "WorkingMemoryService/AppendMessages"),
        (SERVICES[0], "WorkingMemoryService/AppendMessages"),
        (SERVICES[0], "outbox delivery"),
        (SERVICES[0], "ExtractionService/SubmitMessages"),
        (SERVICES[1], "ExtractionService/SubmitMessages"),
        (SERVICES[1], "extraction extract"),
        (SERVICES[1], "LongTermMemoryService/CreateMemories"),
        (SERVICES[2], "LongTermMemoryService/CreateMemories"),
    ]
    below = {span.name for span in trace if span.parent_id == memory_created.span_id}
    assert any(name.startswith("embeddings ") for name in below)
    for service in SERVICES:
        assert [s for s in trace if s.service == service and s.kind == CLIENT and _of_store(s)]
    assert not [span for span in trace if span.failed and not _missing_script(span)]


async def test_work_for_later_is_marked_as_such(turn: Collector) -> None:
    """The two places where a turn waits are where one looks for delays."""
    for name in ("outbox delivery", "extraction extract"):
        (span,) = turn.named(name)
        assert span.kind == CONSUMER
    (delivery,) = turn.named("outbox delivery")
    assert delivery.attributes["agent_memory.waited_seconds"] >= 0
    (run,) = turn.named("extraction extract")
    assert run.attributes["agent_memory.job.messages"] == 1
    assert run.attributes["agent_memory.job.memories"] >= 1


async def test_spans_hold_nothing_of_anybody(turn: Collector) -> None:
    """No text, no user, no session, no tenant, in whatever field."""
    told = (traced_application.TEXT, traced_application.USER, traced_application.SESSION, "default")
    for span in turn.spans:
        for word in told:
            assert word.encode() not in span.wire, (span.service, span.name)


async def test_polling_makes_no_traces(turn: Collector) -> None:
    """Whatever has no caller is what the application asked for, and nothing else."""
    assert {span.name for span in turn.spans if not span.parent_id} == {"turn"}


async def _said(gateway: str, collector: str) -> None:
    application = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", traced_application.__name__, gateway, collector),
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await application.communicate()
    assert application.returncode == 0, complaint.decode()


def _descent(trace: list[Seen], span: Seen) -> list[tuple[str, str]]:
    """Who led to a span, the first of the trace first; packages are left out."""
    by_id = {span.span_id: span for span in trace}
    line = [span]
    while line[0].parent_id:
        line.insert(0, by_id[line[0].parent_id])
    return [(span.service, span.name.rpartition(".")[2]) for span in line]


def _of_store(span: Seen) -> bool:
    return span.attributes.get("db.system.name") == "redis"


def _missing_script(span: Seen) -> bool:
    """A store that was just started is given each script once."""
    return span.attributes.get("error.type") == "NoScriptError"
