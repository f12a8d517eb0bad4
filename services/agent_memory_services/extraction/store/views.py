"""Views and their summaries in the store; each change is one step on the tenant's partition."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from agent_memory.extraction.v1.extraction_pb2 import Job, JobKind, SummaryPartition, SummaryView
from agent_memory_services.extraction.domain import views
from agent_memory_services.extraction.domain.failures import LeaseLost
from agent_memory_services.extraction.domain.records import new_job_id, partition_prefix
from agent_memory_services.extraction.store.queue import Lease, Limits, Store, step
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.contract.messages import batched
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import decode, encode

_BATCH: Final = 200
_LANE: Final = b"view"

Item = TypeVar("Item")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class _SummaryPlace:
    """The edition and the group of a summary."""

    edition: scripts.Text
    group: scripts.Text


@step("create", folder="views")
def _create(
    base: scripts.Key,
    limits: Limits,
    *,
    tenant: str,
    view: str,
    view_id: str,
    content: bytes,
    etag: str,
    edition: str,
    tenant_name: str,
    continuous: bool,
) -> Any:
    """Create a view, or read the one that has its id already."""


@step("update", folder="views")
def _update(
    base: scripts.Key,
    limits: Limits,
    *,
    view: str,
    known: str,
    content: bytes,
    etag: str,
    edition: str,
    continuous: bool,
) -> Any:
    """Change a view that is still what it was."""


@step("delete", folder="views")
def _delete(
    base: scripts.Key,
    limits: Limits,
    *,
    tenant: str,
    view: str,
    view_id: str,
    known: str,
    forgetting: bool,
    after: scripts.Text,
) -> Any:
    """Delete a view that is still what it was, some of its jobs at a time."""


@step("schedule", folder="views")
def _schedule(
    base: scripts.Key,
    limits: Limits,
    *,
    tenant: str,
    tenant_name: str,
    view: str,
    known: str,
    spec: bytes,
    fresh: str,
    only_changed: bool,
) -> Any:
    """Schedule a refresh of a view that is still what it was."""


@step("note", folder="views")
def _note(
    base: scripts.Key, limits: Limits, *, view: str, edition: str, etag: str, seen: bytes
) -> Any:
    """Note what a view's memories looked like."""


@step("put", folder="views")
def _put(
    base: scripts.Key,
    limits: Limits,
    *,
    tenant: str,
    view: str,
    edition: str,
    group: str,
    content: bytes,
    seen: bytes,
    job: str,
    token: str,
    who: str,
    owners: Sequence[str],
) -> Any:
    """Put the summary of a group in the place of the one before."""


@step("drop", folder="views")
def _drop(base: scripts.Key, limits: Limits, *, places: Sequence[_SummaryPlace]) -> Any:
    """Remove summaries."""


@step("ended", folder="views")
def _ended(base: scripts.Key, limits: Limits, *, most: int) -> Any:
    """Read an edition that has ended, and some of its groups."""


@step("forget", folder="views")
def _forget(base: scripts.Key, limits: Limits, *, job_ids: Sequence[str]) -> Any:
    """Forget jobs that refresh views."""


@dataclass(frozen=True, slots=True)
class KeptView:
    """A view as it is kept.

    Attributes:
        name: which one it is.
        view: what it is.
        edition: tells its summaries from those of an earlier grouping or filter.
        seen: what its memories looked like when all its summaries were last up to date.
    """

    name: views.ViewName
    view: SummaryView
    edition: str
    seen: bytes


@dataclass(frozen=True, slots=True)
class KeptSummary:
    """A summary as it is kept.

    Attributes:
        group: of which memories.
        partition: what is known of them.
        seen: what they looked like.
        job_id: the job that computed it last; empty where a caller waited for it.
        by: the summarizer that wrote it; known when it is put, and kept with the job alone.
        owners: whose memories went into it; known when it is read.
    """

    group: views.Group
    partition: SummaryPartition
    seen: bytes
    job_id: str
    by: str = ""
    owners: tuple[str, ...] = ()


