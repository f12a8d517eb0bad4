"""Deleting for good what was archived long ago."""

from typing import Final

from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.lifecycle.conditions import archived_before
from agent_memory_services.long_term_memory.listing.walk import Walk
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.store import MemoryStore
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.clock import now_micros, to_micros

_PAGE: Final = 200
_REASON: Final = "archived for long enough"


class Retention:
    """Keeps archived memories for a while."""

    def __init__(self, store: MemoryStore, index: MemoryIndex, *, micros: int) -> None:
        """Keep them for so many microseconds."""
        self._store = store
        self._walk = Walk(index)
        self._micros = micros

    async def clean(self, tenant: str, *, actor: str) -> int:
        """Delete what was archived before; how many there were.

        Raises:
            RedisError: the store went away; what was deleted until then is.
        """
        before = now_micros() - self._micros
        deleted = 0
        async for page in self._walk.pages(Scope(tenant), archived_before(before), size=_PAGE):
            changes = [
                Change(memory, None, ltm.REVISION_CAUSE_FORGET, reason=_REASON)
                for memory in page
                if to_micros(memory.archive_time) < before
            ]
            commits = await commit_each_whole(
                self._store, tenant, changes, actor=actor, now=now_micros()
            )
            for commit in commits:
                if isinstance(commit, Exception):
                    raise commit
                deleted += commit.committed
        return deleted
