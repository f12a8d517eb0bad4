"""Calls to long-term memory: memories by their ids, and those that a search finds."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack

from agent_memory_client import models
from agent_memory_client._async.base import pages, window
from agent_memory_client._async.prompts import PromptMethods
from agent_memory_client._async.sessions import SessionMethods
from agent_memory_client._operations import memories as operations
from agent_memory_client._operations import search
from agent_memory_client._operations.operation import Page
from agent_memory_client.models._criteria import FilterArguments
from agent_memory_client.models._lifecycle import DeduplicationName
from agent_memory_client.models._search import SearchArguments


class MemoryMethods(PromptMethods, SessionMethods):
    """Calls that store, read, change, delete and find memories.

    Of a search or a listing every condition must hold. `filters` takes conditions by field; the
    keyword arguments named like a field take a value, a dictionary of operators or an object of
    `agent_memory_client.filters`. Where no condition names a namespace or a user, the client's
    defaults hold.
    """

    async def create_long_term_memories(
        self,
        memories: Iterable[models.MemoryRecord | Mapping[str, Any]],
        deduplicate: bool | DeduplicationName = True,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.CreateResult:
        """Store memories; they can be found when the call returns.

        The records are left as they are. More than 500 go in several calls, one after another;
        since every record has an id, repeating all of them after an error stores none twice.

        Args:
            memories: The memories. A namespace or user left out is the client's default.
            deduplicate: How far they are compared with those of their owner: `none`, `exact`
                (same type and text) or `consolidate` (paraphrases merge, contradictions
                supersede); true leaves it to the server, false means `none`.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds that each call to the service may take; the client's when absent.

        Returns:
            What became of each memory, in the order given. One that was rejected raises nothing
            here: see `CreateResult.raise_for_rejected`.

        Raises:
            MemoryValidationError: A memory is malformed; nothing of its call was stored.
        """
        result = models.CreateResult(results=[])
        for operation in operations.create(self.config, memories, deduplicate, request_id):
            result.results.extend(await self._send(operation, timeout))
        return result

    create_long_term_memory = create_long_term_memories

    async def bulk_create_long_term_memories(
        self,
        memory_batches: Iterable[Iterable[models.MemoryRecord | Mapping[str, Any]]],
        *,
        batch_size: int = 100,
        delay_between_batches: float = 0.0,
        deduplicate: bool | DeduplicationName = True,
        timeout: float | None = None,
    ) -> list[models.CreateResult]:
        """Store many memories in calls of a bounded size, one after another.

        Args:
            memory_batches: The memories, grouped in whatever way they come.
            batch_size: The most memories of one call, up to 500.
            delay_between_batches: Seconds to wait between two calls.
            deduplicate: As in `create_long_term_memories`.
            timeout: Seconds that each call to the service may take; the client's when absent.

        Returns:
            The result of each call.
        """
        gathered, delay = operations.bulk(
            memory_batches,
            batch_size=batch_size,
            delay_between_batches=delay_between_batches,
            deduplicate=deduplicate,
        )
        results: list[models.CreateResult] = []
        for batch in gathered:
            if results and delay > 0:
                await asyncio.sleep(delay)
            results.append(
                await self.create_long_term_memories(batch, deduplicate, timeout=timeout)
            )
        return results

    async def get_long_term_memory(
        self, memory_id: str, *, timeout: float | None = None
    ) -> models.MemoryRecord:
        """Answer a memory, superseded and merged ones too.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        return await self._send(operations.get(memory_id), timeout)

    async def batch_get_long_term_memories(
        self, memory_ids: Iterable[str], *, timeout: float | None = None
    ) -> models.BatchGetResult:
        """Answer several memories, each or why not."""
        found = models.BatchGetResult(memories=[], errors={})
        for operation in operations.batch_get(memory_ids):
            part = await self._send(operation, timeout)
            found.memories.extend(part.memories)
            found.errors.update(part.errors)
        return found

    async def edit_long_term_memory(
        self,
        memory_id: str,
        updates: models.MemoryUpdate | Mapping[str, Any],
        *,
        etag: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> models.MemoryRecord:
        """Change the fields that `updates` names; what it names as none is cleared.

        Args:
            memory_id: The memory.
            updates: New values, by the names of `MemoryUpdate`.
            etag: Writes only while the memory's etag is this one.
            reason: Why, for the memory's history.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
            MemoryConflictError: The etag is no longer the memory's.
            MemoryValidationError: A field is unknown, or its value has the wrong type.
        """
        operation = operations.edit(
            memory_id, updates, etag=etag, reason=reason, request_id=request_id
        )
        return await self._send(operation, timeout)

    async def delete_long_term_memories(
        self,
        memory_ids: Iterable[str],
        *,
        reason: str | None = None,
        timeout: float | None = None,
    ) -> models.DeleteResult:
        """Delete memories; one that does not exist is no error.

        Args:
            memory_ids: The memories.
            reason: Why, for the history.
            timeout: Seconds that each call to the service may take; the client's when absent.
        """
        result = models.DeleteResult(deleted_ids=[])
        for operation in operations.delete(memory_ids, reason):
            result.deleted_ids.extend(await self._send(operation, timeout))
        return result

    async def delete_long_term_memory(
        self, memory_id: str, *, timeout: float | None = None
    ) -> models.DeleteResult:
        """Delete one memory; one that does not exist is no error."""
        return await self.delete_long_term_memories([memory_id], timeout=timeout)

    async def promote_working_memories_to_long_term(
        self,
        session_id: str,
        memory_ids: Sequence[str] | None = None,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        timeout: float | None = None,
    ) -> models.CreateResult:
        """Store a session's memories now, instead of in the background.

        Args:
            session_id: The session.
            memory_ids: Only these of its memories; all of them when absent.
            namespace: The session's namespace.
            user_id: The session's owner.
            timeout: Seconds that each call to the services may take; the client's when absent.
        """
        wanted = operations.choice(memory_ids)
        session = await self.get_working_memory(
            session_id,
            namespace=namespace,
            user_id=user_id,
            recent_messages_limit=1,
            timeout=timeout,
        )
        chosen = [memory for memory in session.memories if wanted is None or memory.id in wanted]
        return await self.create_long_term_memories(chosen, timeout=timeout)

    async def search_long_term_memory(
        self,
        text: str = "",
        *,
        limit: int = 10,
        offset: int = 0,
        cursor: str | None = None,
        explain: bool = False,
        timeout: float | None = None,
        **criteria: Unpack[SearchArguments],
    ) -> models.MemoryRecordResults:
        """Find memories, the best first; an empty text lists what matches, newest first.

        Messages are listed only where a condition names types; a question finds them, too.

        Args:
            text: The question. In keyword mode, phrases in double quotes must occur as they are.
            limit: How many to answer; beyond 100, in several calls.
            offset: How many to skip.
            cursor: `next_cursor` of the answer before; continues after it.
            explain: Answers what each part of the ranking added to a score.
            timeout: Seconds that each call to the service may take; the client's when absent.
            **criteria: Filters and options, the fields of `SearchQuery`.

        Raises:
            MemoryValidationError: A filter or an option is unknown, or a value has the wrong
                type; names the path.
        """
        request = search.search(self.config, text, limit=limit, explain=explain, criteria=criteria)
        windows: list[models.TimeWindow] = []

        async def fetch(token: str) -> Page[models.MemoryRecordResult]:
            page = await self._send(search.search_page(request, token), timeout)
            windows[:] = page.time_windows
            return page

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return models.MemoryRecordResults(
            memories=found.items,
            total=found.total,
            next_cursor=found.next_cursor,
            next_offset=found.next_offset,
            time_windows=windows,
        )

    async def search_all_long_term_memories(
        self,
        text: str = "",
        *,
        batch_size: int = 50,
        timeout: float | None = None,
        **criteria: Unpack[SearchArguments],
    ) -> AsyncIterator[models.MemoryRecordResult]:
        """Iterate over everything a search finds, each memory once, the best first.

        Args:
            text: The question.
            batch_size: How many to fetch at a time, at most 100.
            timeout: Seconds that each fetch may take; the client's when absent.
            **criteria: As in `search_long_term_memory`.
        """
        request = search.search_all(self.config, text, batch_size=batch_size, criteria=criteria)

        async def fetch(token: str) -> search.SearchPage:
            return await self._send(search.search_page(request, token), timeout)

        async for page in pages(fetch):
            for memory in page.items:
                yield memory

    async def stream_long_term_memories(
        self,
        text: str = "",
        *,
        limit: int = 1000,
        explain: bool = False,
        timeout: float | None = None,
        **criteria: Unpack[SearchArguments],
    ) -> AsyncGenerator[models.MemoryRecordResult, None]:
        """Find many memories in one call, the best first, no faster than they are taken.

        Args:
            text: The question.
            limit: How many at the most; beyond 10000, the first 10000.
            explain: Answers what each part of the ranking added to a score.
            timeout: Seconds for the whole stream, with what the caller does between two
                memories; the contract's when absent, whatever the client's own timeout is.
            **criteria: As in `search_long_term_memory`.

        Raises:
            MemoryUnavailableError: The connection ended; nothing is asked again by itself.
        """
        operation = search.stream(
            self.config, text, limit=limit, explain=explain, criteria=criteria
        )
        async with aclosing(self._connection.stream(operation, timeout)) as parts:
            async for part in parts:
                for hit in part:
                    yield hit

    async def list_long_term_memories(
        self,
        *,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        include_hidden: bool = False,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> models.MemoryRecordResults:
        """List memories, the newest first.

        Args:
            limit: How many to answer.
            offset: How many to skip.
            cursor: `next_cursor` of the answer before; continues after it.
            include_hidden: Also answers superseded, merged and archived memories.
            timeout: Seconds that each call to the service may take; the client's when absent.
            **criteria: Filters, the fields of `FilterCriteria`.
        """
        request = search.listing(
            self.config, limit=limit, include_hidden=include_hidden, criteria=criteria
        )

        async def fetch(token: str) -> Page[models.MemoryRecordResult]:
            return await self._send(search.list_page(request, token), timeout)

        found = await window(fetch, limit, offset=offset, cursor=cursor)
        return models.MemoryRecordResults(
            memories=found.items,
            total=found.total,
            next_cursor=found.next_cursor,
            next_offset=found.next_offset,
        )

    async def count_long_term_memories(
        self,
        *,
        include_hidden: bool = False,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> int:
        """Count memories.

        Args:
            include_hidden: Also counts superseded, merged and archived memories.
            timeout: Seconds the call may take; the client's when absent.
            **criteria: Filters, the fields of `FilterCriteria`.
        """
        operation = search.count(self.config, include_hidden=include_hidden, criteria=criteria)
        return await self._send(operation, timeout)

    async def list_field_values(
        self,
        field: str,
        *,
        metadata_path: str | None = None,
        prefix: str | None = None,
        depth: int = 0,
        include_hidden: bool = False,
        limit: int = 100,
        cursor: str | None = None,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> models.FieldValues:
        """List the values that a field has among memories, those of most memories first.

        Args:
            field: `namespace`, `user_id`, `session_id`, `topics`, `entities`, `metadata_key` or
                `metadata_value`.
            metadata_path: Where in the metadata the values are, for `metadata_value` alone.
            prefix: Only values that start with this.
            depth: Levels of texts to tell apart, which `/` separates; 0 for all.
            include_hidden: Also counts superseded, merged and archived memories.
            limit: How many to answer; more than 1000 means 1000.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.
            **criteria: Filters, the fields of `FilterCriteria`.
        """
        operation = search.field_values(
            self.config,
            field,
            metadata_path=metadata_path,
            prefix=prefix,
            depth=depth,
            include_hidden=include_hidden,
            limit=limit,
            cursor=cursor,
            criteria=criteria,
        )
        return await self._send(operation, timeout)
