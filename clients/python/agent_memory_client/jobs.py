"""Background work: what runs, what failed, and trying it again."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any

from agent_memory.extraction.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.enums import JOB_STATES
from agent_memory_client.conversions.jobs import from_job, from_progress
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.conversions.messages import to_messages
from agent_memory_client.conversions.sessions import to_extraction
from agent_memory_client.models.jobs import ExtractionPreview, Job, JobChange, JobListResponse
from agent_memory_client.models.messages import MemoryMessage
from agent_memory_client.models.sessions import MemoryStrategyConfig
from agent_memory_client.paging import check_limit
from agent_memory_client.resuming import PATIENCE, resumed
from agent_memory_client.validation import build


class JobMethods(ClientBase):
    """Calls to the extraction service."""

    async def get_job(self, job_id: str) -> Job:
        """Answer a job.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        stub = self._connection.services.extraction
        request = rpc.GetJobRequest(job_id=job_id)
        return from_job((await self._connection.call(stub.GetJob, request)).job)

    async def list_jobs(
        self,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        state: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> JobListResponse:
        """List jobs, the latest first.

        Args:
            session_id: Only this session.
            namespace: Only this namespace; all of them when neither given nor a default.
            state: Only this state: `pending`, `running`, `succeeded`, `failed` or `cancelled`.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
        """
        check_limit(limit)
        request = rpc.ListJobsRequest(
            namespace=self.config.default_namespace if namespace is None else namespace,
            session_id=session_id,
            state=JOB_STATES.parse_optional(state, "state"),
            page_size=limit,
            page_token=cursor or "",
        )
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.ListJobs, request)
        return JobListResponse(
            jobs=[from_job(job) for job in response.jobs],
            next_cursor=response.next_page_token or None,
        )

    async def retry_job(self, job_id: str) -> Job:
        """Try a job again that failed or was cancelled.

        Raises:
            MemoryStateError: It did neither.
        """
        stub = self._connection.services.extraction
        request = rpc.RetryJobRequest(job_id=job_id)
        return from_job((await self._connection.call(stub.RetryJob, request)).job)

    async def cancel_job(self, job_id: str) -> Job:
        """Cancel a job that waits or runs."""
        stub = self._connection.services.extraction
        request = rpc.CancelJobRequest(job_id=job_id)
        return from_job((await self._connection.call(stub.CancelJob, request)).job)

    async def watch_jobs(
        self,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        resume_token: str | None = None,
        patience: float = PATIENCE,
    ) -> AsyncGenerator[JobChange, None]:
        """Tell where jobs stand, then every change; a connection that breaks is made again.

        Args:
            session_id: Only this session; all jobs of the tenant when absent.
            namespace: The session's namespace.
            resume_token: Of the last change seen; continues after it.
            patience: Seconds to try for when nobody answers.

        Raises:
            MemoryUnavailableError: Nobody answered for too long.
        """
        stub = self._connection.services.extraction
        request = rpc.WatchJobsRequest(
            session_id=session_id or "",
            namespace=self._namespace(namespace) if session_id else "",
            resume_token=resume_token or "",
        )
        watch = resumed(self._connection, stub.WatchJobs, request, patience=patience)
        async with aclosing(watch) as responses:
            async for response in responses:
                yield JobChange(
                    job=from_job(response.job) if response.HasField("job") else None,
                    progress=from_progress(response.progress)
                    if response.HasField("progress")
                    else None,
                    resume_token=response.resume_token,
                )

    async def preview_extraction(
        self,
        messages: Iterable[MemoryMessage | Mapping[str, Any]],
        strategy: MemoryStrategyConfig | Mapping[str, Any] | None = None,
        *,
        before: Iterable[MemoryMessage | Mapping[str, Any]] = (),
        time_zone: str | None = None,
    ) -> ExtractionPreview:
        """Answer what a strategy would find in messages; stores nothing.

        Args:
            messages: The messages.
            strategy: What to look for; single facts and events when absent.
            before: Messages before them, for reference only.
            time_zone: IANA zone in which relative dates are meant; UTC when absent.
        """
        config = build(MemoryStrategyConfig, strategy or {}, "strategy")
        request = rpc.ExtractMemoriesRequest(
            messages=to_messages(messages),
            before=to_messages(before, "before"),
            extraction=to_extraction(config),
            time_zone=time_zone or "",
        )
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.ExtractMemories, request)
        return ExtractionPreview(
            memories=[from_memory(candidate.memory) for candidate in response.candidates],
            extractor=response.extractor,
        )

    async def summarize_messages(
        self,
        messages: Iterable[MemoryMessage | Mapping[str, Any]],
        *,
        previous_summary: str = "",
        max_words: int | None = None,
    ) -> str:
        """Summarize messages, continuing a summary where one is given; stores nothing.

        Args:
            messages: The messages, oldest first.
            previous_summary: The summary so far.
            max_words: The longest the answer may get; 300 when absent.

        Returns:
            The summary; empty when there was nothing worth saying.
        """
        request = rpc.SummarizeRequest(
            messages=to_messages(messages),
            previous_summary=previous_summary,
            max_words=max_words or 0,
        )
        stub = self._connection.services.extraction
        return (await self._connection.call(stub.Summarize, request)).summary
