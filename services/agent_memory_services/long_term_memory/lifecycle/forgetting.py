"""Forgetting by policy: age, inactivity, and a budget for each owner."""

import heapq
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from redis.commands.search import reducers
from redis.commands.search.aggregation import AggregateRequest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.kit.redis.keys import decode
from agent_memory_services.kit.redis.scripts import mapping_of
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.forget_policy import Policy, Rank, Reason, rank
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import Listing, Walk
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore


def considered(policy: Policy, condition: conditions.Node) -> conditions.Node:
    """Return the condition of all that a policy may forget: neither hidden nor pinned.

    What is no longer true in the world is considered like everything else.
    """
    types = (
        conditions.Tag(fields.TYPE, tuple(map(str, sorted(policy.types))))
        if policy.types
        else conditions.ALWAYS
    )
    hidden, pinned = (
        conditions.flag(fields.HIDDEN, value=True),
        conditions.flag(fields.PINNED, value=True),
    )
    return conditions.every(
        [condition, types, conditions.negated(hidden), conditions.negated(pinned)]
    )


def due(policy: Policy, now: int) -> conditions.Node:
    """Return the condition of what is due at `now`, in microseconds, whatever else there is."""
    standing = conditions.flag(fields.STANDING, value=True)
    return conditions.some(
        [
            conditions.Range(fields.EXPIRE, high=now),
            conditions.every([conditions.negated(standing), _aged_out(policy, now)]),
        ]
    )


def budgeted(policy: Policy, now: int) -> conditions.Node:
    """Return the condition of what counts against its owner's budget."""
    return conditions.every(
        [
            conditions.negated(conditions.flag(fields.STANDING, value=True)),
            conditions.negated(due(policy, now)),
        ]
    )


def archived_before(moment: int) -> conditions.Node:
    """Return the condition of what was archived before a moment and not changed since."""
    return conditions.every(
        [
            conditions.Tag(fields.HIDDEN, (fields.ARCHIVED,)),
            conditions.Range(fields.UPDATE, high=moment - 1),
        ]
    )


def _aged_out(policy: Policy, now: int) -> conditions.Node:
    hard = _older(policy.hard_age, now)
    if policy.max_inactive is None:
        return hard
    aged = conditions.ALWAYS if policy.max_age is None else _older(policy.max_age, now)
    unused = conditions.every(
        [
            _older(policy.max_inactive, now),
            conditions.negated(conditions.Range(fields.ACCESS, low=now - policy.max_inactive)),
        ]
    )
    return conditions.some([hard, conditions.every([aged, unused])])


def _older(age: int | None, now: int) -> conditions.Node:
    return conditions.NEVER if age is None else conditions.Range(fields.CREATE, high=now - age - 1)


_MOST: Final = 100_000
_COUNT: Final = "memories"
_PATIENCE_MS: Final = 30_000


class _Tally(AggregateRequest):
    """Aggregation over all memories, which may take longer than a search."""

    def build_args(self) -> list[str]:
        """Return the request in the engine's words."""
        query, *rest = super().build_args()
        return [query, "TIMEOUT", str(_PATIENCE_MS), *rest]


async def owners_beyond(
    index: MemoryIndex, scope: Scope, condition: conditions.Node, budget: int
) -> list[str]:
    """Return the users of whom more memories than a budget meet a condition; "" is no user.

    The engine counts all of them at once and answers a hundred thousand users at most. The rest
    follow in later calls: a user who was brought down to the budget is no longer among them.
    """
    request = (
        _Tally(str(scope.select(condition).condition))
        .dialect(2)
        .group_by([f"@{fields.USER}"], reducers.count().alias(_COUNT))
        .filter(f"@{_COUNT} > {budget}")
        .limit(0, _MOST)
    )
    rows = await index.rows(scope.tenant, request)
    found = map(mapping_of, rows)
    return [decode(group[fields.USER.encode()].decode()) for group in found]


_PAGE: Final = 200
_NAMED: Final = 10_000
_ATTEMPTS: Final = 3

Reasons: TypeAlias = Mapping[str, Reason]
"""Ids of memories, each with the reason to forget it."""


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """Request to forget memories by a policy.

    Attributes:
        policy: what may be forgotten.
        condition: what is considered.
        keep: ids of memories to keep whatever the policy says.
        permanently: deletes at once; otherwise memories are archived, and can be restored.
        execute: forgets; otherwise only reports what would be forgotten.
        actor: who forgets, for the history.
    """

    policy: Policy
    condition: conditions.Node
    keep: Collection[str] = frozenset()
    permanently: bool = False
    execute: bool = False
    actor: str = ""


