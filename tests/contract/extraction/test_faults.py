"""What is not served, and what happens when the store goes away."""

import asyncio
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import JobState
from agent_memory_services.embedded.store import EmbeddedStore
from tests.contract.kit.refusals import refused
from tests.support.extraction_service import extracting
from tests.support.sessions import message


async def test_a_store_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """Every call that needs the store says so; a preview needs none."""
    store = EmbeddedStore(tmp_path, fsync="no")
    await store.start()
    try:
        async with extracting(store.url) as extraction:
            answer = await extraction.submit(message(1))
            await extraction.ended(answer.job_id)
            await store.stop()
            stub = extraction.stub
            calls: tuple[tuple[Callable[..., Any], object], ...] = (
                (stub.GetJob, pb.GetJobRequest(job_id=answer.job_id)),
                (stub.ListJobs, pb.ListJobsRequest()),
                (stub.RetryJob, pb.RetryJobRequest(job_id=answer.job_id)),
                (stub.CancelJob, pb.CancelJobRequest(job_id=answer.job_id)),
            )
            for call, request in calls:
                with refused() as refusal:
                    await call(request)
                assert refusal.code is grpc.StatusCode.UNAVAILABLE
                assert refusal.reason == "STORE_UNAVAILABLE"
            with refused() as refusal:
                await extraction.submit(message(2))
            assert refusal.reason == "STORE_UNAVAILABLE"
            with refused() as refusal:
                await stub.WatchJobs(pb.WatchJobsRequest()).read()
            assert refusal.reason == "STORE_UNAVAILABLE"
            said = [Message(role="user", content="I'm vegetarian.")]
            assert (await stub.ExtractMemories(pb.ExtractMemoriesRequest(messages=said))).candidates
    finally:
        await store.stop()


async def test_a_store_that_comes_back_finds_everything(tmp_path: Path) -> None:
    """What was taken in before the store restarted is extracted after, by the same process."""
    quiet: dict[str, Any] = {"debounce_seconds": 0.5, "max_wait_seconds": 0.5}
    async with (
        EmbeddedStore(tmp_path) as store,
        extracting(store.url, **quiet) as extraction,
    ):
        answer = await extraction.submit(message(1, "I'm vegetarian."))
        await store.stop()
        await store.start()
        async with asyncio.timeout(60):
            while not extraction.memory.kept:
                await asyncio.sleep(0.05)
        job = await extraction.ended(answer.job_id)
    assert job.state == JobState.JOB_STATE_SUCCEEDED
    assert any("vegetarian" in text for text in extraction.memory.texts)


async def test_the_queue_and_its_work_are_measured(redis: Redis, redis_url: str) -> None:
    """Attempts, results and the queue are among the process's metrics."""
    assert redis
    async with extracting(redis_url, metrics_listen="127.0.0.1:0") as extraction:
        answer = await extraction.submit(message(1, "I'm vegetarian."))
        await extraction.ended(answer.job_id)
        url = f"http://{extraction.served.metrics_address}/metrics"
        page = (await asyncio.to_thread(urllib.request.urlopen, url)).read().decode()
    counts = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    done = 'agent_memory_extraction_attempts_total{lane="extract",outcome="succeeded"}'
    assert float(counts[done]) >= 1
    assert float(counts["agent_memory_extraction_memories_stored_total"]) >= 1
    assert "agent_memory_extraction_jobs_waiting" in counts
    assert "agent_memory_extraction_oldest_due_seconds" in counts
