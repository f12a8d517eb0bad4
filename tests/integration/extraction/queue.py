"""What tests do with a queue."""

from dataclasses import dataclass
from typing import Self

from redis.asyncio import Redis

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.extraction.domain.failures import WorkersLost
from agent_memory_services.extraction.domain.records import Session
from agent_memory_services.extraction.queue.jobs import JobFilter, Jobs
from agent_memory_services.extraction.queue.submissions import (
    Receipt,
    Schedule,
    Submission,
    Submissions,
)
from agent_memory_services.extraction.store.progress import ProgressBook
from agent_memory_services.extraction.store.queue import (
    Lease,
    Leases,
    Outlook,
    Retention,
    Store,
)
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.status import status_of
from agent_memory_services.kit.redis.keys import encode
from tests.support.sessions import session

AT_ONCE = Schedule(debounce_seconds=0, max_wait_seconds=0, reference_messages=3)
LOST = status_of(WorkersLost())


def principal(tenant: str = "default", **limits: frozenset[str]) -> Principal:
    """Somebody who may do everything in a tenant, but for the limits."""
    return Principal(tenant, "test", Access.ACCESS_ADMIN, **limits)


@dataclass
class Queue:
    """The sides of one queue."""

    store: Store
    leases: Leases
    jobs: Jobs
    progress: ProgressBook

    @classmethod
    def on(
        cls, redis: Redis, retention: Retention | None = None, *, lease_seconds: float = 30
    ) -> Self:
        """A queue of four partitions."""
        store = Store(redis, 4, retention or Retention())
        leases = Leases(store, lease_seconds=lease_seconds, max_strikes=3, strike_seconds=0)
        return cls(store, leases, Jobs(store), ProgressBook(store))

    async def submit(self, submission: Submission, schedule: Schedule = AT_ONCE) -> Receipt:
        """Take a submission in."""
        return await Submissions(self.store, schedule, lambda *_: None).submit(submission)

    async def claim(self, of: Session | None = None) -> Lease | None:
        """Lease a job of the session's partition, for its tenant."""
        thread = (of or session()).thread
        partition = thread.partition(self.store.partitions)
        return await self.leases.claim(partition, encode(thread.tenant))

    async def must_claim(self, of: Session | None = None) -> Lease:
        """Lease a job that must be there."""
        lease = await self.claim(of)
        assert lease is not None
        return lease

    async def poll(self, of: Session | None = None) -> list[str]:
        """The tenants with due jobs in the session's partition."""
        partition = (of or session()).thread.partition(self.store.partitions)
        return list((await self.outlook(partition)).due)

    async def outlook(self, partition: int) -> Outlook:
        """What is due in a partition, and when the next is."""
        [outlook] = await self.leases.poll([partition], lost=LOST)
        assert isinstance(outlook, Outlook)
        return outlook

    async def all_jobs(self, tenant: str = "default") -> list[Job]:
        """The tenant's jobs, the latest first."""
        return list((await self.jobs.page(principal(tenant), JobFilter(), limit=1000)).jobs)

    async def states(self, tenant: str = "default") -> list[str]:
        """The states of the tenant's jobs, the latest first."""
        return [_name(job) for job in await self.all_jobs(tenant)]

    async def extracted(self, of: Session | None = None) -> tuple[int, int]:
        """How far a session has arrived, and is extracted."""
        progress = (await self.progress.of_thread((of or session()).thread)).progress
        return progress.received_sequence, progress.extracted_sequence


def _name(job: Job) -> str:
    return JobState.Name(job.state).removeprefix("JOB_STATE_")
