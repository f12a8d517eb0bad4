"""Reads and changes of jobs on behalf of callers: list, get, retry, cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, cast

from redis.exceptions import ResponseError

from agent_memory.extraction.v1.extraction_pb2 import Job, JobState
from agent_memory_services.extraction.domain import records
from agent_memory_services.extraction.store.queue import Limits, Store, step
from agent_memory_services.kit.contract import context, errors
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.scripts import Key, Script


@step("cancel")
def _cancel(base: Key, limits: Limits, job_id: str, tenant: str) -> Any:
    """Cancel a job that waits or runs."""


@step("retry")
def _retry(base: Key, limits: Limits, job_id: str, tenant: str) -> Any:
    """Let a job that was given up or cancelled wait again."""


_SCAN_LIMIT = 5_000
"""Jobs one page looks at; a page may end early, with a token, where few of them match."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Criteria for listing a tenant's jobs.

    Attributes:
        namespace: Only this namespace; None means all.
        session_id: Only sessions of this id; None means all.
        state: Only this state; None means all.
    """

    namespace: str | None = None
    session_id: str | None = None
    state: JobState.ValueType | None = None

    def matches(self, job: Job) -> bool:
        """Return true if a job meets the criteria."""
        return (
            (self.namespace is None or job.session.namespace == self.namespace)
            and (self.session_id is None or job.session.session_id == self.session_id)
            and (self.state is None or job.state == self.state)
        )


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, the latest first, and after which one the next page begins; None at the end."""

    jobs: Sequence[Job]
    after: str | None


class Jobs:
    """The jobs of every tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, principal: context.Principal, job_id: str) -> Job:
        """Find a job.

        Raises:
            JobNotFound: there is none of this id for the principal.
        """
        found = await self.load(principal, [job_id])
        if not found:
            raise errors.JobNotFound(job_id)
        return found[0]

    async def load(self, principal: context.Principal, job_ids: Sequence[str]) -> list[Job]:
        """Find jobs, leaving out those that do not exist for the principal."""
        return [
            record.job
            for record in await self._records(job_ids)
            if record.tenant == principal.tenant and records.sees(principal, record.job)
        ]

    async def page(
        self, principal: context.Principal, wanted: JobFilter, *, after: str = "", limit: int
    ) -> JobPage:
        """List jobs, the latest first, from the one after `after` on."""
        jobs: list[Job] = []
        scanned = 0
        while scanned < _SCAN_LIMIT:
            ids = await self._ids(principal.tenant, wanted, after, limit + 1)
            scanned += len(ids)
            for job in await self.load(principal, ids):
                if not wanted.matches(job):
                    continue
                if len(jobs) == limit:
                    return JobPage(jobs, jobs[-1].id)
                jobs.append(job)
            if len(ids) <= limit:
                return JobPage(jobs, None)
            after = ids[-1]
        return JobPage(jobs, after)

    async def retry(self, principal: context.Principal, job_id: str) -> Job:
        """Let a job that failed or was cancelled wait again, due at once.

        Raises:
            JobNotFound: there is none of this id for the principal.
            InvalidState: it neither failed nor was cancelled.
        """
        found = await self._change(_retry, principal, job_id)
        if found not in (JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED):
            raise _misfit(found, "only a failed or cancelled job can be tried again")
        return await self.get(principal, job_id)

    async def cancel(self, principal: context.Principal, job_id: str) -> Job:
        """Cancel a job that waits or runs; one that is cancelled already stays so.

        Raises:
            JobNotFound: there is none of this id for the principal.
            InvalidState: it has ended.
        """
        found = await self._change(_cancel, principal, job_id)
        if found in (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED):
            raise _misfit(found, "a job that has ended cannot be cancelled")
        return await self.get(principal, job_id)

    async def _change(
        self, own: Script[[Key, Limits, str, str]], principal: context.Principal, job_id: str
    ) -> JobState.ValueType:
        """Take a step on a job and tell the state it was found in."""
        await self.get(principal, job_id)
        partition = int(job_id.rpartition("-")[2])
        found = await self._store.take(own, partition, job_id, encode(principal.tenant))
        if found == JobState.JOB_STATE_UNSPECIFIED:
            raise errors.JobNotFound(job_id)
        return cast("JobState.ValueType", found)

    async def _ids(self, tenant: str, wanted: JobFilter, after: str, count: int) -> list[str]:
        """Return the next ids of the narrowest index there is, the latest first."""
        upper = f"({after}" if after else "+"
        async with self._store.client.pipeline(transaction=False) as pipeline:
            for key in self._indexes(tenant, wanted):
                pipeline.zrevrangebylex(key, upper, "-", start=0, num=count)
            found = await pipeline.execute()
        merged = merge(*found, reverse=True)
        return [job_id.decode() for job_id in islice(merged, count)]

    def _indexes(self, tenant: str, wanted: JobFilter) -> list[str]:
        if wanted.namespace is not None and wanted.session_id is not None:
            thread = records.Thread(tenant, wanted.namespace, wanted.session_id)
            partition = thread.partition(self._store.partitions)
            return [f"{records.partition_prefix(partition)}jobs-of:{thread.key}"]
        suffix = "" if wanted.state is None else f":{wanted.state}"
        return [
            f"{records.partition_prefix(partition)}jobs:{encode(tenant)}{suffix}"
            for partition in range(self._store.partitions)
        ]

    async def _records(self, job_ids: Sequence[str]) -> list[records.JobRecord]:
        places = [
            (job_id, partition)
            for job_id in job_ids
            if (partition := records.partition_of_job(job_id, self._store.partitions)) is not None
        ]
        async with self._store.client.pipeline(transaction=False) as pipeline:
            for job_id, partition in places:
                pipeline.hgetall(f"{records.partition_prefix(partition)}job:{job_id}")
            found = await pipeline.execute(raise_on_error=False) if places else []
        return [
            records.JobRecord.parse(job_id, fields)
            for (job_id, _), fields in zip(places, map(_stored, found), strict=True)
            if fields
        ]


def _stored(found: Any) -> Mapping[bytes, bytes]:
    """Return the fields of a record; none where something else stands in its place.

    Raises:
        RedisError: the store did not answer.
    """
    if isinstance(found, ResponseError) and str(found).startswith("WRONGTYPE"):
        return {}
    if isinstance(found, Exception):
        raise found
    fields: Mapping[bytes, bytes] = found
    return fields


def _misfit(state: JobState.ValueType, description: str) -> errors.InvalidState:
    return errors.InvalidState(JobState.Name(state).removeprefix("JOB_STATE_"), description)
