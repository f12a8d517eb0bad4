"""Listings of a tenant's sessions: pages merged from all partitions."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice, product
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from agent_memory_services.kit.redis.scripts import Key, script
from agent_memory_services.working_memory.store import records

_FIELDS: Final = ("namespace", "session_id", "user", "created", "updated", "expires", "sequence")


@script(
    "agent_memory_services.working_memory.store",
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/list",
)
def _list(partition: Key, listing: Key, *, count: int, score: int | None) -> Any:
    """Read a page of a partition's listing, free of expired sessions."""


class ListingPosition(NamedTuple):
    """Position of a session in a listing; a greater one comes first.

    Attributes:
        updated: when it was last written, in microseconds since the epoch.
        member: names the session within its tenant.
    """

    updated: int
    member: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a listing; times are microseconds since the epoch."""

    namespace: str
    session_id: str
    user: str
    created: int
    updated: int
    expires: int | None
    view_size: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A page of a listing, the latest written first.

    Attributes:
        sessions: the sessions; those that were deleted a moment ago are missing.
        total: how many sessions match in all.
        next_after: the position to go on from; None where this is the end.
    """

    sessions: tuple[Listed, ...]
    total: int
    next_after: ListingPosition | None


class Listings:
    """The session listings of one Redis."""

    def __init__(self, client: Redis, partitions: int) -> None:
        """Read the listings of `partitions` partitions."""
        self._client = client
        self._partitions = partitions

    async def page(
        self,
        tenant: str,
        *,
        namespaces: Sequence[str | None],
        users: Sequence[str | None],
        after: ListingPosition | None,
        count: int,
    ) -> ListingPage:
        """Up to `count` sessions of a tenant that are of one of the namespaces and of the owners.

        A None among them stands for all there are.
        """
        listings = product(range(self._partitions), namespaces, users)
        found = await asyncio.gather(
            *(
                self._partition(
                    partition, records.listing_key(partition, tenant, namespace, user), after, count
                )
                for partition, namespace, user in listings
            )
        )
        total = sum(size for size, _ in found)
        places = list(islice(merge(*(page for _, page in found), reverse=True), count + 1))
        page = places[:count]
        sessions = await self._describe(tenant, page)
        more = len(places) > count
        return ListingPage(sessions, total, page[-1][0] if more else None)

    async def _partition(
        self, partition: int, listing: str, after: ListingPosition | None, count: int
    ) -> tuple[int, list[tuple[ListingPosition, int]]]:
        """Return how many sessions a partition lists, and the positions of the next ones."""
        page_of = _list.call(
            records.partition_prefix(partition),
            listing,
            count=count + 1,
            score=None if after is None else after.updated,
        )
        unswept, *found = await page_of.run(self._client)
        while unswept:
            unswept, *found = await page_of.run(self._client)
        size, flat = found
        positions = (
            ListingPosition(int(float(score)), member)
            for member, score in zip(flat[::2], flat[1::2], strict=True)
        )
        page = [(place, partition) for place in positions if after is None or place < after]
        return size, page

    async def _describe(
        self, tenant: str, page: Sequence[tuple[ListingPosition, int]]
    ) -> tuple[Listed, ...]:
        if not page:
            return ()
        async with self._client.pipeline(transaction=False) as pipeline:
            for position, partition in page:
                member = position.member.decode()
                pipeline.hmget(records.listed_meta_key(partition, tenant, member), _FIELDS)
                pipeline.llen(records.listed_view_key(partition, tenant, member))
            answers = await pipeline.execute()
        return tuple(_listed(answers[::2], answers[1::2]))


def _listed(metas: Sequence[Sequence[Any]], sizes: Sequence[int]) -> Iterable[Listed]:
    for values, view_size in zip(metas, sizes, strict=True):
        meta: Mapping[str, Any] = dict(zip(_FIELDS, values, strict=True))
        if meta["created"] is not None:
            yield Listed(
                namespace=meta["namespace"].decode(),
                session_id=meta["session_id"].decode(),
                user=meta["user"].decode(),
                created=int(meta["created"]),
                updated=int(meta["updated"]),
                expires=int(meta["expires"]) if meta["expires"] else None,
                view_size=view_size,
                last_sequence=int(meta["sequence"]),
            )
