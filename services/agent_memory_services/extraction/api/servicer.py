"""ExtractionService: translation of requests to jobs, previews and views, and back."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory.extraction.v1.extraction_pb2 import MemoryCandidate
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceServicer
from agent_memory_services.extraction.domain import records
from agent_memory_services.extraction.erasure.eraser import Eraser
from agent_memory_services.extraction.preview import Preview
from agent_memory_services.extraction.queue.jobs import JobFilter, Jobs
from agent_memory_services.extraction.queue.statistics import Statistics
from agent_memory_services.extraction.queue.submissions import Submission, Submissions
from agent_memory_services.extraction.queue.watch import JobWatch, Watched
from agent_memory_services.extraction.views.views import Views
from agent_memory_services.kit.auth.scope import (
    require,
    require_erasable,
    require_namespace,
    require_whole_tenant,
)
from agent_memory_services.kit.contract import cursors, status
from agent_memory_services.kit.contract.context import current_principal
from agent_memory_services.kit.contract.erasure import ErasedSession
from agent_memory_services.shared.content import plain
from agent_memory_services.shared.prompts import check_extraction

_SERVICE: Final = pb.DESCRIPTOR.services_by_name["ExtractionService"].full_name
_PER_PAGE: Final = 20
_JOBS_PER_PAGE: Final = 20


class SummaryViewCalls:
    """Servicer of the calls of ExtractionService that are about summary views."""

    def __init__(self, views: Views, jobs: Jobs) -> None:
        self._views = views
        self._view_jobs = jobs

    async def CreateSummaryView(
        self, request: pb.CreateSummaryViewRequest, context: Any
    ) -> pb.CreateSummaryViewResponse:
        view = await self._views.create(
            current_principal(), request.summary_view, request.request_id
        )
        return pb.CreateSummaryViewResponse(summary_view=view)

    async def GetSummaryView(
        self, request: pb.GetSummaryViewRequest, context: Any
    ) -> pb.GetSummaryViewResponse:
        view = await self._views.get(current_principal(), request.view_id)
        return pb.GetSummaryViewResponse(summary_view=view)

    async def ListSummaryViews(
        self, request: pb.ListSummaryViewsRequest, context: Any
    ) -> pb.ListSummaryViewsResponse:
        principal = current_principal()
        tokens = cursors.PageTokens("views", principal.tenant, cursors.unpaged(request))
        page = await self._views.page(
            principal,
            after=tokens.position(request.page_token, bytes.decode) or "",
            limit=cursors.page_size(request.page_size, default=_PER_PAGE),
        )
        return pb.ListSummaryViewsResponse(
            summary_views=page.views,
            next_page_token=tokens.token(page.after.encode() if page.after else None),
        )

    async def UpdateSummaryView(
        self, request: pb.UpdateSummaryViewRequest, context: Any
    ) -> pb.UpdateSummaryViewResponse:
        view = await self._views.update(
            current_principal(), request.summary_view, request.update_mask.paths
        )
        return pb.UpdateSummaryViewResponse(summary_view=view)

    async def DeleteSummaryView(
        self, request: pb.DeleteSummaryViewRequest, context: Any
    ) -> pb.DeleteSummaryViewResponse:
        deleted = await self._views.delete(current_principal(), request.view_id)
        return pb.DeleteSummaryViewResponse(deleted=deleted)

    async def RunSummaryView(
        self, request: pb.RunSummaryViewRequest, context: Any
    ) -> pb.RunSummaryViewResponse:
        principal = current_principal()
        job_id = await self._views.run(principal, request.view_id)
        return pb.RunSummaryViewResponse(job=await self._view_jobs.get(principal, job_id))

    async def RunSummaryViewPartition(
        self, request: pb.RunSummaryViewPartitionRequest, context: Any
    ) -> pb.RunSummaryViewPartitionResponse:
        partition = await self._views.run_partition(
            current_principal(), request.view_id, request.group
        )
        return pb.RunSummaryViewPartitionResponse(partition=partition)

    async def ListSummaryViewPartitions(
        self, request: pb.ListSummaryViewPartitionsRequest, context: Any
    ) -> pb.ListSummaryViewPartitionsResponse:
        principal = current_principal()
        tokens = cursors.PageTokens("partitions", principal.tenant, cursors.unpaged(request))
        page = await self._views.partitions(
            principal,
            request.view_id,
            request.group,
            after=tokens.position(request.page_token, bytes.decode) or "",
            limit=cursors.page_size(request.page_size, default=_PER_PAGE),
        )
        return pb.ListSummaryViewPartitionsResponse(
            partitions=page.partitions,
            next_page_token=tokens.token(page.after.encode() if page.after else None),
        )


class ExtractionServicer(SummaryViewCalls, ExtractionServiceServicer):
    """Servicer of ExtractionService."""

    def __init__(
        self,
        submissions: Submissions,
        jobs: Jobs,
        watch: JobWatch,
        preview: Preview,
        views: Views,
        *,
        statistics: Statistics,
        eraser: Eraser,
    ) -> None:
        super().__init__(views, jobs)
        self._submissions = submissions
        self._jobs = jobs
        self._watch = watch
        self._preview = preview
        self._statistics = statistics
        self._eraser = eraser

    async def SubmitMessages(
        self, request: pb.SubmitMessagesRequest, context: Any
    ) -> pb.SubmitMessagesResponse:
        principal = current_principal()
        records.require_submission(principal, request.session, request.memories)
        return await self._submit(principal.tenant, request)

    async def _submit(
        self, tenant: str, request: pb.SubmitMessagesRequest
    ) -> pb.SubmitMessagesResponse:
        check_extraction(request.extraction, "extraction")
        thread = records.Thread(tenant, request.session.namespace, request.session.session_id)
        receipt = await self._submissions.submit(
            Submission(
                session=records.Session(thread, request.session_uid),
                user_id=request.user_id,
                messages=[plain(message) for message in request.messages],
                memories=request.memories,
                config=request.extraction,
                time_zone=request.time_zone,
                withheld=_withheld(request),
                deleted=request.session_deleted,
            )
        )
        return pb.SubmitMessagesResponse(
            job_id=receipt.job_id, received_sequence=receipt.received_sequence
        )

    async def BatchSubmitMessages(
        self, request: pb.BatchSubmitMessagesRequest, context: Any
    ) -> pb.BatchSubmitMessagesResponse:
        principal = current_principal()
        for each in request.submissions:
            records.require_submission(principal, each.session, each.memories)
        # What they write within a turn of the loop goes to the store together.
        taken = await asyncio.gather(
            *(self._submit(principal.tenant, each) for each in request.submissions),
            return_exceptions=True,
        )
        return pb.BatchSubmitMessagesResponse(results=map(_submitted, taken))

    async def ExtractMemories(
        self, request: pb.ExtractMemoriesRequest, context: Any
    ) -> pb.ExtractMemoriesResponse:
        check_extraction(request.extraction, "extraction")
        found = await self._preview.memories(
            [plain(message) for message in request.messages],
            [plain(message) for message in request.before],
            request.extraction,
            request.time_zone,
        )
        return pb.ExtractMemoriesResponse(
            candidates=[MemoryCandidate(memory=memory) for memory in found.memories],
            extractor=found.by,
            dropped_items=found.dropped,
        )

    async def Summarize(self, request: pb.SummarizeRequest, context: Any) -> pb.SummarizeResponse:
        summary, by = await self._preview.summary(
            [plain(message) for message in request.messages],
            request.previous_summary,
            request.max_words,
        )
        return pb.SummarizeResponse(summary=summary, summarizer=by)

    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.GetJobResponse:
        return pb.GetJobResponse(job=await self._jobs.get(current_principal(), request.job_id))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        principal = current_principal()
        if request.HasField("namespace"):
            require_namespace(principal, request.namespace)
        tokens = cursors.PageTokens("jobs", principal.tenant, cursors.unpaged(request))
        page = await self._jobs.page(
            principal,
            JobFilter(
                namespace=request.namespace if request.HasField("namespace") else None,
                session_id=request.session_id if request.HasField("session_id") else None,
                state=request.state or None,
            ),
            after=tokens.position(request.page_token, bytes.decode) or "",
            limit=cursors.page_size(request.page_size, default=_JOBS_PER_PAGE),
        )
        following = page.after.encode() if page.after else None
        return pb.ListJobsResponse(jobs=page.jobs, next_page_token=tokens.token(following))

    async def RetryJob(self, request: pb.RetryJobRequest, context: Any) -> pb.RetryJobResponse:
        return pb.RetryJobResponse(job=await self._jobs.retry(current_principal(), request.job_id))

    async def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.CancelJobResponse:
        job = await self._jobs.cancel(current_principal(), request.job_id)
        return pb.CancelJobResponse(job=job)

    async def WatchJobs(
        self, request: pb.WatchJobsRequest, context: Any
    ) -> AsyncIterator[pb.WatchJobsResponse]:
        principal = current_principal()
        if request.session_id:
            require_namespace(principal, request.namespace)
        thread = (
            records.Thread(principal.tenant, request.namespace, request.session_id)
            if request.session_id
            else None
        )
        updates = self._watch.follow(Watched(principal, thread), request.resume_token)
        async with aclosing(updates):
            async for update in updates:
                yield pb.WatchJobsResponse(
                    job=update.job, progress=update.progress, resume_token=update.token
                )

    async def GetStatistics(
        self, request: pb.GetStatisticsRequest, context: Any
    ) -> pb.GetStatisticsResponse:
        principal = current_principal()
        require_whole_tenant(principal)
        return await self._statistics.of(principal.tenant, request.period)

    async def ForgetSession(
        self, request: pb.ForgetSessionRequest, context: Any
    ) -> pb.ForgetSessionResponse:
        principal = current_principal()
        require(principal, request.session.namespace, request.user_id)
        thread = records.Thread(
            principal.tenant, request.session.namespace, request.session.session_id
        )
        if request.message_ids:
            gone = await self._eraser.take_back(
                principal, thread, request.user_id, request.session_uids, request.message_ids
            )
        else:
            gone = await self._eraser.forget_session(
                principal, thread, request.user_id, request.session_uids
            )
        return pb.ForgetSessionResponse(session_uids=gone)

    async def EraseUser(self, request: pb.EraseUserRequest, context: Any) -> pb.EraseUserResponse:
        principal = current_principal()
        require_erasable(principal, request.user_id, request.sessions)
        known = ErasedSession.read(request.sessions)
        erasure = await self._eraser.erase(principal.tenant, request.user_id, known)
        return pb.EraseUserResponse(
            receipt=erasure.receipt(_SERVICE), sessions=erasure.erased_sessions()
        )


def _submitted(
    taken: pb.SubmitMessagesResponse | BaseException,
) -> pb.SubmitMessagesResult:
    if isinstance(taken, pb.SubmitMessagesResponse):
        return pb.SubmitMessagesResult(response=taken)
    if not isinstance(taken, Exception):
        raise taken
    return pb.SubmitMessagesResult(error=status.item_status(taken))


def _withheld(request: pb.SubmitMessagesRequest) -> tuple[int, int] | None:
    span = request.first_withheld_sequence, request.last_withheld_sequence
    return span if span[0] else None
