"""Long-term memory, as a prompt sees it."""

from collections.abc import Sequence

import grpc

from agent_memory.common.v1.search_pb2 import MemoryHit, SearchQuery
from agent_memory.long_term_memory.v1.service_pb2 import SearchMemoriesRequest
from agent_memory.long_term_memory.v1.service_pb2_grpc import LongTermMemoryServiceStub
from agent_memory_services.runtime.errors import FieldViolation, InvalidFields


class LongTermSearch:
    """LongTermMemoryService behind a channel of the suite, for the present caller."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Search through `channel`."""
        self._stub = LongTermMemoryServiceStub(channel)

    async def search(self, query: SearchQuery, limit: int) -> Sequence[MemoryHit]:
        """The best `limit` hits; 0 is the service's default.

        Raises:
            ServiceError: the service refused, or is away.
        """
        request = SearchMemoriesRequest(query=query, page_size=limit)
        try:
            response = await self._stub.SearchMemories(request)
        except InvalidFields as refused:
            raise InvalidFields(_own(refused)) from None
        return response.hits


def _own(refused: InvalidFields) -> list[FieldViolation]:
    """The violations by the paths that the fields have in the request for a prompt."""
    violations = refused.violations or (FieldViolation("", refused.message),)
    return [
        FieldViolation(f"long_term_search.{violation.field}".rstrip("."), violation.description)
        for violation in violations
    ]