@dataclass(slots=True)
class Forgotten:
    """Memories that were, or would be, forgotten.

    Attributes:
        named: the first ten thousand memories, and why.
        count: how many in all.
        considered: how many might have been.
        executed: they are forgotten.
    """

    named: dict[str, Reason] = field(default_factory=dict)
    count: int = 0
    considered: int = 0
    executed: bool = False

    def add(self, candidates: Reasons) -> None:
        """Count memories that are forgotten."""
        self.count += len(candidates)
        for memory_id, reason in candidates.items():
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

    async def forget(self, scope: Scope, asked: ForgetRequest) -> Forgotten:
        """Forget, or report what would be forgotten.

        A memory that changes meanwhile is judged again in its new state.

        Raises:
            RedisError: the store went away; what was forgotten until then is.
        """
        now = now_micros()
        whole = considered(asked.policy, asked.condition)
        considered_count = await self._listing.count(scope, whole)
        forgotten = Forgotten(considered=considered_count, executed=asked.execute)
        async for candidates in self._due(scope, asked, whole, now):
            forgotten.add(await self._apply(scope, asked, candidates, now))
        if asked.policy.keep_per_owner is not None:
            async for candidates in self._beyond_budget(scope, asked, whole, now):
                forgotten.add(await self._apply(scope, asked, candidates, now))
        return forgotten

    async def _due(
        self, scope: Scope, asked: ForgetRequest, whole: conditions.Node, now: int
    ) -> AsyncIterator[Reasons]:
        condition = conditions.every([whole, due(asked.policy, now)])
        async for page in self._walk.pages(scope, condition, size=_PAGE):
            yield {
                memory.id: reason
                for memory in page
                if memory.id not in asked.keep
                and (reason := asked.policy.reason(memory, now)) is not None
            }

    async def _beyond_budget(
        self, scope: Scope, asked: ForgetRequest, whole: conditions.Node, now: int
    ) -> AsyncIterator[Reasons]:
        condition = conditions.every([whole, budgeted(asked.policy, now)])
        budget = asked.policy.keep_per_owner or 0
        for owner in await owners_beyond(self._index, scope, condition, budget):
            own = conditions.every([condition, conditions.Tag(fields.USER, (owner,))])
            best = _Best(budget)
            async for page in self._walk.pages(scope, own, size=_PAGE):
                displaced = [best.displaced(memory, now) for memory in page]
                yield {
                    memory_id: Reason.BUDGET
                    for memory_id in displaced
                    if memory_id is not None and memory_id not in asked.keep
                }

    async def _apply(
        self, scope: Scope, asked: ForgetRequest, candidates: Reasons, now: int
    ) -> Reasons:
        """Forget some memories; return those that are gone, or would be."""
        if not asked.execute:
            return candidates
        gone: dict[str, Reason] = {}
        left = dict(candidates)
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
        """Add a memory; return the id of the one without room, None where there was room."""
        entry = rank(memory, now)
        if len(self._heap) < self._room:
            heapq.heappush(self._heap, entry)
            return None
        return heapq.heappushpop(self._heap, entry)[-1]


def _still(policy: Policy, memory: Memory, reason: Reason, now: int) -> bool:
    """Return true if a memory is due in its present state."""
    if fields.is_hidden(memory):
        return False
    if reason is Reason.BUDGET:
        return policy.may_go(memory)
    return policy.reason(memory, now) is not None


def _change(memory: Memory, reason: Reason, asked: ForgetRequest) -> Change:
    if asked.permanently:
        return Change(memory, None, ltm.REVISION_CAUSE_FORGET, reason=reason.words)
    return Change(memory, archived(memory), ltm.REVISION_CAUSE_FORGET, reason=reason.words)


def archived(memory: Memory) -> Memory:
    """Return the memory with its archive time set to the present."""
    after = Memory()
    after.CopyFrom(memory)
    now = now_micros()
    normalise(after, now)
    after.archive_time.CopyFrom(to_timestamp(now))
    return after


def _outcome(commit: Commit | Exception) -> CommitOutcome:
    if isinstance(commit, Exception):
        raise commit
    return commit.outcome
