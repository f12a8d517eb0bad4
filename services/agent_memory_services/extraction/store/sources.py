"""Memories of a view, found through long-term memory's contract."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.extraction.v1.extraction_pb2 import SummaryGroupField, SummaryView
from agent_memory.long_term_memory.v1.service_pb2 import CountMemoriesRequest, ListMemoriesRequest
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.extraction.domain.views import Group
from agent_memory_services.kit.contract.clock import FIRST_MICROS, now_micros, to_timestamp

_PAGE: Final = 500


class Memories:
    """Long-term memory, for whomever the present call or job acts for."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Ask over a channel of the suite."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def count(self, view: SummaryView, *, changed_after: int | None = None) -> int:
        """Count the memories that a view covers now, or those of them that changed since a moment.

        Args:
            view: The view.
            changed_after: The moment, in microseconds since the epoch.

        Raises:
            ServiceError: long-term memory refused, or is away.
        """
        condition = covered(view)
        if changed_after is not None:
            condition.update_time.gt.CopyFrom(to_timestamp(changed_after))
        answer = await self._stub.CountMemories(CountMemoriesRequest(filter=condition))
        return answer.count

    async def every(self, view: SummaryView) -> AsyncIterator[Memory]:
        """Yield everything that a view covers now, the newest first.

        Raises:
            ServiceError: long-term memory refused, or is away.
        """
        request = ListMemoriesRequest(filter=covered(view), page_size=_PAGE)
        while True:
            page = await self._stub.ListMemories(request)
            for memory in page.memories:
                yield memory
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def latest(self, view: SummaryView, group: Group, limit: int) -> Sequence[Memory]:
        """Return the newest memories of one group, the oldest of them first.

        Raises:
            ServiceError: long-term memory refused, or is away.
        """
        condition = covered(view)
        condition.MergeFrom(group.condition())
        request = ListMemoriesRequest(filter=condition, page_size=limit)
        page = await self._stub.ListMemories(request)
        return list(page.memories)[::-1]


def covered(view: SummaryView) -> MemoryFilter:
    """Return the filter of the memories that a view covers now, within its time window.

    Messages are covered only where the view names types: facts say what matters of them.
    """
    condition = MemoryFilter(any_of=[view.filter]) if view.HasField("filter") else MemoryFilter()
    by_type = SummaryGroupField.SUMMARY_GROUP_FIELD_MEMORY_TYPE in view.group_by
    if not (view.filter.HasField("type") or by_type):
        condition.type.none.append(MemoryType.MEMORY_TYPE_MESSAGE)
    if view.HasField("time_window"):
        start = max(FIRST_MICROS, now_micros() - view.time_window.ToMicroseconds())
        condition.create_time.gte.CopyFrom(to_timestamp(start))
    return condition
