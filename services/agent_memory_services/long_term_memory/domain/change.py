"""Changes of memories, and the decisions of consolidation that are made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.domain.fields import is_hidden
from agent_memory_services.long_term_memory.domain.stored import MemoryVectors

Cause: TypeAlias = ltm.RevisionCause.ValueType
Kind: TypeAlias = ltm.MemoryChangeKind.ValueType

_CONSOLIDATED: Final = ("text", "type", "namespace", "user_id", "slot", "validity", "expire_time")
# What consolidation did itself, and what a caller reverted, it must not do again unasked.
_DELIBERATE: Final = frozenset(
    {ltm.REVISION_CAUSE_MERGE, ltm.REVISION_CAUSE_SUPERSEDE, ltm.REVISION_CAUSE_REVERT}
)


@dataclass(frozen=True, slots=True)
class Change:
    """A memory as it was read and as it shall be.

    Attributes:
        before: as it was read, or None to create it; the change holds only while the stored etag
            is still this one's, or while the id is free.
        after: as it shall be, settled and under the same id, or None to delete it.
        cause: why, for its history.
        vectors: its vectors; None keeps those it has, so a creation needs them.
        reason: why, in words, for its history.
        related: other memories that the change concerns.
        unique: whether another memory that readers see with the same content is in the way of
            one that becomes visible or gets new content.
        compared: consolidation has looked at it already and need not do so again.
        reverts: the revision of it that is taken back; the change holds only while that is kept,
            so that nothing comes back that was erased in the meantime.
    """

    before: Memory | None
    after: Memory | None
    cause: Cause
    vectors: MemoryVectors | None = None
    reason: str = ""
    related: tuple[str, ...] = ()
    unique: bool = True
    compared: bool = False
    reverts: str = ""

    @property
    def memory(self) -> Memory:
        """The memory, as it shall be where it still is."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change needs a memory before or after it")
        return found

    @property
    def kind(self) -> Kind:
        """Kind of the change for watchers."""
        if self.before is None:
            return ltm.MEMORY_CHANGE_KIND_CREATED
        if self.after is None or _begins(self.before, self.after, "archive_time"):
            return ltm.MEMORY_CHANGE_KIND_DELETED
        if self.after.merged_into and not self.before.merged_into:
            return ltm.MEMORY_CHANGE_KIND_MERGED
        if self.after.validity.superseded_by and not self.before.validity.superseded_by:
            return ltm.MEMORY_CHANGE_KIND_SUPERSEDED
        return ltm.MEMORY_CHANGE_KIND_UPDATED

    @property
    def unsettles(self) -> bool:
        """True if consolidation has to compare the memory; messages stay as they were said."""
        if self.after is None or self.compared or self.cause in _DELIBERATE:
            return False
        if self.after.type == MemoryType.MEMORY_TYPE_MESSAGE or is_hidden(self.after):
            return False
        return self.before is None or is_hidden(self.before) or _differ(self.before, self.after)

    @property
    def retires(self) -> bool:
        """True if nothing is left for consolidation to compare."""
        return self.after is None or is_hidden(self.after)


def _begins(before: Memory, after: Memory, name: str) -> bool:
    return after.HasField(name) and not before.HasField(name)  # type: ignore[arg-type]


def _differ(before: Memory, after: Memory) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _CONSOLIDATED)


class Action(StrEnum):
    """Action of consolidation on a memory."""

    KEPT = "kept"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    """It ended the validity of others."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision of consolidation about a memory.

    Attributes:
        action: in a word.
        memory: what holds its content then.
        related: the others that the action concerns: the originals, or those that ended.
        changes: what makes it so, all or none; empty where everything stays.
    """

    action: Action
    memory: Memory
    related: tuple[str, ...] = ()
    changes: Sequence[Change] = ()
