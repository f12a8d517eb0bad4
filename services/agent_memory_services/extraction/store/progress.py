"""Progress of the extraction of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent_memory.common.v1.message_pb2 import SessionRef
from agent_memory.extraction.v1.extraction_pb2 import Job, SessionProgress
from agent_memory_services.extraction.domain.records import Session, Thread
from agent_memory_services.extraction.store.queue import Limits, Store, step
from agent_memory_services.kit.redis.scripts import Key


@step("progress")
def _progress(base: Key, limits: Limits, *, thread: str, session: str) -> Any:
    """Read the progress of a session, or, where it is empty, of the thread's latest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Status of a session: its owner, its progress, and its unfinished jobs."""

    user_id: str
    progress: SessionProgress
    unsettled: Sequence[str]


class ProgressBook:
    """Progress of every session."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_thread(self, thread: Thread) -> Standing:
        """Return the status of the latest session of a thread; an unknown one has no progress."""
        return await self._standing(thread, "")

    async def of_job(self, tenant: str, job: Job) -> SessionProgress:
        """Return the progress of the session of a job."""
        thread = Thread(tenant, job.session.namespace, job.session.session_id)
        standing = await self._standing(thread, Session(thread, job.session_uid).key)
        return standing.progress

    async def _standing(self, thread: Thread, session_key: str) -> Standing:
        partition = thread.partition(self._store.partitions)
        uid, user_id, received, settled, unsettled = await self._store.take(
            _progress, partition, thread=thread.key, session=session_key
        )
        return Standing(
            user_id.decode(),
            SessionProgress(
                session=SessionRef(namespace=thread.namespace, session_id=thread.session_id),
                session_uid=uid.decode(),
                received_sequence=received,
                extracted_sequence=settled,
            ),
            [job_id.decode() for job_id in unsettled],
        )
