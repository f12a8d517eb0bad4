"""Ending replicas by SIGTERM; `tests.chaos.rolling` replaces all of them, as often as one likes."""

from pathlib import Path

from tests.chaos.rolling import Turn, roll
from tests.support.collector import Collector, collecting


async def test_nobody_notices_the_end_of_a_replica(tmp_path: Path) -> None:
    """No call fails, the watcher goes on elsewhere, all is extracted, and traces are whole."""
    watched = "working_memory"
    first, second = Turn(0, started=[watched]), Turn(1, ended=[watched], started=[])
    async with collecting() as collector:
        traced = {"AGENT_MEMORY_TRACES_ENDPOINT": collector.endpoint}
        seen = await roll(tmp_path, [first, second], traced)
    assert seen.exits == {0: 4}
    # Both replicas of what it watches have ended.
    assert seen.resumptions["SHUTTING_DOWN"]
    assert seen.calls.total() > 100
    assert not seen.failures
    assert seen.perfect, seen
    _are_whole(collector)


def _are_whole(collector: Collector) -> None:
    """No span is missing above another, and each turn is delivered, at whatever moment."""
    by_id = {span.span_id: span for span in collector.spans}
    parents = {span.parent_id for span in collector.spans} - {""}
    assert parents <= by_id.keys()
    appended = _answered(collector, "AppendMessages")
    # A call that is repeated is answered from memory, and writes nothing.
    written = {span.trace_id for span in collector.named("EVALSHA working_memory/session/write")}
    assert len(appended & written) > 20
    assert appended & written <= _answered(collector, "SubmitMessages")


def _answered(collector: Collector, method: str) -> set[str]:
    """Traces in which a call of a method was answered."""
    code = "rpc.response.status_code"
    return {s.trace_id for s in collector.method(method) if s.attributes[code] == "OK"}
