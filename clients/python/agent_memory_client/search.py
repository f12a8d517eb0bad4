"""Finding, listing and counting memories."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Unpack

from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory_client.base import ClientBase
from agent_memory_client.conversions.memories import from_memory
from agent_memory_client.conversions.search import (
    as_result,
    from_hit,
    from_time_window,
    to_search_query,
)
from agent_memory_client.models.criteria import FilterArguments, SearchArguments
from agent_memory_client.models.search import (
    MemoryRecordResult,
    MemoryRecordResults,
    SearchQuery,
    TimeWindow,
)
from agent_memory_client.paging import Page, check_limit, pages, window
from agent_memory_client.validation import build

_LARGEST_SEARCH_PAGE = 100
_LARGEST_LIST_PAGE = 1000


class SearchMethods(ClientBase):
    """Calls that find memories.

    Every condition must hold. `filters` takes conditions by field; the keyword arguments named
    like a field take a value, a dictionary of operators or an object of
    `agent_memory_client.filters`. Where no condition names a namespace or a user, the client's
    defaults hold.
    """

    async def search_long_term_memory(
        self,
        text: str = "",
        *,
        limit: int = 10,
        offset: int = 0,
        cursor: str | None = None,
        explain: bool = False,
        **criteria: Unpack[SearchArguments],
    ) -> MemoryRecordResults:
        """Find memories, the best first; an empty text lists what matches, newest first.

        Args:
            text: The question. In keyword mode, phrases in double quotes must occur as they are.
            limit: How many to answer; beyond 100, in several calls.
            offset: How many to skip.
            cursor: `next_cursor` of the answer before; continues after it.
            explain: Answers what each part of the ranking added to a score.
            **criteria: Filters and options, the fields of `SearchQuery`.

        Raises:
            MemoryValidationError: A filter or an option is unknown, or a value has the wrong
                type; names the path.
        """
        query = build(SearchQuery, {**criteria, "text": text})
        request = self._to_request(query, min(limit, _LARGEST_SEARCH_PAGE), explain=explain)
        windows: list[TimeWindow] = []

        async def fetch(token: str) -> Page[MemoryRecordResult]:
            page, windows[:] = await self._search_page(request, token)
            return page

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return MemoryRecordResults(
            memories=found.items,
            total=found.total,
            next_cursor=found.next_cursor,
            next_offset=found.next_offset,
            time_windows=windows,
        )

    async def search_all_long_term_memories(
        self, text: str = "", *, batch_size: int = 50, **criteria: Unpack[SearchArguments]
    ) -> AsyncIterator[MemoryRecordResult]:
        """Iterate over everything a search finds, each memory once, the best first.

        Args:
            text: The question.
            batch_size: How many to fetch at a time, at most 100.
            **criteria: As in `search_long_term_memory`.
        """
        check_limit(batch_size)
        query = build(SearchQuery, {**criteria, "text": text})
        request = self._to_request(query, min(batch_size, _LARGEST_SEARCH_PAGE))

        async def fetch(token: str) -> Page[MemoryRecordResult]:
            page, _ = await self._search_page(request, token)
            return page

        async for page in pages(fetch):
            for memory in page.items:
                yield memory

    async def stream_long_term_memories(
        self,
        text: str = "",
        *,
        limit: int = 1000,
        explain: bool = False,
        **criteria: Unpack[SearchArguments],
    ) -> AsyncGenerator[MemoryRecordResult, None]:
        """Find many memories in one call, the best first, no faster than they are taken.

        Args:
            text: The question.
            limit: How many at the most; beyond 10000, the first 10000.
            explain: Answers what each part of the ranking added to a score.
            **criteria: As in `search_long_term_memory`.

        Raises:
            MemoryUnavailableError: The connection ended; nothing is asked again by itself.
        """
        check_limit(limit)
        search = self._to_request(build(SearchQuery, {**criteria, "text": text}), 0)
        request = rpc.StreamSearchMemoriesRequest(query=search.query, limit=limit, explain=explain)
        stub = self._connection.services.long_term_memory
        stream = self._connection.stream(stub.StreamSearchMemories, request)
        async with aclosing(stream) as parts:
            async for part in parts:
                for hit in part.hits:
                    yield from_hit(hit)

    async def list_long_term_memories(
        self,
        *,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        include_hidden: bool = False,
        **criteria: Unpack[FilterArguments],
    ) -> MemoryRecordResults:
        """List memories, the newest first.

        Args:
            limit: How many to answer.
            offset: How many to skip.
            cursor: `next_cursor` of the answer before; continues after it.
            include_hidden: Also answers superseded, merged and archived memories.
            **criteria: Filters, the fields of `FilterCriteria`.
        """
        memory_filter = self._filter(criteria)
        stub = self._connection.services.long_term_memory

        async def fetch(token: str) -> Page[MemoryRecordResult]:
            request = rpc.ListMemoriesRequest(
                filter=memory_filter,
                page_size=min(limit, _LARGEST_LIST_PAGE),
                page_token=token,
                include_hidden=include_hidden,
            )
            answer = await self._connection.call(stub.ListMemories, request)
            memories = [as_result(from_memory(memory)) for memory in answer.memories]
            return Page(memories, answer.next_page_token, answer.total_size)

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return MemoryRecordResults(
            memories=found.items,
            total=found.total,
            next_cursor=found.next_cursor,
            next_offset=found.next_offset,
        )

    async def count_long_term_memories(
        self, *, include_hidden: bool = False, **criteria: Unpack[FilterArguments]
    ) -> int:
        """Count memories.

        Args:
            include_hidden: Also counts superseded, merged and archived memories.
            **criteria: Filters, the fields of `FilterCriteria`.
        """
        request = rpc.CountMemoriesRequest(
            filter=self._filter(criteria), include_hidden=include_hidden
        )
        stub = self._connection.services.long_term_memory
        return (await self._connection.call(stub.CountMemories, request)).count

    def _to_request(
        self, query: SearchQuery, page_size: int, *, explain: bool = False
    ) -> rpc.SearchMemoriesRequest:
        return rpc.SearchMemoriesRequest(
            query=to_search_query(
                query,
                namespace=self.config.default_namespace,
                user_id=self.config.default_user_id,
            ),
            page_size=page_size,
            explain=explain,
        )

    async def _search_page(
        self, request: rpc.SearchMemoriesRequest, token: str
    ) -> tuple[Page[MemoryRecordResult], list[TimeWindow]]:
        """One page of a search, and the times that the question speaks of."""
        paged = rpc.SearchMemoriesRequest()
        paged.CopyFrom(request)
        paged.page_token = token
        stub = self._connection.services.long_term_memory
        answer = await self._connection.call(stub.SearchMemories, paged)
        page = Page(
            [from_hit(hit) for hit in answer.hits], answer.next_page_token, answer.total_size
        )
        return page, [from_time_window(span) for span in answer.time_windows]
