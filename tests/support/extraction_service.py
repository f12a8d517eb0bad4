"""The extraction service in this process, in front of a recording long-term memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState, SessionProgress
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory_services.extraction.api.process import lifespan
from agent_memory_services.extraction.api.settings import Settings
from tests.support.recording_memory import RecordingMemory, serving_memory
from tests.support.servers import Served, serving
from tests.support.settings import configured
from tests.support.stubs import ExtractionStub
from tests.support.waiting import pauses

QUICK: dict[str, Any] = {
    "metrics_listen": "",
    "partitions": 4,
    "debounce_seconds": 0.0,
    "max_wait_seconds": 0.0,
    "retry_first_seconds": 0.02,
    "retry_longest_seconds": 0.05,
    "strike_seconds": 0.0,
    "watch_checkpoint_seconds": 0.2,
    "extractor": "local",
    "index_messages": False,
}
"""Settings under which nothing waits for long."""


@dataclass(frozen=True)
class Extraction:
    """The service and its memory.

    Attributes:
        stub: Calls the service.
        memory: What it stores into.
        served: Where it listens.
    """

    stub: ExtractionStub
    memory: RecordingMemory
    served: Served

    async def submit(
        self, *messages: Message, session_id: str = "s1", uid: str = "u1", **fields: Any
    ) -> pb.SubmitMessagesResponse:
        """Hand messages of a session over."""
        metadata: list[tuple[str, str | bytes]] = [
            ("x-agent-memory-tenant", fields.pop("tenant", "default"))
        ]
        strategy, index = fields.pop("strategy", None), fields.pop("index_messages", None)
        request = pb.SubmitMessagesRequest(
            session=SessionRef(namespace="chat", session_id=session_id),
            session_uid=uid,
            user_id=fields.pop("user_id", "alice"),
            messages=messages,
            extraction=ExtractionConfig(
                strategy=strategy,
                custom_prompt=fields.pop("custom_prompt", ""),
                index_messages=index,
            ),
            **fields,
        )
        return await self.stub.SubmitMessages(request, metadata=metadata)

    async def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return (await self.stub.GetJob(pb.GetJobRequest(job_id=job_id))).job

    async def ended(self, job_id: str, *, within: float = 120) -> Job:
        """A job, once it has ended."""
        return await self.until(
            job_id, lambda job: job.state >= JobState.JOB_STATE_SUCCEEDED, within=within
        )

    async def until(
        self, job_id: str, condition: Callable[[Job], bool], *, within: float = 120
    ) -> Job:
        """A job, once a condition holds for it."""
        pause = pauses()
        async with asyncio.timeout(within):
            while not condition(job := await self.job(job_id)):
                await asyncio.sleep(next(pause))
        return job

    async def extracted(self, sequence: int, *, session_id: str = "s1") -> SessionProgress:
        """A session's progress, once it has come so far; what a client would do."""
        request = pb.WatchJobsRequest(namespace="chat", session_id=session_id)
        async with asyncio.timeout(120):
            async for seen in self.stub.WatchJobs(request):
                if seen.progress.extracted_sequence >= sequence:
                    return seen.progress
        raise AssertionError("the stream ended")


@asynccontextmanager
async def extracting(
    redis_url: str, memory: RecordingMemory | None = None, **settings: Any
) -> AsyncIterator[Extraction]:
    """Serve extraction; settings other than `QUICK`'s are given by name."""
    memory = memory or RecordingMemory()
    async with serving_memory(memory, redis_url) as behind:
        chosen = configured(
            Settings,
            redis_url=redis_url,
            long_term_memory_address=behind.address,
            **{**QUICK, **settings},
        )
        async with serving(lifespan, chosen) as served:
            yield Extraction(ExtractionServiceStub(served.channel), memory, served)
