"""Results in the terms of the contract."""

from collections.abc import Iterable, Iterator

from agent_memory.common.v1.search_pb2 import MemoryHit, ScoreSignal, TimeWindow
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_services.kit.contract.status import item_status
from agent_memory_services.long_term_memory.consolidation.compaction import Report
from agent_memory_services.long_term_memory.memories.creating import Creation
from agent_memory_services.long_term_memory.search.scores import Candidate
from agent_memory_services.long_term_memory.search.temporal.intent import SpokenTime
from agent_memory_services.long_term_memory.transfer import ImportReport


def creation_result(creation: Creation) -> ltm.CreateMemoryResult:
    """Return the message for the outcome of one creation."""
    if creation.memory is None:
        error = creation.error or RuntimeError("a rejection without a reason")
        return ltm.CreateMemoryResult(outcome=creation.outcome, error=item_status(error))
    return ltm.CreateMemoryResult(
        outcome=creation.outcome,
        memory_id=creation.memory.id,
        related_memory_ids=creation.related,
        memory=creation.memory,
    )


def compaction_answer(report: Report) -> rpc.CompactMemoriesResponse:
    """Return the response for a compaction."""
    return rpc.CompactMemoriesResponse(
        considered_count=report.considered,
        merged_count=report.merged,
        superseded_count=report.superseded,
    )


def hits_of(candidates: Iterable[Candidate], *, explain: bool) -> Iterator[MemoryHit]:
    """Hits, with the parts of their scores if these were asked for."""
    for candidate in candidates:
        hit = MemoryHit(memory=candidate.memory, score=candidate.score, distance=candidate.distance)
        if explain:
            hit.signals.extend(
                ScoreSignal(name=signal.name, value=signal.value, contribution=signal.contribution)
                for signal in candidate.signals
            )
        yield hit


def time_window(spoken: SpokenTime) -> TimeWindow:
    """Return a time that a question speaks of."""
    window = TimeWindow(phrase=spoken.phrase)
    window.start.FromDatetime(spoken.start)
    window.end.FromDatetime(spoken.end)
    return window


def import_answer(report: ImportReport) -> rpc.ImportMemoriesResponse:
    """Return the response for an import."""
    answer = rpc.ImportMemoriesResponse(
        created_count=report.created,
        duplicate_count=report.duplicates,
        rejected_count=report.rejected,
    )
    for rejected in report.errors:
        answer.errors.add(
            row=rejected.row, memory_id=rejected.memory_id, error=item_status(rejected.error)
        )
    return answer
