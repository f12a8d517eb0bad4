"""The contract's calls for summary views, translated to what views do."""
# ruff: noqa: ARG002, D102, N802 - names, arguments and meanings are those of the contract

from typing import Any, Final

from agent_memory.extraction.v1 import service_pb2 as pb
from agent_memory_services.extraction.queue.jobs import Jobs
from agent_memory_services.extraction.views.views import Views
from agent_memory_services.runtime.pages import PageTokens, page_size, unpaged
from agent_memory_services.runtime.principal import current_principal

_PER_PAGE: Final = 20


class SummaryViewCalls:
    """Answers the calls of ExtractionService that are about summary views."""

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
        tokens = PageTokens("views", principal.tenant, unpaged(request))
        page = await self._views.page(
            principal,
            after=tokens.place(request.page_token, bytes.decode) or "",
            limit=page_size(request.page_size, default=_PER_PAGE),
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
        tokens = PageTokens("partitions", principal.tenant, unpaged(request))
        page = await self._views.partitions(
            principal,
            request.view_id,
            request.group,
            after=tokens.place(request.page_token, bytes.decode) or "",
            limit=page_size(request.page_size, default=_PER_PAGE),
        )
        return pb.ListSummaryViewPartitionsResponse(
            partitions=page.partitions,
            next_page_token=tokens.token(page.after.encode() if page.after else None),
        )