class ViewStore:
    """The views of all tenants."""

    def __init__(self, store: Store) -> None:
        """Keep them in the queue's partitions, beside their jobs."""
        self.store = store

    async def create(self, name: views.ViewName, view: SummaryView) -> SummaryView | None:
        """Keep a new view; answers the one that has its id already, if there is one."""
        found = await self._take(
            _create,
            name.tenant,
            tenant=encode(name.tenant),
            view=name.key,
            view_id=encode(name.view_id),
            content=view.SerializeToString(),
            etag=view.etag,
            edition=new_id(),
            tenant_name=name.tenant,
            continuous=view.continuous,
        )
        return SummaryView.FromString(found) if found else None

    async def find(self, name: views.ViewName) -> KeptView | None:
        """Return the view of this name, if there is one."""
        return next(iter(await self.load(name.tenant, [name.view_id])), None)

    async def load(self, tenant: str, view_ids: Sequence[str]) -> list[KeptView]:
        """Return the views of these ids, leaving out those that do not exist."""
        names = [views.ViewName(tenant, view_id) for view_id in view_ids]
        async with self.store.client.pipeline(transaction=False) as pipeline:
            for name in names:
                key = f"{self._prefix(tenant)}view:{name.key}"
                pipeline.hmget(key, ["content", "edition", "seen"])
            found = await pipeline.execute() if names else []
        return [
            KeptView(name, SummaryView.FromString(content), edition.decode(), seen or b"")
            for name, (content, edition, seen) in zip(names, found, strict=True)
            if content is not None
        ]

    async def ids(self, tenant: str, after: str, count: int) -> list[str]:
        """Return the next view ids of a tenant, in order of their spelling."""
        lower = f"({encode(after)}" if after else "-"
        found: Any = await self.store.client.zrangebylex(
            f"{self._prefix(tenant)}views:{encode(tenant)}", lower, "+", start=0, num=count
        )
        return [decode(view_id.decode()) for view_id in found]

    async def update(self, kept: KeptView, after: SummaryView, *, anew: bool = False) -> None:
        """Put a changed view in the place of the one that was read.

        Its summaries go where they speak of other memories than it does now, or with `anew`.

        Raises:
            EtagMismatch: it was changed meanwhile.
            SummaryViewNotFound: it is gone.
        """
        found = await self._take(
            _update,
            kept.name.tenant,
            view=kept.name.key,
            known=kept.view.etag,
            content=after.SerializeToString(),
            etag=after.etag,
            edition=new_id() if anew or views.starts_anew(kept.view, after) else "",
            continuous=after.continuous,
        )
        if found:
            raise errors.EtagMismatch(found.decode())
        if found is not None:
            raise errors.SummaryViewNotFound(kept.name.view_id)

    async def delete(self, kept: KeptView, *, forget_jobs: bool = False) -> bool:
        """Delete the view that was read and cancel its jobs; whether there was one.

        Raises:
            EtagMismatch: it was changed meanwhile.
        """
        name = kept.name
        found, after = None, b""
        while found is None or after:
            found, after = await self._take(
                _delete,
                name.tenant,
                tenant=encode(name.tenant),
                view=name.key,
                view_id=encode(name.view_id),
                known=kept.view.etag,
                forgetting=forget_jobs,
                after=after,
            )
            if isinstance(found, bytes):
                raise errors.EtagMismatch(found.decode())
        return bool(found)

    async def jobs(self, tenant: str, after: str, count: int) -> list[tuple[str, Job | None]]:
        """Return the next jobs of a tenant where its views are kept, in order of their ids.

        Each comes with what its view decided; None for one that refreshes no view.
        """
        prefix = self._prefix(tenant)
        lower = f"({after}" if after else "-"
        found: Any = await self.store.client.zrangebylex(
            f"{prefix}jobs:{encode(tenant)}", lower, "+", start=0, num=count
        )
        ids = [job_id.decode() for job_id in found]
        async with self.store.client.pipeline(transaction=False) as pipeline:
            for job_id in ids:
                pipeline.hmget(f"{prefix}job:{job_id}", ["lane", "spec"])
            fields = await pipeline.execute() if ids else []
        return [
            (job_id, Job.FromString(spec) if lane == _LANE and spec else None)
            for job_id, (lane, spec) in zip(ids, fields, strict=True)
        ]

    async def forget_jobs(self, tenant: str, job_ids: Sequence[str]) -> None:
        """Forget jobs that refresh views, cancelling those that are not done."""
        for batch in batched(job_ids, _BATCH):
            await self._take(_forget, tenant, job_ids=batch)

    async def schedule(self, kept: KeptView, *, only_changed: bool) -> str:
        """Let a job refresh a view; answers the one that waits already, where one does.

        Raises:
            EtagMismatch: it was changed meanwhile.
            SummaryViewNotFound: the view is gone.
        """
        name, partition = kept.name, views.home_of(kept.name.tenant, self.store.partitions)
        job_id, etag = await self._take(
            _schedule,
            name.tenant,
            tenant=encode(name.tenant),
            tenant_name=name.tenant,
            view=name.key,
            known=kept.view.etag,
            spec=_specification(kept.view).SerializeToString(),
            fresh=new_job_id(partition),
            only_changed=only_changed,
        )
        if etag:
            raise errors.EtagMismatch(etag.decode())
        if not job_id:
            raise errors.SummaryViewNotFound(name.view_id)
        return str(job_id.decode())

    async def record_seen(self, kept: KeptView, seen: bytes) -> None:
        """Record the digest of a view's memories, if the view is still as it was read."""
        await self._take(
            _note,
            kept.name.tenant,
            view=kept.name.key,
            edition=kept.edition,
            etag=kept.view.etag,
            seen=seen,
        )

    async def put(
        self, kept: KeptView, summary: KeptSummary, owners: Iterable[str], lease: Lease | None
    ) -> None:
        """Put a summary in the place of the one before.

        Raises:
            EtagMismatch: the view covers other memories by now, or none.
            LeaseLost: the job that computed it is no longer held.
        """
        stored = await self._take(
            _put,
            kept.name.tenant,
            tenant=encode(kept.name.tenant),
            view=kept.name.key,
            edition=kept.edition,
            group=summary.group.key,
            content=summary.partition.SerializeToString(),
            seen=summary.seen,
            job=lease.job_id if lease else "",
            token=lease.token if lease else "",
            who=summary.by,
            owners=sorted({encode(owner) for owner in owners if owner}),
        )
        if stored == 0:
            raise errors.EtagMismatch(kept.view.etag)
        if stored < 0:
            raise LeaseLost

    async def summaries(self, kept: KeptView, groups: Sequence[views.Group]) -> list[KeptSummary]:
        """Return the summaries of these groups, leaving out those that do not exist."""
        found: list[Any] = []
        for batch in batched(groups, _BATCH):
            async with self.store.client.pipeline(transaction=False) as pipeline:
                for group in batch:
                    key = self._summary_key(kept, group.key)
                    pipeline.hmget(key, ["content", "seen", "job", "owners"])
                found += await pipeline.execute()
        return [
            KeptSummary(
                group,
                SummaryPartition.FromString(content),
                seen,
                job.decode(),
                owners=tuple(map(decode, (owners or b"").decode().split())),
            )
            for group, (content, seen, job, owners) in zip(groups, found, strict=True)
            if content is not None
        ]

    async def groups(self, kept: KeptView, after: str, count: int) -> list[views.Group]:
        """Return the next groups that have a summary, in order of their keys."""
        key = f"{self._prefix(kept.name.tenant)}summaries:{kept.edition}"
        lower = f"({after}" if after else "-"
        found: Any = await self.store.client.zrangebylex(key, lower, "+", start=0, num=count)
        return [views.Group.parse(member.decode(), kept.view.group_by) for member in found]

    async def drop(self, tenant: str, places: Iterable[tuple[str, str]]) -> None:
        """Remove summaries, each named by its edition and the key of its group."""
        for batch in batched(places, _BATCH):
            await self._take(_drop, tenant, places=[_SummaryPlace(*place) for place in batch])

    async def clear_ended(self, partition: int) -> bool:
        """Remove some of the summaries that no view has any more; whether there may be more."""
        found: Any = await self.store.take(_ended, partition, most=_BATCH)
        if not found:
            return False
        edition, groups = found
        if groups:
            places = [_SummaryPlace(edition, group) for group in groups]
            await self.store.take(_drop, partition, places=places)
        return True

    async def _take(
        self,
        own: scripts.Script[Concatenate[scripts.Key, Limits, P]],
        home: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """Take a step on the partition of a tenant."""
        partition = views.home_of(home, self.store.partitions)
        return await self.store.take(own, partition, *args, **kwargs)

    def _summary_key(self, kept: KeptView, group: str) -> str:
        return f"{self._prefix(kept.name.tenant)}summary:{kept.edition}:{group}"

    def _prefix(self, tenant: str) -> str:
        return partition_prefix(views.home_of(tenant, self.store.partitions))


def _specification(view: SummaryView) -> Job:
    """Return a job with the fields that its view decides, and its owner where one is named."""
    job = Job(kind=JobKind.JOB_KIND_SUMMARY_VIEW, view_id=view.id, user_id=view.filter.user_id.eq)
    if view.filter.namespace.HasField("eq"):
        job.session.namespace = view.filter.namespace.eq
    return job
