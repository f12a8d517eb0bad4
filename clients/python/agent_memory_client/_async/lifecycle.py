"""Calls over the life of memories: their history, forgetting, moving and erasure."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Unpack

from agent_memory_client import models
from agent_memory_client._async.base import PATIENCE, ClientBase
from agent_memory_client._connection import AnyIterable
from agent_memory_client._operations import lifecycle
from agent_memory_client.models._criteria import FilterArguments


class LifecycleMethods(ClientBase):
    """Calls about what memories were and are becoming."""

    async def list_memory_revisions(
        self,
        memory_id: str,
        *,
        limit: int = 20,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> models.MemoryRevisionList:
        """List the changes of a memory, the latest first.

        A deleted memory's can be listed for a while.

        Args:
            memory_id: The memory.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
        """
        return await self._send(lifecycle.revisions(memory_id, limit, cursor), timeout)

    async def all_memory_revisions(
        self, memory_id: str, *, timeout: float | None = None
    ) -> AsyncIterator[models.MemoryRevision]:
        """Iterate over every change of a memory, the latest first.

        Args:
            memory_id: The memory.
            timeout: Seconds that each fetch may take; the client's when absent.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
        """
        cursor: str | None = None
        while True:
            page = await self.list_memory_revisions(
                memory_id, limit=100, cursor=cursor, timeout=timeout
            )
            for revision in page.revisions:
                yield revision
            cursor = page.next_cursor
            if cursor is None:
                return

    async def revert_long_term_memory(
        self,
        memory_id: str,
        revision_id: str | None = None,
        *,
        etag: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> list[models.MemoryRecord]:
        """Take a change back: an edit, a merge, a supersession, a deletion, or a revert.

        Args:
            memory_id: The memory.
            revision_id: The change to take back; the latest when absent.
            etag: Reverts only while the memory's etag is this one.
            reason: Why, for the history.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds the call may take; the client's when absent.

        Returns:
            The memories that changed and are there, the one asked for first.

        Raises:
            MemoryNotFoundError: There is no such memory for this caller.
            MemoryStateError: What it changed was changed again since; says what to do.
            MemoryConflictError: The etag is no longer the memory's, or another memory has the
                content that would come back.
        """
        operation = lifecycle.revert(
            memory_id, revision_id, etag=etag, reason=reason, request_id=request_id
        )
        return await self._send(operation, timeout)

    async def watch_long_term_memories(
        self,
        *,
        resume_token: str | None = None,
        checkpoints: bool = False,
        patience: float = PATIENCE,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> AsyncGenerator[models.MemoryChange, None]:
        """Tell every change of memories from now on; a connection that breaks is made again.

        A change is told where the memory matches before it or after it.

        Args:
            resume_token: Of the last change seen, of a watch of the same memories; continues
                after it.
            checkpoints: Also tells signs of life, which have no kind but a newer token.
            patience: Seconds to try for when nobody answers.
            timeout: Seconds after which the whole watch ends with an error; without an end when
                absent, whatever the client's own timeout is.
            **criteria: Which memories, the fields of `FilterCriteria`.

        Raises:
            MemoryValidationError: The token is of another watch, or changes since then are
                forgotten: list the memories and watch anew.
            MemoryUnavailableError: Nobody answered for too long.
            MemoryTimeoutError: `timeout` is over.
        """
        watch = lifecycle.watch(
            self.config,
            resume_token=resume_token,
            checkpoints=checkpoints,
            patience=patience,
            criteria=criteria,
        )
        async with aclosing(self._follow(watch, timeout)) as changes:
            async for change in changes:
                yield change

    async def forget_long_term_memories(
        self,
        policy: models.ForgetPolicy | Mapping[str, Any],
        *,
        dry_run: bool = True,
        pinned_ids: Iterable[str] = (),
        request_id: str | None = None,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> models.ForgetResponse:
        """Forget by policy; by default only says what it would forget.

        Args:
            policy: What may be forgotten.
            dry_run: False really forgets.
            pinned_ids: Memories to keep whatever the policy says.
            request_id: Names the call; repeating it within a day answers what it answered first.
            timeout: Seconds the call may take; the client's when absent.
            **criteria: Which memories are considered, the fields of `FilterCriteria`.
        """
        operation = lifecycle.forget(
            self.config,
            policy,
            dry_run=dry_run,
            pinned_ids=pinned_ids,
            request_id=request_id,
            criteria=criteria,
        )
        return await self._send(operation, timeout)

    async def delete_long_term_memories_by_filter(
        self,
        *,
        dry_run: bool = True,
        include_hidden: bool = False,
        batch_size: int = 500,
        reason: str | None = None,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> models.FilterReport:
        """Delete the memories that a filter matches, in batches; by default only says how many.

        After an error the rest is deleted by calling it again.

        Args:
            dry_run: Only says what would be deleted.
            include_hidden: Also deletes superseded, merged and archived memories.
            batch_size: How many each call to the service looks at; more than 1000 means 1000.
            reason: Why, for the history.
            timeout: Seconds that each call to the service may take; the client's when absent.
            **criteria: Filters, the fields of `FilterCriteria`; at least one condition.
        """
        request = lifecycle.delete_by_filter(
            self.config,
            dry_run=dry_run,
            include_hidden=include_hidden,
            batch_size=batch_size,
            reason=reason,
            criteria=criteria,
        )
        return await self._each_batch(request, timeout)

    async def update_long_term_memories_by_filter(
        self,
        updates: models.MemoryUpdate | Mapping[str, Any],
        *,
        dry_run: bool = True,
        include_hidden: bool = False,
        batch_size: int = 500,
        reason: str | None = None,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> models.FilterReport:
        """Change the memories that a filter matches, in batches; by default only says how many.

        After an error the rest is changed by calling it again.

        Args:
            updates: New values, by the names of `MemoryUpdate`: all but `text`, `context`,
                `claims`, `slot` and `validity`.
            dry_run: Only says what would be changed.
            include_hidden: Also changes superseded, merged and archived memories.
            batch_size: How many each call to the service looks at; more than 1000 means 1000.
            reason: Why, for the history.
            timeout: Seconds that each call to the service may take; the client's when absent.
            **criteria: Filters, the fields of `FilterCriteria`; at least one condition.
        """
        request = lifecycle.update_by_filter(
            self.config,
            updates,
            dry_run=dry_run,
            include_hidden=include_hidden,
            batch_size=batch_size,
            reason=reason,
            criteria=criteria,
        )
        return await self._each_batch(request, timeout)

    async def _each_batch(
        self, request: lifecycle.ByFilterT, timeout: float | None
    ) -> models.FilterReport:
        report = await self._send(lifecycle.batch(request, ""), timeout)
        while report.resume_token:
            part = await self._send(lifecycle.batch(request, report.resume_token), timeout)
            report = lifecycle.joined(report, part)
        return report

    async def compact_long_term_memories(
        self, *, timeout: float | None = None, **criteria: Unpack[FilterArguments]
    ) -> models.CompactionReport:
        """Consolidate memories that changed since the last time; needs the access of an admin.

        Args:
            timeout: Seconds the call may take; the client's when absent.
            **criteria: Which memories are considered, the fields of `FilterCriteria`.
        """
        return await self._send(lifecycle.compact(self.config, criteria), timeout)

    async def export_long_term_memories(
        self,
        *,
        include_hidden: bool = False,
        resume_token: str | None = None,
        timeout: float | None = None,
        **criteria: Unpack[FilterArguments],
    ) -> AsyncGenerator[models.ExportPart, None]:
        """Stream memories out, the oldest first, no faster than they are taken.

        Needs the access of an admin.

        Args:
            include_hidden: Also superseded, merged and archived memories.
            resume_token: Of the last part seen, of an export of the same memories; continues
                after it.
            timeout: Seconds for the whole stream, with what the caller does between two parts;
                the contract's when absent, whatever the client's own timeout is.
            **criteria: Which memories, the fields of `FilterCriteria`.

        Raises:
            MemoryUnavailableError: The connection ended; export again from the last token.
        """
        operation = lifecycle.export(
            self.config,
            include_hidden=include_hidden,
            resume_token=resume_token,
            criteria=criteria,
        )
        async with aclosing(self._connection.stream(operation, timeout)) as parts:
            async for part in parts:
                yield part

    async def import_long_term_memories(
        self,
        memories: AnyIterable[models.MemoryRecord | Mapping[str, Any]],
        *,
        timeout: float | None = None,
    ) -> models.ImportReport:
        """Store memories as they were elsewhere: times, accesses, what is merged or archived.

        They are taken from the iterable no faster than the server stores them. Each is known by
        its id, so after an error all of them may be sent again: what is stored is left alone.
        Needs the access of an admin.

        Args:
            memories: The memories. A namespace or user left out is the client's default.
            timeout: Seconds for the whole import, with the making of the memories; the
                contract's when absent, whatever the client's own timeout is.

        Returns:
            How many were stored, and which were rejected and why.

        Raises:
            MemoryValidationError: One of them is no memory; those before may be stored.
        """
        return await self._connection.upload(lifecycle.import_(self.config), memories, timeout)

    async def erase_user(
        self, user_id: str, *, timeout: float | None = None
    ) -> models.ErasureReceipt:
        """Erase a user's sessions, what waits for extraction, and memories.

        The services are asked in the order in which memories flow, and each tells the next which
        sessions went: what is on its way while they are asked is refused on arrival, so nothing
        that was accepted before comes back. After an error the whole call may be repeated. Needs
        the access of an admin.

        Args:
            user_id: The user; the client's default is not taken.
            timeout: Seconds that each call to a service may take; the client's when absent.
        """
        erasure = lifecycle.erasure(user_id)
        erasure.note([await self._send(erasure.in_working_memory(), timeout)])
        erasure.note([await self._send(each, timeout) for each in erasure.in_extraction()])
        erasure.note([await self._send(each, timeout) for each in erasure.in_long_term_memory()])
        return erasure.receipt()
