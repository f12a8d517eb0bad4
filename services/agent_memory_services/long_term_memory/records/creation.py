"""What becomes of a memory that is to be created, in the terms of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.long_term_memory.consolidation.decision import Deed, Plan
from agent_memory_services.long_term_memory.records.commit import Commit, CommitOutcome
from agent_memory_services.runtime.errors import IdAlreadyExists, SessionErased

_OUTCOMES: Final = {
    Deed.KEPT: ltm.CREATE_OUTCOME_CREATED,
    Deed.MERGED: ltm.CREATE_OUTCOME_MERGED,
    Deed.SUPERSEDED: ltm.CREATE_OUTCOME_SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Creation:
    """What became of a memory that was to be created.

    Attributes:
        outcome: in a word.
        memory: the memory that holds the content now; None when it was rejected.
        related: others that the outcome concerns.
        error: why it was rejected.
    """

    outcome: ltm.CreateOutcome.ValueType
    memory: Memory | None = None
    related: Sequence[str] = ()
    error: Exception | None = None

    @classmethod
    def rejected(cls, error: Exception) -> "Creation":
        """It is not stored."""
        return cls(ltm.CREATE_OUTCOME_REJECTED, error=error)

    @classmethod
    def settled(cls, found: Plan) -> "Creation":
        """It is stored, and consolidation has looked at it."""
        return cls(_OUTCOMES[found.deed], found.memory, found.related)


def is_moved(creation: Creation) -> bool:
    """Whether consolidation put the memory, or another one of the call, elsewhere."""
    moved = creation.outcome in {ltm.CREATE_OUTCOME_MERGED, ltm.CREATE_OUTCOME_SUPERSEDED}
    return moved or (creation.memory is not None and bool(creation.memory.merged_into))


def as_shown(creation: Creation, shown: Memory) -> Creation:
    """The creation with what readers see of it now."""
    memory = creation.memory
    merged = memory is not None and memory.id != shown.id
    if creation.outcome == ltm.CREATE_OUTCOME_MERGED or (
        merged and creation.outcome == ltm.CREATE_OUTCOME_CREATED
    ):
        # The latter where the first attempt of this very call lost its answer, which was this.
        return Creation(ltm.CREATE_OUTCOME_MERGED, shown, shown.provenance.memory_ids)
    return replace(creation, memory=shown)


def creation_of(memory: Memory, commit: Commit | Exception, *, derived: bool) -> Creation:
    """What the store made of a memory; `derived` says that its id is this very call's."""
    if isinstance(commit, Exception):
        return Creation.rejected(commit)
    match commit.outcome:
        case CommitOutcome.COMMITTED:
            return Creation(ltm.CREATE_OUTCOME_CREATED, memory)
        case CommitOutcome.SAME if derived:
            # The id belongs to this very call, whose first attempt lost its answer.
            return Creation(ltm.CREATE_OUTCOME_CREATED, commit.other)
        case CommitOutcome.SAME | CommitOutcome.DUPLICATE:
            return Creation(ltm.CREATE_OUTCOME_DUPLICATE, commit.other)
        case CommitOutcome.ERASED:
            return Creation.rejected(SessionErased())
    return Creation.rejected(IdAlreadyExists(memory.id))
