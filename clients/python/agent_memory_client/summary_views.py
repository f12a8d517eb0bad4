"""Standing summaries over groups of memories."""

from collections.abc import Mapping
from typing import Any

from agent_memory.extraction.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.jobs import from_job
from agent_memory_client.conversions.summary_views import (
    from_partition,
    from_summary_view,
    to_group,
    to_summary_view,
    update_mask,
)
from agent_memory_client.models.jobs import Job
from agent_memory_client.models.summary_views import (
    SummaryView,
    SummaryViewList,
    SummaryViewPartition,
    SummaryViewPartitionList,
)
from agent_memory_client.paging import check_limit
from agent_memory_client.validation import build


class SummaryViewMethods(ClientBase):
    """Calls for summary views."""

    async def create_summary_view(self, view: SummaryView | Mapping[str, Any]) -> SummaryView:
        """Create a view."""
        request = rpc.CreateSummaryViewRequest(
            summary_view=to_summary_view(build(SummaryView, view, "view"))
        )
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.CreateSummaryView, request)
        return from_summary_view(response.summary_view)

    async def get_summary_view(self, view_id: str) -> SummaryView:
        """Answer a view.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        stub = self._connection.services.extraction
        request = rpc.GetSummaryViewRequest(view_id=view_id)
        response = await self._connection.call(stub.GetSummaryView, request)
        return from_summary_view(response.summary_view)

    async def list_summary_views(
        self, limit: int = 20, cursor: str | None = None
    ) -> SummaryViewList:
        """List views.

        Args:
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
        """
        check_limit(limit)
        request = rpc.ListSummaryViewsRequest(page_size=limit, page_token=cursor or "")
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.ListSummaryViews, request)
        return SummaryViewList(
            summary_views=[from_summary_view(view) for view in response.summary_views],
            next_cursor=response.next_page_token or None,
        )

    async def update_summary_view(
        self, view_id: str, updates: Mapping[str, Any], *, etag: str | None = None
    ) -> SummaryView:
        """Change the fields that `updates` names.

        Args:
            view_id: The view.
            updates: New values, by the names of `SummaryView`.
            etag: Writes only while the view's etag is this one.
        """
        view = build(SummaryView, {**updates, "id": view_id}, "updates")
        message = to_summary_view(view)
        message.etag = etag or ""
        request = rpc.UpdateSummaryViewRequest(
            summary_view=message, update_mask=update_mask(updates)
        )
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.UpdateSummaryView, request)
        return from_summary_view(response.summary_view)

    async def delete_summary_view(self, view_id: str) -> bool:
        """Delete a view and its partitions.

        Returns:
            Whether there was anything to delete.
        """
        stub = self._connection.services.extraction
        request = rpc.DeleteSummaryViewRequest(view_id=view_id)
        return (await self._connection.call(stub.DeleteSummaryView, request)).deleted

    async def run_summary_view(self, view_id: str) -> Job:
        """Refresh every partition of a view in the background."""
        stub = self._connection.services.extraction
        request = rpc.RunSummaryViewRequest(view_id=view_id)
        return from_job((await self._connection.call(stub.RunSummaryView, request)).job)

    async def run_summary_view_partition(
        self, view_id: str, group: Mapping[str, str]
    ) -> SummaryViewPartition:
        """Refresh one partition of a view and answer it.

        Args:
            view_id: The view.
            group: A value for each field that the view groups by.
        """
        request = rpc.RunSummaryViewPartitionRequest(view_id=view_id, group=to_group(group))
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.RunSummaryViewPartition, request)
        return from_partition(response.partition)

    async def list_summary_view_partitions(
        self,
        view_id: str,
        group: Mapping[str, str] | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> SummaryViewPartitionList:
        """List the partitions of a view.

        Args:
            view_id: The view.
            group: Only groups with these values.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
        """
        check_limit(limit)
        request = rpc.ListSummaryViewPartitionsRequest(
            view_id=view_id,
            group=to_group(group) if group else None,
            page_size=limit,
            page_token=cursor or "",
        )
        stub = self._connection.services.extraction
        response = await self._connection.call(stub.ListSummaryViewPartitions, request)
        return SummaryViewPartitionList(
            partitions=[from_partition(partition) for partition in response.partitions],
            next_cursor=response.next_page_token or None,
        )
