"""Forgetting by policy: finding what is to go, and letting it go."""

import heapq
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.filtering.expression import Node, Tag, every
from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.index.index import MemoryIndex
from agent_memory_services.long_term_memory.lifecycle.conditions import (
    budgeted,
    considered,
    doomed,
)
from agent_memory_services.long_term_memory.lifecycle.owners import owners_beyond
from agent_memory_services.long_term_memory.lifecycle.policy import Policy, Rank, Reason, rank
from agent_memory_services.long_term_memory.listing.listing import Listing
from agent_memory_services.long_term_memory.listing.walk import Walk
from agent_memory_services.long_term_memory.records.change import Change
from agent_memory_services.long_term_memory.records.commit import Commit, CommitOutcome
from agent_memory_services.long_term_memory.records.documents import is_hidden
from agent_memory_services.long_term_memory.records.intake import settle
from agent_memory_services.long_term_memory.records.store import MemoryStore
from agent_memory_services.long_term_memory.scope import Scope
from agent_memory_services.runtime.clock import now_micros, to_timestamp

_PAGE: Final = 200
_NAMED: Final = 10_000
_ATTEMPTS: Final = 3

Victims = Mapping[str, Reason]


@dataclass(frozen=True, slots=True)
class Oblivion:
    """What is to be forgotten, and how.

    Attributes:
        policy: what may be forgotten.
        condition: what is considered.
        keep: ids of memories to keep whatever the policy says.
        permanently: deletes at once; otherwise what goes can be brought back for a while.
        execute: really forgets; otherwise only says what would go.
        actor: who forgets, for the history.
    """

    policy: Policy
    condition: Node
    keep: Collection[str] = frozenset()
    permanently: bool = False
    execute: bool = False
    actor: str = ""


@dataclass(slots=True)
class Forgotten:
    """What was, or would be, forgotten.

    Attributes:
        named: the first ten thousand memories, and why.
        count: how many in all.
        considered: how many might have been.
    """

    named: dict[str, Reason] = field(default_factory=dict)
    count: int = 0
    considered: int = 0

    def add(self, victims: Victims) -> None:
        """Note that memories go."""
        self.count += len(victims)
        for memory_id, reason in victims.items():
            if len(self.named) == _NAMED:
                return
            self.named[memory_id] = reason


class Forgetting:
    """Forgets memories of one tenant at a time.

    The index finds what a policy forgets, so that what is kept is not even read, but for the
    memories of owners beyond a budget.
    """

    def __init__(self, store: MemoryStore, index: MemoryIndex) -> None:
        self._store = store
        self._index = index
        self._walk = Walk(index)
        self._listing = Listing(index)

    async def forget(self, scope: Scope, asked: Oblivion) -> Forgotten:
        """Forget, or say what would be forgotten.

        A memory that somebody changes meanwhile is judged again by what it is then.

        Raises:
            RedisError: the store went away; what was forgotten until then is.
        """
        now = now_micros()
        whole = considered(asked.policy, asked.condition)
        forgotten = Forgotten(considered=await self._listing.count(scope, whole))
        async for victims in self._doomed(scope, asked, whole, now):
            forgotten.add(await self._let_go(scope, asked, victims, now))
        if asked.policy.keep_per_owner is not None:
            async for victims in self._beyond_budget(scope, asked, whole, now):
                forgotten.add(await self._let_go(scope, asked, victims, now))
        return forgotten

    async def _doomed(
        self, scope: Scope, asked: Oblivion, whole: Node, now: int
    ) -> AsyncIterator[Victims]:
        condition = every([whole, doomed(asked.policy, now)])
        async for page in self._walk.pages(scope, condition, size=_PAGE):
            yield {
                memory.id: reason
                for memory in page
                if memory.id not in asked.keep
                and (reason := asked.policy.reason(memory, now)) is not None
            }

    async def _beyond_budget(
        self, scope: Scope, asked: Oblivion, whole: Node, now: int
    ) -> AsyncIterator[Victims]:
        condition = every([whole, budgeted(asked.policy, now)])
        budget = asked.policy.keep_per_owner or 0
        for owner in await owners_beyond(self._index, scope, condition, budget):
            own = every([condition, Tag(schema.USER, (owner,))])
            best = _Best(budget)
            async for page in self._walk.pages(scope, own, size=_PAGE):
                displaced = [best.displaced(memory, now) for memory in page]
                yield {
                    memory_id: Reason.BUDGET
                    for memory_id in displaced
                    if memory_id is not None and memory_id not in asked.keep
                }

    async def _let_go(self, scope: Scope, asked: Oblivion, victims: Victims, now: int) -> Victims:
        """Forget some memories; answers those that are gone, or would be."""
        if not asked.execute:
            return victims
        gone: dict[str, Reason] = {}
        left = dict(victims)
        for _ in range(_ATTEMPTS):
            if not left:
                break
            found = await self._store.get(scope.tenant, list(left))
            changes = [
                _change(memory, left[memory.id], asked)
                for memory in found
                if memory is not None and _still(asked.policy, memory, left[memory.id], now)
            ]
            commits = await commit_each_whole(
                self._store, scope.tenant, changes, actor=asked.actor, now=now_micros()
            )
            stale = {}
            for change, commit in zip(changes, commits, strict=True):
                outcome = _outcome(commit)
                if outcome is CommitOutcome.COMMITTED:
                    gone[change.memory.id] = left[change.memory.id]
                elif outcome is CommitOutcome.STALE:
                    stale[change.memory.id] = left[change.memory.id]
            left = stale
        return gone


class _Best:
    """The best memories seen so far, by rank, never more than there is room for."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._heap: list[Rank] = []

    def displaced(self, memory: Memory, now: int) -> str | None:
        """The id of the memory that has no room any more; None where there was room left."""
        entry = rank(memory, now)
        if len(self._heap) < self._room:
            heapq.heappush(self._heap, entry)
            return None
        return heapq.heappushpop(self._heap, entry)[-1]


def _still(policy: Policy, memory: Memory, reason: Reason, now: int) -> bool:
    """Whether a memory is to be forgotten as it is now."""
    if is_hidden(memory):
        return False
    if reason is Reason.BUDGET:
        return policy.may_go(memory)
    return policy.reason(memory, now) is not None


def _change(memory: Memory, reason: Reason, asked: Oblivion) -> Change:
    if asked.permanently:
        return Change(memory, None, ltm.REVISION_CAUSE_FORGET, reason=reason.words)
    return Change(memory, archived(memory), ltm.REVISION_CAUSE_FORGET, reason=reason.words)


def archived(memory: Memory) -> Memory:
    """The memory as it is once it is put away."""
    after = Memory()
    after.CopyFrom(memory)
    now = now_micros()
    settle(after, now)
    after.archive_time.CopyFrom(to_timestamp(now))
    return after


def _outcome(commit: Commit | Exception) -> CommitOutcome:
    if isinstance(commit, Exception):
        raise commit
    return commit.outcome
