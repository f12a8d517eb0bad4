"""Rules of forgetting, on a memory alone and among the memories of its owner.

The rules of age, inactivity and budget are those of the Agent Memory Server of Redis. What it
leaves open is defined here: a memory that was never found is inactive since its creation,
and a budget counts the memories of one owner that the other rules leave.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.long_term_memory.domain.recency import Recency

DEFAULT_MULTIPLIER: Final = 12.0
_RECENCY: Final = Recency()

Rank: TypeAlias = tuple[float, int, str]


class Reason(IntEnum):
    """Reason for forgetting a memory, with the numbers of the contract."""

    AGE = ltm.FORGET_REASON_AGE
    INACTIVE = ltm.FORGET_REASON_INACTIVE
    BUDGET = ltm.FORGET_REASON_BUDGET
    EXPIRED = ltm.FORGET_REASON_EXPIRED
    REQUESTED = ltm.FORGET_REASON_REQUESTED

    @property
    def words(self) -> str:
        """The reason, for a memory's history."""
        return _WORDS[self]


_WORDS: Final = {
    Reason.AGE: "too old",
    Reason.INACTIVE: "not accessed for too long",
    Reason.BUDGET: "over the owner's budget",
    Reason.EXPIRED: "expired",
    Reason.REQUESTED: "its user asked to forget it",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of what is kept; without any bound, only expired memories are forgotten.

    Attributes:
        max_age: microseconds since creation; None is no bound.
        max_inactive: microseconds since the last access; None is no bound.
        keep_per_owner: how many of each owner are kept, the best by recency; None is all.
        types: only these types; empty means all.
        hard_age_multiplier: where both ages are set, so many times `max_age` suffices alone.
    """

    max_age: int | None = None
    max_inactive: int | None = None
    keep_per_owner: int | None = None
    types: frozenset[MemoryType.ValueType] = frozenset()
    hard_age_multiplier: float = DEFAULT_MULTIPLIER

    @property
    def hard_age(self) -> int | None:
        """The age that suffices alone, in microseconds; None where no age does."""
        if self.max_age is None or self.max_inactive is None:
            return self.max_age
        return round(self.max_age * self.hard_age_multiplier)

    def reason(self, memory: Memory, now: int) -> Reason | None:
        """Return the reason to forget a memory, whatever else its owner has; None to keep it.

        Pinned memories are always kept. Standing ones, which every prompt considers, are not
        found by searches and do not age out; only their expiry ends them.
        """
        if memory.pinned or not self._covers(memory):
            return None
        if _has_expired(memory, now):
            return Reason.EXPIRED
        return None if memory.standing else self._aged_out(memory, now)

    def may_go(self, memory: Memory) -> bool:
        """Return true if a memory counts against its owner's budget and may be forgotten for it."""
        return self._covers(memory) and not memory.pinned and not memory.standing

    def _covers(self, memory: Memory) -> bool:
        return not self.types or memory.type in self.types

    def _aged_out(self, memory: Memory, now: int) -> Reason | None:
        age = now - to_micros(memory.create_time)
        if self.hard_age is not None and age > self.hard_age:
            return Reason.AGE
        if self.max_inactive is None or (self.max_age is not None and age <= self.max_age):
            return None
        return Reason.INACTIVE if now - last_use(memory) > self.max_inactive else None


def last_use(memory: Memory) -> int:
    """Return the later of a memory's last access and its creation, in microseconds."""
    found = to_micros(memory.last_access_time) if memory.HasField("last_access_time") else 0
    return max(to_micros(memory.create_time), found)


def rank(memory: Memory, now: int) -> Rank:
    """Rank a memory among its owner's: the higher, the more it is worth keeping."""
    created, used = float(to_micros(memory.create_time)), last_use(memory)
    worth = _RECENCY.freshness * _RECENCY.fresh(created, float(used), now)
    worth += _RECENCY.novelty * _RECENCY.novel(created, now)
    # Very old memories all have a worth of 0 as a float, so the times decide too.
    return float(worth), used, memory.id


def _has_expired(memory: Memory, now: int) -> bool:
    return memory.HasField("expire_time") and to_micros(memory.expire_time) <= now
