"""Extraction that does what a test tells it."""

# ruff: noqa: N802 - the contract names the methods

from collections.abc import AsyncIterator

import grpc

from agent_memory.common.v1.erase_pb2 import EraseReceipt
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.extraction.v1 import extraction_pb2 as types
from agent_memory.extraction.v1 import service_pb2 as rpc
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceServicer
from tests.contract.client.services.refusal import not_found, refuse
from tests.contract.client.services.script import Script

Context = grpc.aio.ServicerContext


class Extraction(ExtractionServiceServicer):
    """Jobs in a dictionary; watches play a script."""

    def __init__(self) -> None:
        self.jobs: dict[str, types.Job] = {}
        self.views: dict[str, types.SummaryView] = {}
        self.watch: Script[rpc.WatchJobsRequest] = Script()

    async def ExtractMemories(self, request, _: Context):
        candidates = [
            types.MemoryCandidate(memory=Memory(id="c", text=message.content))
            for message in request.messages
        ]
        return rpc.ExtractMemoriesResponse(candidates=candidates, extractor="echo")

    async def Summarize(self, request, _: Context):
        said = " ".join(message.content for message in request.messages)
        return rpc.SummarizeResponse(summary=f"{request.previous_summary} {said}".strip())

    async def GetJob(self, request, context: Context):
        return rpc.GetJobResponse(job=await self._existing(request.job_id, context))

    async def ListJobs(self, request, _: Context):
        jobs = [
            job for job in self.jobs.values() if not request.state or job.state == request.state
        ]
        return rpc.ListJobsResponse(jobs=jobs)

    async def RetryJob(self, request, context: Context):
        job = await self._existing(request.job_id, context)
        job.state = types.JOB_STATE_PENDING
        return rpc.RetryJobResponse(job=job)

    async def CancelJob(self, request, context: Context):
        job = await self._existing(request.job_id, context)
        job.state = types.JOB_STATE_CANCELLED
        return rpc.CancelJobResponse(job=job)

    async def WatchJobs(self, request, context: Context) -> AsyncIterator[rpc.WatchJobsResponse]:
        async for answer in self.watch.play(request, context):
            yield answer

    async def CreateSummaryView(self, request, _: Context):
        view = types.SummaryView()
        view.CopyFrom(request.summary_view)
        view.id = view.id or f"view-{len(self.views)}"
        self.views[view.id] = view
        return rpc.CreateSummaryViewResponse(summary_view=view)

    async def GetSummaryView(self, request, context: Context):
        if request.view_id not in self.views:
            await refuse(context, not_found("summary_view", request.view_id))
        return rpc.GetSummaryViewResponse(summary_view=self.views[request.view_id])

    async def ListSummaryViews(self, _request, _: Context):
        return rpc.ListSummaryViewsResponse(summary_views=self.views.values())

    async def UpdateSummaryView(self, request, _: Context):
        view = self.views[request.summary_view.id]
        for path in request.update_mask.paths:
            view.ClearField(path)
        request.update_mask.MergeMessage(request.summary_view, view)
        return rpc.UpdateSummaryViewResponse(summary_view=view)

    async def DeleteSummaryView(self, request, _: Context):
        gone = self.views.pop(request.view_id, None)
        return rpc.DeleteSummaryViewResponse(deleted=gone is not None)

    async def RunSummaryView(self, request, _: Context):
        job = types.Job(id="run", kind=types.JOB_KIND_SUMMARY_VIEW, view_id=request.view_id)
        return rpc.RunSummaryViewResponse(job=job)

    async def RunSummaryViewPartition(self, request, _: Context):
        partition = types.SummaryPartition(
            view_id=request.view_id, group=request.group, summary="all is well", memory_count=3
        )
        return rpc.RunSummaryViewPartitionResponse(partition=partition)

    async def ListSummaryViewPartitions(self, request, _: Context):
        partition = types.SummaryPartition(view_id=request.view_id, group=request.group)
        return rpc.ListSummaryViewPartitionsResponse(partitions=[partition])

    async def EraseUser(self, _request, _: Context):
        receipt = EraseReceipt(receipt_id="ex", service="extraction", erased={"jobs": 2})
        return rpc.EraseUserResponse(receipt=receipt)

    async def _existing(self, job_id: str, context: Context) -> types.Job:
        if job_id not in self.jobs:
            await refuse(context, not_found("job", job_id))
        return self.jobs[job_id]
