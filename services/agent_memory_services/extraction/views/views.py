"""Summary views on behalf of callers: definition, runs, and reads of their partitions."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.extraction.v1.extraction_pb2 import SummaryGroup, SummaryPartition, SummaryView
from agent_memory_services.extraction.domain.facts import ExtractionFailed
from agent_memory_services.extraction.domain.failures import ExtractorFailed
from agent_memory_services.extraction.domain.views import (
    GROUP_FIELDS,
    Group,
    ViewName,
    changed,
    created,
    given_values,
    reaches,
    same_definition,
)
from agent_memory_services.extraction.store.views import KeptSummary, KeptView, ViewStore
from agent_memory_services.extraction.views.runs import Tally, Writing
from agent_memory_services.kit.contract import context, errors
from agent_memory_services.kit.redis.replay_cache import SUMMARY_VIEWS, mark_subjects

_SCAN_LIMIT: Final = 5_000
"""What one page looks at; it may end early, with a token, where little of it is asked for."""
_AT_A_TIME: Final = 200


@dataclass(frozen=True, slots=True)
class ViewPage:
    """Views, and after which one the next page begins; None at the end."""

    views: Sequence[SummaryView]
    after: str | None


@dataclass(frozen=True, slots=True)
class PartitionPage:
    """Partitions, and after which group the next page begins; None at the end."""

    partitions: Sequence[SummaryPartition]
    after: str | None


class Views:
    """The views that callers reach."""

    def __init__(self, store: ViewStore, writing: Writing) -> None:
        self._store = store
        self._writing = writing

    async def create(
        self, principal: context.Principal, given: SummaryView, request_id: str = ""
    ) -> SummaryView:
        """Define a view; doing it again under the same id answers the one there is.

        Raises:
            InvalidField: a field breaks its rule.
            AccessDenied: it would cover memories that the credential does not reach.
            IdAlreadyExists: another view has the id.
        """
        view = created(given, principal, request_id)
        mark_subjects(SUMMARY_VIEWS)
        found = await self._store.create(ViewName(principal.tenant, view.id), view)
        if found is None:
            return view
        if not (reaches(principal, found) and same_definition(found, view)):
            raise errors.IdAlreadyExists(view.id)
        return found

    async def get(self, principal: context.Principal, view_id: str) -> SummaryView:
        """Find a view.

        Raises:
            SummaryViewNotFound: there is none of this id for the principal.
        """
        return (await self._kept(principal, view_id)).view

    async def page(self, principal: context.Principal, *, after: str, limit: int) -> ViewPage:
        """List views, from the one after `after` on."""
        views: list[SummaryView] = []
        scanned = 0
        while scanned < _SCAN_LIMIT:
            ids = await self._store.ids(principal.tenant, after, limit + 1)
            scanned += len(ids)
            for kept in await self._store.load(principal.tenant, ids):
                if not reaches(principal, kept.view):
                    continue
                if len(views) == limit:
                    return ViewPage(views, views[-1].id)
                views.append(kept.view)
            if len(ids) <= limit:
                return ViewPage(views, None)
            after = ids[-1]
        return ViewPage(views, after)

    async def update(
        self, principal: context.Principal, given: SummaryView, paths: Sequence[str]
    ) -> SummaryView:
        """Change a view.

        Raises:
            SummaryViewNotFound: there is none of this id for the principal.
            EtagMismatch: it changed since the caller read it.
            InvalidField, InvalidFieldMask, AccessDenied: the change is not allowed.
        """
        if not given.id:
            raise errors.InvalidField("summary_view.id", "must name the view")
        kept = await self._kept(principal, given.id)
        after = changed(kept.view, given, paths, principal)
        mark_subjects(SUMMARY_VIEWS)
        if after.etag != kept.view.etag:
            await self._store.update(kept, after)
        return after

    async def delete(self, principal: context.Principal, view_id: str) -> bool:
        """Delete a view, its partitions and its jobs that are not done; whether there was one.

        Raises:
            EtagMismatch: it changed meanwhile.
        """
        kept = await self._store.find(ViewName(principal.tenant, view_id))
        if kept is None or not reaches(principal, kept.view):
            return False
        return await self._store.delete(kept)

    async def run(self, principal: context.Principal, view_id: str) -> str:
        """Have every partition of a view refreshed; answers the job that does it.

        Raises:
            EtagMismatch: it changed meanwhile.
            SummaryViewNotFound: there is none of this id for the principal.
        """
        kept = await self._kept(principal, view_id)
        mark_subjects(SUMMARY_VIEWS)
        return await self._store.schedule(kept, only_changed=False)

    async def run_partition(
        self, principal: context.Principal, view_id: str, given: SummaryGroup
    ) -> SummaryPartition:
        """Refresh one partition and answer it.

        Raises:
            SummaryViewNotFound: there is none of this id for the principal.
            InvalidField: the group does not name exactly the view's fields.
            ExtractorFailed: the summarizer failed; the partition stays as it is.
            EtagMismatch: the view changed meanwhile.
            ServiceError: long-term memory refused, or is away.
        """
        kept = await self._kept(principal, view_id)
        group = Group.named(given, kept.view.group_by)
        try:
            written = await self._writing.write(kept.view, group)
        except ExtractionFailed as failed:
            raise ExtractorFailed(failed.reason, failed.retry_after) from failed
        mark_subjects(*written.owners)
        # No census was taken, so the next run of what changed looks at the group again.
        mark = self._writing.mark(kept.view, Tally().digest)
        await self._store.put(
            kept, KeptSummary(group, written.partition, mark, ""), written.owners, None
        )
        return written.partition

    async def partitions(
        self,
        principal: context.Principal,
        view_id: str,
        wanted: SummaryGroup,
        *,
        after: str,
        limit: int,
    ) -> PartitionPage:
        """List partitions of the groups that have the wanted values, from one after `after` on.

        Raises:
            SummaryViewNotFound: there is none of this id for the principal.
            InvalidField: a wanted value is of a field that the view does not group by.
        """
        kept = await self._kept(principal, view_id)
        groups: list[Group] = []
        async for group in self._matching(kept, _wanted(kept.view, wanted), after):
            if group is None or len(groups) == limit:
                break
            groups.append(group)
            after = group.key
        else:
            return PartitionPage(await self._contents(kept, groups), None)
        return PartitionPage(await self._contents(kept, groups), after)

    async def _matching(
        self, kept: KeptView, wanted: dict[str, str], after: str
    ) -> AsyncIterator[Group | None]:
        """Yield the groups with the wanted values; None when the search has taken long enough."""
        scanned = 0
        while some := await self._store.groups(kept, after, _AT_A_TIME):
            for group in some:
                if group.fits(wanted):
                    yield group
            after, scanned = some[-1].key, scanned + len(some)
            if scanned >= _SCAN_LIMIT:
                yield None

    async def _contents(self, kept: KeptView, groups: Sequence[Group]) -> list[SummaryPartition]:
        return [summary.partition for summary in await self._store.summaries(kept, groups)]

    async def _kept(self, principal: context.Principal, view_id: str) -> KeptView:
        kept = await self._store.find(ViewName(principal.tenant, view_id))
        if kept is None or not reaches(principal, kept.view):
            raise errors.SummaryViewNotFound(view_id)
        return kept


def _wanted(view: SummaryView, group: SummaryGroup) -> dict[str, str]:
    grouped_by = {GROUP_FIELDS[field] for field in view.group_by}
    wanted = given_values(group)
    for field in wanted.keys() - grouped_by:
        raise errors.InvalidField(f"group.{field}", "the view does not group by it")
    return wanted
