"""Traces go on in jobs."""

from agent_memory_services.kit.observe.tracing.spans import continued, traced_by
from tests.integration.extraction.queue import Queue
from tests.support.sessions import message, submission
from tests.support.traced import Traced


async def test_a_job_names_the_calls_that_it_collects_from(queue: Queue) -> None:
    """The first eight of them: a job may collect from thousands."""
    turns = []
    with traced_by(Traced().tracer):
        for sequence in range(1, 11):
            with continued("turn", []) as turn:
                await queue.submit(submission(message(sequence)))
            turns.append(f"{turn.get_span_context().trace_id:032x}")
    record = (await queue.must_claim()).record
    assert [trace.split("-")[1] for trace in record.traces] == turns[:8]


async def test_a_job_of_calls_without_traces_is_read_as_ever(queue: Queue) -> None:
    """It was left while traces were off, or before there were any."""
    await queue.submit(submission(message(1)))
    assert (await queue.must_claim()).record.traces == ()


async def test_a_repeated_submission_adds_no_trace(queue: Queue) -> None:
    """It brings nothing, so nothing follows from it."""
    with traced_by(Traced().tracer):
        for _ in range(2):
            with continued("turn", []):
                await queue.submit(submission(message(1)))
    assert len((await queue.must_claim()).record.traces) == 1
