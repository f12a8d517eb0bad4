"""Identities of sessions and jobs, and the key prefixes of their partitions."""

from dataclasses import dataclass

from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.redis.keys import encode, partition_of


@dataclass(frozen=True, slots=True)
class Thread:
    """Session as callers name it; a deleted session that is created again is the same thread."""

    tenant: str
    namespace: str
    session_id: str

    @property
    def key(self) -> str:
        """Its part of a key."""
        return ":".join(map(encode, (self.tenant, self.namespace, self.session_id)))

    def partition(self, count: int) -> int:
        """Return the partition that holds everything of the thread."""
        return partition_of(count, self.tenant, self.namespace, self.session_id)


@dataclass(frozen=True, slots=True)
class Session:
    """One incarnation of a thread; `uid` tells it from the others."""

    thread: Thread
    uid: str

    @property
    def key(self) -> str:
        """Its part of a key."""
        return f"{self.thread.key}:{encode(self.uid)}"


def partition_prefix(partition: int) -> str:
    """Return the prefix of every key of a partition; its hash tag keeps them on one node."""
    return f"am:ex:{{p{partition:02d}}}:"


def new_job_id(partition: int) -> str:
    """Return an id that sorts by creation and tells where the job is kept."""
    return f"{new_id()}-{partition}"


def partition_of_job(job_id: str, count: int) -> int | None:
    """Return the partition of a job, or None for an id that cannot be one."""
    partition = job_id.rpartition("-")[2]
    if not (partition.isascii() and partition.isdigit()):
        return None
    return int(partition) if int(partition) < count else None
