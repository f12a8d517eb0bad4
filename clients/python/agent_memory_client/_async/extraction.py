"""Calls to extraction: jobs, summaries, summary views, and waiting for memories."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from math import inf
from typing import Any, TypeVar

from agent_memory.common.v1 import memory_pb2
from agent_memory.extraction.v1 import extraction_pb2
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_client import errors, models
from agent_memory_client._async.base import PATIENCE, ClientBase
from agent_memory_client._connection import seconds
from agent_memory_client._operations import extraction, memories, sessions
from agent_memory_client._operations.operation import Operation

_FAILED = extraction_pb2.JobState.JOB_STATE_FAILED
_FORGOTTEN = "INVALID_TOKEN"
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0

Result = TypeVar("Result")


class ExtractionMethods(ClientBase):
    """Calls to the extraction service."""

    async def get_job(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Answer a job.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        return await self._send(extraction.get_job(job_id), timeout)

    async def list_jobs(
        self,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        state: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> models.JobListResponse:
        """List jobs, the latest first.

        Args:
            session_id: Only this session.
            namespace: Only this namespace; all of them when neither given nor a default.
            state: Only this state: `pending`, `running`, `succeeded`, `failed` or `cancelled`.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.
        """
        operation = extraction.list_jobs(
            self.config,
            session_id=session_id,
            namespace=namespace,
            state=state,
            limit=limit,
            cursor=cursor,
        )
        return await self._send(operation, timeout)

    async def retry_job(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Try a job again that failed or was cancelled.

        Raises:
            MemoryStateError: It did neither.
        """
        return await self._send(extraction.retry_job(job_id), timeout)

    async def cancel_job(self, job_id: str, *, timeout: float | None = None) -> models.Job:
        """Cancel a job that is not done."""
        return await self._send(extraction.cancel_job(job_id), timeout)

    async def watch_jobs(
        self,
        *,
        session_id: str | None = None,
        namespace: str | None = None,
        resume_token: str | None = None,
        patience: float = PATIENCE,
        timeout: float | None = None,
    ) -> AsyncGenerator[models.JobChange, None]:
        """Tell where jobs stand, then every change; a connection that breaks is made again.

        Args:
            session_id: Only this session; all jobs of the tenant when absent.
            namespace: The session's namespace.
            resume_token: Of the last change seen; continues after it.
            patience: Seconds to try for when nobody answers.
            timeout: Seconds after which the whole watch ends with an error; without an end when
                absent, whatever the client's own timeout is.

        Raises:
            MemoryUnavailableError: Nobody answered for too long.
            MemoryTimeoutError: `timeout` is over.
        """
        watch = extraction.watch_jobs(
            self.config,
            session_id=session_id,
            namespace=namespace,
            resume_token=resume_token,
            patience=patience,
        )
        async with aclosing(self._follow(watch, timeout)) as changes:
            async for change in changes:
                yield change

    async def preview_extraction(
        self,
        messages: Iterable[models.MemoryMessage | Mapping[str, Any]],
        strategy: models.MemoryStrategyConfig | Mapping[str, Any] | None = None,
        *,
        before: Iterable[models.MemoryMessage | Mapping[str, Any]] = (),
        time_zone: str | None = None,
        timeout: float | None = None,
    ) -> models.ExtractionPreview:
        """Answer what a strategy would find in messages; stores nothing.

        Args:
            messages: The messages.
            strategy: What to look for; single facts and events when absent.
            before: Messages before them, for reference only.
            time_zone: IANA zone in which relative dates are meant; UTC when absent.
            timeout: Seconds the call may take; the client's when absent.
        """
        operation = extraction.preview(messages, strategy, before=before, time_zone=time_zone)
        return await self._send(operation, timeout)

    async def summarize_messages(
        self,
        messages: Iterable[models.MemoryMessage | Mapping[str, Any]],
        *,
        previous_summary: str = "",
        max_words: int | None = None,
        timeout: float | None = None,
    ) -> str:
        """Summarize messages, continuing a summary where one is given; stores nothing.

        Args:
            messages: The messages, oldest first.
            previous_summary: The summary so far.
            max_words: The longest the answer may get; 300 when absent.
            timeout: Seconds the call may take; the client's when absent.

        Returns:
            The summary; empty when there was nothing worth saying.
        """
        operation = extraction.summarize(
            messages, previous_summary=previous_summary, max_words=max_words
        )
        return await self._send(operation, timeout)

    async def create_summary_view(
        self, view: models.SummaryView | Mapping[str, Any], *, timeout: float | None = None
    ) -> models.SummaryView:
        """Create a view."""
        return await self._send(extraction.create_view(view), timeout)

    async def get_summary_view(
        self, view_id: str, *, timeout: float | None = None
    ) -> models.SummaryView:
        """Answer a view.

        Raises:
            MemoryNotFoundError: There is none for this caller.
        """
        return await self._send(extraction.get_view(view_id), timeout)

    async def list_summary_views(
        self, limit: int = 20, cursor: str | None = None, *, timeout: float | None = None
    ) -> models.SummaryViewList:
        """List views.

        Args:
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.
        """
        return await self._send(extraction.list_views(limit, cursor), timeout)

    async def update_summary_view(
        self,
        view_id: str,
        updates: Mapping[str, Any],
        *,
        etag: str | None = None,
        timeout: float | None = None,
    ) -> models.SummaryView:
        """Change the fields that `updates` names.

        Args:
            view_id: The view.
            updates: New values, by the names of `SummaryView`.
            etag: Writes only while the view's etag is this one.
            timeout: Seconds the call may take; the client's when absent.
        """
        return await self._send(extraction.update_view(view_id, updates, etag), timeout)

    async def delete_summary_view(self, view_id: str, *, timeout: float | None = None) -> bool:
        """Delete a view and its partitions.

        Returns:
            Whether there was anything to delete.
        """
        return await self._send(extraction.delete_view(view_id), timeout)

    async def run_summary_view(self, view_id: str, *, timeout: float | None = None) -> models.Job:
        """Refresh every partition of a view in the background."""
        return await self._send(extraction.run_view(view_id), timeout)

    async def run_summary_view_partition(
        self, view_id: str, group: Mapping[str, str], *, timeout: float | None = None
    ) -> models.SummaryViewPartition:
        """Refresh one partition of a view and answer it.

        Args:
            view_id: The view.
            group: A value for each field that the view groups by.
            timeout: Seconds the call may take; the client's when absent.
        """
        return await self._send(extraction.run_partition(view_id, group), timeout)

    async def list_summary_view_partitions(
        self,
        view_id: str,
        group: Mapping[str, str] | None = None,
        limit: int = 20,
        cursor: str | None = None,
        *,
        timeout: float | None = None,
    ) -> models.SummaryViewPartitionList:
        """List the partitions of a view.

        Args:
            view_id: The view.
            group: Only groups with these values.
            limit: How many to answer, at most 1000.
            cursor: `next_cursor` of the answer before; continues after it.
            timeout: Seconds the call may take; the client's when absent.
        """
        operation = extraction.list_partitions(view_id, group, limit, cursor)
        return await self._send(operation, timeout)

    async def wait_for_extraction(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        timeout: float | None = 60.0,
    ) -> models.ExtractionProgress:
        """Wait until what is in the session now has become memories, and these are stored.

        That is every message of its log, and every memory placed in it. Outlives the restart of
        a server.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            timeout: Seconds to wait in all; without an end when none.

        Raises:
            ExtractionFailedError: A job gave up on some of the messages; see its `job`.
            MemoryTimeoutError: The time ran out; extraction goes on.
            MemoryNotFoundError: The session does not exist.
        """
        look = sessions.look(self.config, session_id, namespace, user_id)
        until = time.monotonic() + (inf if timeout is None else seconds(timeout))
        try:
            session = await self._send_until(look, until)
            progress = await self._reach(_Goal.of(session), until)
            await self._until_stored(session, until)
        except errors.MemoryTimeoutError as error:
            if time.monotonic() < until:
                raise
            raise errors.MemoryTimeoutError(
                f"extraction took longer than {timeout:g} s; it goes on in the background"
            ) from error
        return progress

    async def _send_until(self, operation: Operation[Any, Result], until: float) -> Result:
        """Make a call that ends when the waiting does, or in its own time."""
        usual = self._connection.usual_seconds(operation)
        return await self._send(operation, min(usual, _left(until)))

    async def _reach(self, goal: "_Goal", until: float) -> models.ExtractionProgress:
        """Watch until the goal is reached."""
        watch = extraction.watch_progress(goal.namespace, goal.session_id, inf)
        while goal.sequence:
            try:
                left = None if until == inf else _left(until)
                async with aclosing(self._follow(watch, left)) as responses:
                    async for response in responses:
                        if goal.is_reached(response.progress):
                            return extraction.from_progress(response.progress)
                        extracted = response.progress.extracted_sequence
                        if response.HasField("job") and goal.is_missed(response.job, extracted):
                            raise extraction.failure(response.job)
            except errors.MemoryClientError as error:
                # A server that forgot the token tells everything anew.
                if error.reason != _FORGOTTEN or not watch.request.resume_token:
                    raise
                watch.request.resume_token = ""
        return models.ExtractionProgress(
            session_uid=goal.session_uid, received_sequence=0, extracted_sequence=0
        )

    async def _until_stored(self, session: WorkingMemory, until: float) -> None:
        """Wait until each memory of a session is stored, or one of its owner that says the same."""
        missing = memories.placed_in(session)
        pause = _FIRST_PAUSE
        while missing:
            with suppress(errors.MemoryUnavailableError):
                missing = await self._not_stored(missing, until)
            if not missing:
                return
            await asyncio.sleep(min(pause, _left(until)))
            if time.monotonic() >= until:
                raise errors.MemoryTimeoutError("the memories of the session are not stored yet")
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _not_stored(
        self, placed: dict[str, memory_pb2.Memory], until: float
    ) -> dict[str, memory_pb2.Memory]:
        absent = await self._send_until(memories.not_stored(placed), until)
        return {
            memory.id: memory
            for memory in absent
            if not await self._send_until(memories.is_duplicate(memory), until)
        }


@dataclass(frozen=True, slots=True)
class _Goal:
    """Aim of a wait: the log of one incarnation of a session, up to a position."""

    namespace: str
    session_id: str
    session_uid: str
    sequence: int

    @classmethod
    def of(cls, session: WorkingMemory) -> "_Goal":
        """Aim at all that the session's log holds now."""
        return cls(
            session.namespace, session.session_id, session.session_uid, session.last_sequence
        )

    def is_reached(self, progress: extraction_pb2.SessionProgress) -> bool:
        """Tell whether every message waited for is extracted."""
        return (
            progress.session_uid == self.session_uid
            and progress.extracted_sequence >= self.sequence
        )

    def is_missed(self, job: extraction_pb2.Job, extracted: int) -> bool:
        """Tell whether a job gave up on messages that are waited for."""
        return (
            job.state == _FAILED
            and job.session_uid == self.session_uid
            and job.first_sequence <= self.sequence
            and job.last_sequence > extracted
        )


def _left(until: float) -> float:
    """Answer the seconds that are left, and a moment where none are."""
    return max(until - time.monotonic(), 0.001)
