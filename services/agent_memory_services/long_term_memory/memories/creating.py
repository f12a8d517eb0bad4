"""Creation of memories, and the outcome of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.errors import (
    AccessDenied,
    IdAlreadyExists,
    InvalidField,
    InvalidFields,
    SessionErased,
)
from agent_memory_services.kit.contract.ids import derived_id, new_id
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction
from agent_memory_services.long_term_memory.consolidation.rules.slots import with_slot
from agent_memory_services.long_term_memory.domain.change import Action, Change, Decision
from agent_memory_services.long_term_memory.domain.drafts import draft, violations
from agent_memory_services.long_term_memory.domain.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.domain.stored import MemoryVectors, StoredMemory
from agent_memory_services.long_term_memory.store.commit import Commit, CommitOutcome
from agent_memory_services.long_term_memory.store.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.store.memories import MemoryStore

_OUTCOMES: Final = {
    Action.KEPT: ltm.CREATE_OUTCOME_CREATED,
    Action.MERGED: ltm.CREATE_OUTCOME_MERGED,
    Action.SUPERSEDED: ltm.CREATE_OUTCOME_SUPERSEDED,
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
    def settled(cls, found: Decision) -> "Creation":
        """It is stored, and consolidation has looked at it."""
        return cls(_OUTCOMES[found.action], found.memory, found.related)


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


Policy: TypeAlias = ltm.DeduplicationPolicy.ValueType

_NONE: Final = ltm.DEDUPLICATION_POLICY_NONE
_CONSOLIDATE: Final = ltm.DEDUPLICATION_POLICY_CONSOLIDATE


class Creating:
    """Stores new memories."""

    def __init__(
        self, store: MemoryStore, vectorizer: Vectorizer, compaction: Compaction, default: Policy
    ) -> None:
        """Compare by the policy `default` where a call names none."""
        self._store = store
        self._vectorizer = vectorizer
        self._compaction = compaction
        self._default = default

    async def create(
        self,
        scope: Scope,
        given: Sequence[Memory],
        policy: Policy,
        *,
        request_id: str,
        actor: str,
    ) -> list[Creation]:
        """Store memories, each for itself.

        A memory without an id gets one; where the call has a `request_id`, it is derived from
        that, the actor and the owner, so that a repeated call names what the first one stored.
        `actor` is who calls, whom their history names. Every memory is stored before it is
        consolidated, so that a fault from then on leaves it as it was given.

        Raises:
            InvalidFields: a memory breaks a rule; nothing was stored.
            EmbeddingUnavailable: the embedding provider is away; nothing was stored.
        """
        _refuse_broken(given)
        policy = policy or self._default
        now = now_micros()
        drafts = [
            # A microsecond apart, so that listings keep the order of the call.
            _identified(self._draft(memory, policy, now + at), actor, request_id, at)
            for at, memory in enumerate(given)
        ]
        results = {
            at: Creation.rejected(AccessDenied(OTHER_SCOPE))
            for at, memory in enumerate(drafts)
            if not scope.admits(memory)
        }
        vectors = await self._vectors({at: m for at, m in enumerate(drafts) if at not in results})
        results |= {
            at: Creation.rejected(InvalidField(f"memories[{at}].text", REJECTED))
            for at, found in vectors.items()
            if found is None
        }
        storable = {
            at: StoredMemory(drafts[at], found)
            for at, found in vectors.items()
            if found is not None
        }
        changes = [_change(each, policy) for each in storable.values()]
        commits = await self._store.commit_each(scope.tenant, changes, actor=actor, now=now)
        _refuse_if_nothing_worked(commits, len(given))
        answered = dict(zip(storable, commits, strict=True))
        for at, commit in answered.items():
            derived = bool(request_id) and not given[at].id
            results[at] = creation_of(drafts[at], commit, derived=derived)
        if policy == _CONSOLIDATE:
            created = {at: storable[at] for at, commit in answered.items() if _is_made(commit)}
            results |= await self._consolidated(scope.tenant, created, actor, now)
        results = await self._current(scope.tenant, results)
        return [results[at] for at in range(len(given))]

    async def _consolidated(
        self, tenant: str, created: Mapping[int, StoredMemory], actor: str, now: int
    ) -> dict[int, Creation]:
        """What became of created memories, as far as there was something to decide."""
        plans = await self._compaction.fresh(tenant, list(created.values()), actor=actor, now=now)
        return {
            at: Creation.settled(plans[each.memory.id])
            for at, each in created.items()
            if each.memory.id in plans
        }

    def _draft(self, given: Memory, policy: Policy, now: int) -> Memory:
        memory = draft(given, now, self._vectorizer.model)
        return with_slot(memory) if policy == _CONSOLIDATE else memory

    async def _vectors(self, memories: Mapping[int, Memory]) -> dict[int, MemoryVectors | None]:
        found = await self._vectorizer.of_memories(list(memories.values()))
        return dict(zip(memories, found, strict=True))

    async def _current(self, tenant: str, results: dict[int, Creation]) -> dict[int, Creation]:
        """The results with the memories as they are now, each that was merged by what it is in.

        A later memory of the call may have changed what an earlier one led to, and a call that is
        repeated may name a memory that was merged since.
        """
        if not any(map(is_moved, results.values())):
            return results
        named = {at: each.memory.id for at, each in results.items() if each.memory}
        found = await self._shown(tenant, set(named.values()))
        return results | {
            at: as_shown(results[at], found[memory_id])
            for at, memory_id in named.items()
            if memory_id in found
        }

    async def _shown(self, tenant: str, ids: Collection[str]) -> dict[str, Memory]:
        """What these memories are, or what they were merged into, by their ids."""
        found = {each.id: each for each in await self._store.get(tenant, list(ids)) if each}
        into = {each.merged_into for each in found.values() if each.merged_into}
        merged = await self._store.get(tenant, list(into)) if into else []
        by_id = {each.id: each for each in merged if each}
        return {name: by_id.get(each.merged_into, each) for name, each in found.items()}


def _change(stored: StoredMemory, policy: Policy) -> Change:
    return Change(
        None,
        stored.memory,
        ltm.REVISION_CAUSE_CREATE,
        stored.vectors,
        unique=policy != _NONE,
        # A caller who wants no comparison gets none later either.
        compared=policy == _NONE,
    )


def _is_made(commit: Commit | Exception) -> bool:
    return isinstance(commit, Commit) and commit.committed


def _refuse_broken(given: Sequence[Memory]) -> None:
    broken = [
        violation
        for at, memory in enumerate(given)
        for violation in violations(memory, f"memories[{at}]")
    ]
    if broken:
        raise InvalidFields(broken)


def _refuse_if_nothing_worked(commits: Sequence[Commit | Exception], wanted: int) -> None:
    """A fault that met every memory of a call is the call's own."""
    faults = [answer for answer in commits if isinstance(answer, Exception)]
    if len(faults) == wanted:
        raise faults[0]


def _identified(memory: Memory, actor: str, request_id: str, at: int) -> Memory:
    """The memory with an id; two callers may name their calls alike and share none."""
    if not memory.id:
        call = ("memory", actor, memory.namespace, memory.user_id, request_id, str(at))
        memory.id = derived_id(*call) if request_id else new_id()
    return memory
