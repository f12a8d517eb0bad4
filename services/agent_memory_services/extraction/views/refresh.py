"""Refresh of continuous views: notices changed memories, and schedules jobs for them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

from agent_memory.extraction.v1.extraction_pb2 import SummaryView
from agent_memory_services.extraction.domain.views import ViewName
from agent_memory_services.extraction.store.queue import Limits, step
from agent_memory_services.extraction.store.sources import Memories
from agent_memory_services.extraction.store.views import KeptView, ViewStore
from agent_memory_services.extraction.views.runs import is_as_seen
from agent_memory_services.kit.client.channels import acting_for
from agent_memory_services.kit.contract.errors import ServiceError, SummaryViewNotFound
from agent_memory_services.kit.redis.background import Periodic
from agent_memory_services.kit.redis.scripts import Key

log = structlog.get_logger()

_VIEWS_AT_A_TIME: Final = 20
_LONGEST_REST: Final = 5.0
"""Seconds until a view is noticed whose time has come."""
_FIELDS: Final = 4


@step("due", folder="views")
def _due(base: Key, limits: Limits, *, most: int, pause: int) -> Any:
    """Take views that are to be looked into now, and next after so many microseconds."""


@step("waiting", folder="views")
def _waiting(base: Key, limits: Limits) -> Any:
    """Tell whether a partition has a view that is due, or an edition that has ended."""


class Refresher:
    """Looks into continuous views, each in turn, by whichever replica takes it first."""

    def __init__(
        self,
        store: ViewStore,
        memories: Memories,
        wake: Callable[[int], None],
        *,
        refresh_seconds: float,
    ) -> None:
        """Look into each view every `refresh_seconds`; tell `wake` where a job is due."""
        self._store = store
        self._memories = memories
        self._wake = wake
        self._refresh_seconds = refresh_seconds
        self._steps = Periodic(
            self._step, min(_LONGEST_REST, refresh_seconds), report=_note_store_away
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """Look while the block runs; also clears away what deleted views leave."""
        return self._steps.running()

    async def _step(self) -> None:
        partitions = range(self._store.store.partitions)
        answers = await self._store.store.take_each(_waiting, partitions)
        for partition, answer in zip(partitions, answers, strict=True):
            try:
                if isinstance(answer, RedisError):
                    raise answer
                if answer:
                    await self._look(partition)
            except RedisError as fault:
                # The other partitions may lie on a node that serves.
                _note_store_away(fault)

    async def _look(self, partition: int) -> None:
        while await self._store.clear_ended(partition):
            pass
        while taken := await self._take(partition):
            for kept in taken:
                await self._refresh(partition, kept)

    async def _refresh(self, partition: int, kept: KeptView) -> None:
        with acting_for(kept.name.tenant):
            try:
                if await is_as_seen(self._memories, kept.view, kept.seen):
                    return
                await self._store.schedule(kept, only_changed=True)
            except SummaryViewNotFound:
                return
            except ServiceError as fault:
                # The next round repeats it.
                log.warning("views.not_looked_into", error=type(fault).__name__)
                return
        self._wake(partition)

    async def _take(self, partition: int) -> Sequence[KeptView]:
        pause = int(self._refresh_seconds * 1_000_000)
        found: Any = await self._store.store.take(
            _due, partition, most=_VIEWS_AT_A_TIME, pause=pause
        )
        return [_kept(*found[start : start + _FIELDS]) for start in range(0, len(found), _FIELDS)]


def _note_store_away(fault: Exception) -> None:
    log.warning("views.store_away", error=type(fault).__name__)


def _kept(tenant: bytes, content: bytes, edition: bytes, seen: bytes) -> KeptView:
    view = SummaryView.FromString(content)
    return KeptView(ViewName(tenant.decode(), view.id), view, edition.decode(), seen)
