"""Extraction that does what a test tells it."""

# ruff: noqa: N802 - the contract names the methods

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1 import extraction_pb2 as types
from agent_memory.extraction.v1 import service_pb2 as rpc
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceServicer
from tests.contract.client.services.refusal import not_found, refuse
from tests.contract.client.services.script import Script

Context = grpc.aio.ServicerContext[Any, Any]


class Extraction(ExtractionServiceServicer):
    """Jobs in a dictionary; watches play a script."""

    def __init__(self) -> None:
        self.jobs: dict[str, types.Job] = {}
        self.views: dict[str, types.SummaryView] = {}
        self.watch: Script[rpc.WatchJobsRequest] = Script()

    async def ExtractMemories(
        self, request: rpc.ExtractMemoriesRequest, _: Context
    ) -> rpc.ExtractMemoriesResponse:
        candidates = [
            types.MemoryCandidate(memory=Memory(id="c", text=message.content))
            for message in request.messages
        ]
        return rpc.ExtractMemoriesResponse(candidates=candidates, extractor="echo")

    async def Summarize(self, request: rpc.SummarizeRequest, _: Context) -> rpc.SummarizeResponse:
        said = " ".join(message.content for message in request.messages)
        return rpc.SummarizeResponse(summary=f"{request.previous_summary} {said}".strip())

    async def ForgetSession(
        self, request: rpc.ForgetSessionRequest, _: Context
    ) -> rpc.ForgetSessionResponse:
        return rpc.ForgetSessionResponse(session_uids=request.session_uids)

    async def GetJob(self, request: rpc.GetJobRequest, context: Context) -> rpc.GetJobResponse:
        return rpc.GetJobResponse(job=await self._existing(request.job_id, context))

    async def ListJobs(self, request: rpc.ListJobsRequest, _: Context) -> rpc.ListJobsResponse:
        jobs = [
            job for job in self.jobs.values() if not request.state or job.state == request.state
        ]
        return rpc.ListJobsResponse(jobs=jobs)

    async def RetryJob(
        self, request: rpc.RetryJobRequest, context: Context
    ) -> rpc.RetryJobResponse:
        job = await self._existing(request.job_id, context)
        job.state = types.JOB_STATE_PENDING
        return rpc.RetryJobResponse(job=job)

    async def CancelJob(
        self, request: rpc.CancelJobRequest, context: Context
    ) -> rpc.CancelJobResponse:
        job = await self._existing(request.job_id, context)
        job.state = types.JOB_STATE_CANCELLED
        return rpc.CancelJobResponse(job=job)

    async def WatchJobs(
        self, request: rpc.WatchJobsRequest, context: Context
    ) -> AsyncIterator[rpc.WatchJobsResponse]:
        async for answer in self.watch.play(request, context):
            yield answer

    async def GetStatistics(
        self, request: rpc.GetStatisticsRequest, _: Context
    ) -> rpc.GetStatisticsResponse:
        by_minutes = request.period == types.STATISTICS_PERIOD_MINUTE
        tokens = {"input_tokens": 900, "output_tokens": 100}
        return rpc.GetStatisticsResponse(
            periods=[
                types.PeriodStatistics(
                    start_time=Timestamp(seconds=3600),
                    succeeded_jobs=3,
                    mean_lag=Duration(seconds=2),
                    max_lag=Duration(seconds=4),
                    models=[
                        types.ModelUsage(model="m", calls=2, cost_dollars=0.5, **tokens),
                        types.ModelUsage(model="other", refused_calls=1),
                    ],
                ),
                types.PeriodStatistics(start_time=Timestamp(seconds=7200), failed_jobs=1),
            ],
            period_length=Duration(seconds=60 if by_minutes else 3600),
            backlog=types.Backlog(pending_jobs=7, oldest_due=Duration(seconds=9)),
            token_budget=types.TokenBudget(limit_tokens=5000, used_tokens=1000),
        )

    async def CreateSummaryView(
        self, request: rpc.CreateSummaryViewRequest, _: Context
    ) -> rpc.CreateSummaryViewResponse:
        view = types.SummaryView()
        view.CopyFrom(request.summary_view)
        view.id = view.id or f"view-{len(self.views)}"
        self.views[view.id] = view
        return rpc.CreateSummaryViewResponse(summary_view=view)

    async def GetSummaryView(
        self, request: rpc.GetSummaryViewRequest, context: Context
    ) -> rpc.GetSummaryViewResponse:
        if request.view_id not in self.views:
            await refuse(context, not_found("summary_view", request.view_id))
        return rpc.GetSummaryViewResponse(summary_view=self.views[request.view_id])

    async def ListSummaryViews(
        self, _request: rpc.ListSummaryViewsRequest, _: Context
    ) -> rpc.ListSummaryViewsResponse:
        return rpc.ListSummaryViewsResponse(summary_views=self.views.values())

    async def UpdateSummaryView(
        self, request: rpc.UpdateSummaryViewRequest, _: Context
    ) -> rpc.UpdateSummaryViewResponse:
        view = self.views[request.summary_view.id]
        for path in request.update_mask.paths:
            view.ClearField(path)  # type: ignore[arg-type] # a variable name
        request.update_mask.MergeMessage(request.summary_view, view)
        return rpc.UpdateSummaryViewResponse(summary_view=view)

    async def DeleteSummaryView(
        self, request: rpc.DeleteSummaryViewRequest, _: Context
    ) -> rpc.DeleteSummaryViewResponse:
        gone = self.views.pop(request.view_id, None)
        return rpc.DeleteSummaryViewResponse(deleted=gone is not None)

    async def RunSummaryView(
        self, request: rpc.RunSummaryViewRequest, _: Context
    ) -> rpc.RunSummaryViewResponse:
        job = types.Job(id="run", kind=types.JOB_KIND_SUMMARY_VIEW, view_id=request.view_id)
        return rpc.RunSummaryViewResponse(job=job)

    async def RunSummaryViewPartition(
        self, request: rpc.RunSummaryViewPartitionRequest, _: Context
    ) -> rpc.RunSummaryViewPartitionResponse:
        partition = types.SummaryPartition(
            view_id=request.view_id, group=request.group, summary="all is well", memory_count=3
        )
        return rpc.RunSummaryViewPartitionResponse(partition=partition)

    async def ListSummaryViewPartitions(
        self, request: rpc.ListSummaryViewPartitionsRequest, _: Context
    ) -> rpc.ListSummaryViewPartitionsResponse:
        partition = types.SummaryPartition(view_id=request.view_id, group=request.group)
        return rpc.ListSummaryViewPartitionsResponse(partitions=[partition])

    async def EraseUser(self, _request: rpc.EraseUserRequest, _: Context) -> rpc.EraseUserResponse:
        receipt = EraseReceipt(receipt_id="ex", service="extraction", erased={"jobs": 2})
        return rpc.EraseUserResponse(receipt=receipt)

    async def _existing(self, job_id: str, context: Context) -> types.Job:
        if job_id not in self.jobs:
            await refuse(context, not_found("job", job_id))
        return self.jobs[job_id]
