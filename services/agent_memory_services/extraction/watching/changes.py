"""What the queue notes of a change of a job."""

from dataclasses import dataclass
from typing import Self

from agent_memory_services.extraction.queue.identity import partition_prefix
from agent_memory_services.runtime.feed.position import Position
from agent_memory_services.runtime.feed.tail import Raw


def changes_key(partition: int) -> str:
    """Key of the changes of a partition, in order."""
    return f"{partition_prefix(partition)}changes"


def thread_topic(thread_key: str) -> tuple[str, str]:
    """What the changes of a session are about."""
    return "thread", thread_key


def tenant_topic(tenant_key: str) -> tuple[str, str]:
    """What the changes of a tenant's jobs are about."""
    return "tenant", tenant_key


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a job or, with an empty job id, to a session without one."""

    position: Position
    tenant_key: str
    thread_key: str
    job_id: str

    @property
    def topics(self) -> tuple[tuple[str, str], ...]:
        """What it is about."""
        thread = thread_topic(self.thread_key)
        return (thread, tenant_topic(self.tenant_key)) if self.job_id else (thread,)

    @classmethod
    def read(cls, entry: Raw) -> Self:
        """A change as the queue's scripts write it."""
        position, fields = entry
        return cls(
            Position.read(position),
            fields[b"tenant"].decode(),
            fields[b"thread"].decode(),
            fields[b"job"].decode(),
        )
