"""Long-term memory, as reconstruction sees it."""

from collections.abc import Sequence

import grpc

from agent_memory.common.v1.filter_pb2 import MemoryFilter
from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1.service_pb2 import ListMemoriesRequest
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub


class LongTermListing:
    """LongTermMemoryService behind a channel of the suite, for the present caller."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """List through `channel`."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def latest(self, conditions: MemoryFilter, count: int) -> Sequence[Memory]:
        """The latest memories that fulfil the conditions.

        Raises:
            ServiceError: the service refused, or is away.
        """
        request = ListMemoriesRequest(filter=conditions, page_size=count)
        response = await self._stub.ListMemories(request)
        return response.memories
