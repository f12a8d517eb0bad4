"""Waiting until what was said has become memories."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from math import inf

from agent_memory.extraction.v1 import extraction_pb2
from agent_memory.extraction.v1 import service_pb2 as extraction
from agent_memory.working_memory.v1 import service_pb2 as working_memory
from agent_memory.working_memory.v1.working_memory_pb2 import WorkingMemory
from agent_memory_client.conversions.jobs import from_job, from_progress
from agent_memory_client.errors import (
    ExtractionFailedError,
    MemoryClientError,
    MemoryTimeoutError,
)
from agent_memory_client.models.jobs import ExtractionProgress
from agent_memory_client.promotion_waiting import PromotionWaiting
from agent_memory_client.resuming import resumed

_FAILED = extraction_pb2.JobState.JOB_STATE_FAILED
_FORGOTTEN = "INVALID_TOKEN"


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is waited for: the log of one incarnation of a session, up to a position."""

    namespace: str
    session_id: str
    session_uid: str
    sequence: int

    @classmethod
    def of(cls, session: WorkingMemory) -> "_Goal":
        """All that the session's log holds now."""
        return cls(
            session.namespace, session.session_id, session.session_uid, session.last_sequence
        )

    def is_reached(self, progress: extraction_pb2.SessionProgress) -> bool:
        """Whether every message waited for is extracted."""
        return (
            progress.session_uid == self.session_uid
            and progress.extracted_sequence >= self.sequence
        )

    def is_missed(self, job: extraction_pb2.Job, extracted: int) -> bool:
        """Whether a job gave up on messages that are waited for."""
        return (
            job.state == _FAILED
            and job.session_uid == self.session_uid
            and job.first_sequence <= self.sequence
            and job.last_sequence > extracted
        )


class WaitingMethods(PromotionWaiting):
    """Calls that wait for extraction."""

    async def wait_for_extraction(
        self,
        session_id: str,
        *,
        namespace: str | None = None,
        user_id: str | None = None,
        timeout: float = 60.0,  # noqa: ASYNC109 - callers expect it by this name
    ) -> ExtractionProgress:
        """Wait until what is in the session now has become memories, and these are stored.

        That is every message of its log, and every memory placed in it. Outlives the restart of
        a server.

        Args:
            session_id: The session.
            namespace: The session's namespace.
            user_id: The owner the caller expects.
            timeout: Seconds to wait.

        Raises:
            ExtractionFailedError: A job gave up on some of the messages; see its `job`.
            MemoryTimeoutError: The time ran out; extraction goes on.
            MemoryNotFoundError: The session does not exist.
        """
        try:
            async with asyncio.timeout(timeout):
                session = await self._session(session_id, namespace, user_id)
                progress = await self._reach(_Goal.of(session))
                await self._until_stored(session)
                return progress
        except TimeoutError as error:
            if isinstance(error, MemoryTimeoutError):
                raise
            raise MemoryTimeoutError(
                f"extraction took longer than {timeout:g} s; it goes on in the background"
            ) from error

    async def _session(
        self, session_id: str, namespace: str | None, user_id: str | None
    ) -> WorkingMemory:
        request = working_memory.GetWorkingMemoryRequest(
            namespace=self._namespace(namespace),
            session_id=session_id,
            user_id=self._user(user_id),
            recent_messages_limit=1,
        )
        stub = self._connection.services.working_memory
        return (await self._connection.call(stub.GetWorkingMemory, request)).working_memory

    async def _reach(self, goal: _Goal) -> ExtractionProgress:
        """Watch until the goal is reached."""
        request = extraction.WatchJobsRequest(namespace=goal.namespace, session_id=goal.session_id)
        while goal.sequence:
            try:
                return await self._watch(goal, request)
            except MemoryClientError as error:
                # A server that forgot the token tells everything anew.
                if error.reason != _FORGOTTEN or not request.resume_token:
                    raise
                request.resume_token = ""
        return ExtractionProgress(
            session_uid=goal.session_uid, received_sequence=0, extracted_sequence=0
        )

    async def _watch(self, goal: _Goal, request: extraction.WatchJobsRequest) -> ExtractionProgress:
        """Watch to the goal; the request keeps the place."""
        stub = self._connection.services.extraction
        watch = resumed(self._connection, stub.WatchJobs, request, patience=inf)
        async with aclosing(watch) as responses:
            async for response in responses:
                if goal.is_reached(response.progress):
                    return from_progress(response.progress)
                extracted = response.progress.extracted_sequence
                if response.HasField("job") and goal.is_missed(response.job, extracted):
                    raise _failure(response.job)
        raise AssertionError("a watch ends with an error alone")


def _failure(job: extraction_pb2.Job) -> ExtractionFailedError:
    failed = from_job(job)
    why = failed.error.message if failed.error else "no reason given"
    return ExtractionFailedError(f"extraction job {job.id} gave up: {why}", failed)
