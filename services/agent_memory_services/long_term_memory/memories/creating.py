"""Creation of memories, and the outcome of each."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.ids import derived_id, new_id
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.long_term_memory.consolidation.compaction import Compaction
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading
from agent_memory_services.long_term_memory.domain.memory import (
    Action,
    Change,
    Decision,
    MemoryVectors,
    StoredMemory,
    draft,
    living,
    normalise,
    violations,
)
from agent_memory_services.long_term_memory.domain.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.store.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore
from agent_memory_services.shared.lifetimes import Lifetimes

_OUTCOMES: Final = {
    Action.KEPT: ltm.CREATE_OUTCOME_CREATED,
    Action.MERGED: ltm.CREATE_OUTCOME_MERGED,
    Action.SUPERSEDED: ltm.CREATE_OUTCOME_SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Creation:
    """Outcome of one creation.

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
        """Return the outcome of a memory that is not stored."""
        return cls(ltm.CREATE_OUTCOME_REJECTED, error=error)

    @classmethod
    def consolidated(cls, found: Decision) -> "Creation":
        """Return the outcome of a stored memory that consolidation decided about."""
        return cls(_OUTCOMES[found.action], found.memory, found.related)


def is_moved(creation: Creation) -> bool:
    """Return true if consolidation merged or superseded something in the outcome."""
    moved = creation.outcome in {ltm.CREATE_OUTCOME_MERGED, ltm.CREATE_OUTCOME_SUPERSEDED}
    return moved or (creation.memory is not None and bool(creation.memory.merged_into))


def as_shown(creation: Creation, shown: Memory) -> Creation:
    """Return the creation with what readers see of it now."""
    memory = creation.memory
    merged = memory is not None and memory.id != shown.id
    if creation.outcome == ltm.CREATE_OUTCOME_MERGED or (
        merged and creation.outcome == ltm.CREATE_OUTCOME_CREATED
    ):
        # The latter where the first attempt of this very call lost its answer, which was this.
        return Creation(ltm.CREATE_OUTCOME_MERGED, shown, shown.provenance.memory_ids)
    return replace(creation, memory=shown)


def creation_of(memory: Memory, commit: Commit | Exception, *, derived: bool) -> Creation:
    """Return the outcome of a commit; `derived` says that the id is this very call's."""
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
            return Creation.rejected(errors.SessionErased())
    return Creation.rejected(errors.IdAlreadyExists(memory.id))


Policy: TypeAlias = ltm.DeduplicationPolicy.ValueType

_NONE: Final = ltm.DEDUPLICATION_POLICY_NONE
_CONSOLIDATE: Final = ltm.DEDUPLICATION_POLICY_CONSOLIDATE


_MOST_OTHERS: Final = 64
"""Conversations that say the same that are noted on a memory."""
_PENDING: Final = Creation(ltm.CREATE_OUTCOME_UNSPECIFIED)


@dataclass(slots=True)
class Draft:
    """A memory of a call on its way into the store.

    Attributes:
        memory: the memory as it is to be stored.
        derived: its id is made from the call, so that a repeated call finds it.
        named: a memory of an earlier call may have its id.
        vectors: those of the memory, once they are made.
        committed: this call stored it.
        creation: the outcome so far.
    """

    memory: Memory
    derived: bool
    named: bool = True
    vectors: MemoryVectors | None = None
    committed: bool = False
    creation: Creation = _PENDING

    @property
    def stored(self) -> StoredMemory | None:
        """The memory with its vectors, once these are made."""
        return StoredMemory(self.memory, self.vectors) if self.vectors else None

    def reject(self, error: Exception) -> None:
        """Give up the memory."""
        self.creation = Creation.rejected(error)


class Creating:
    """Stores new memories."""

    def __init__(
        self,
        store: MemoryStore,
        vectorizer: Vectorizer,
        compaction: Compaction,
        default: Policy,
        *,
        reading: ClaimReading | None = None,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        """Compare by `default` where a call names no policy; claims are read by the own parser."""
        self._store = store
        self._reading = reading or ClaimReading()
        self._vectorizer = vectorizer
        self._compaction = compaction
        self._default = default
        self._lifetimes = lifetimes

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
        now = clock.now_micros()
        drafts = [
            Draft(
                # A microsecond apart, so that listings keep the order of the call.
                _identified(self._draft(memory, now + at), actor, request_id, at),
                derived=bool(request_id) and not memory.id,
                named=bool(request_id or memory.id),
            )
            for at, memory in enumerate(given)
        ]
        await self._recognise(scope, drafts)
        # Neither needs what the other finds, and both work behind the event loop.
        await asyncio.gather(self._embed(scope, drafts), self._read_claims(drafts, policy))
        await self._commit(scope.tenant, drafts, policy, actor, now)
        if policy == _CONSOLIDATE:
            await self._consolidate(scope.tenant, drafts, actor, now)
        await self._show(scope.tenant, drafts)
        return [draft.creation for draft in drafts]

    def _draft(self, given: Memory, now: int) -> Memory:
        memory = draft(given, now, self._vectorizer.model)
        return living(memory, self._lifetimes, now) if self._lifetimes else memory

    async def _recognise(self, scope: Scope, drafts: Sequence[Draft]) -> None:
        """Settle what is stored already, so that a call that is repeated embeds only the rest."""
        named = [each for each in drafts if each.named and scope.admits(each.memory)]
        if not named:
            return
        found = await self._store.get(scope.tenant, [each.memory.id for each in named])
        for each, held in zip(named, found, strict=True):
            if held is not None:
                same = held.content_hash == each.memory.content_hash
                outcome = CommitOutcome.SAME if same else CommitOutcome.TAKEN
                commit = Commit(outcome, other=held)
                each.creation = creation_of(each.memory, commit, derived=each.derived)

    async def _read_claims(self, drafts: Sequence[Draft], policy: Policy) -> None:
        """Read what new memories claim that are to be compared.

        What the parser is not ready for is read when it is consolidated.
        """
        unread = [each for each in drafts if each.creation is _PENDING]
        if policy == _CONSOLIDATE and unread:
            claimed = await self._reading.with_claims_at_hand([each.memory for each in unread])
            for each, memory in zip(unread, claimed, strict=True):
                each.memory = memory

    async def _embed(self, scope: Scope, drafts: Sequence[Draft]) -> None:
        """Make the vectors of the new memories within a scope; reject those outside it."""
        admitted = []
        for at, each in enumerate(drafts):
            if each.creation is not _PENDING:
                continue
            if scope.admits(each.memory):
                admitted.append((at, each))
            else:
                each.reject(errors.AccessDenied(OTHER_SCOPE))
        made = await self._vectorizer.of_memories([each.memory for _, each in admitted])
        for (at, each), vectors in zip(admitted, made, strict=True):
            if vectors is None:
                each.reject(errors.InvalidField(f"memories[{at}].text", REJECTED))
            else:
                each.vectors = vectors

    async def _commit(
        self, tenant: str, drafts: Sequence[Draft], policy: Policy, actor: str, now: int
    ) -> None:
        """Store the memories that have vectors."""
        storable = [(each, each.stored) for each in drafts if each.stored is not None]
        changes = [_change(stored, policy) for _, stored in storable]
        commits = await self._store.commit_each(tenant, changes, actor=actor, now=now)
        _refuse_if_nothing_worked(commits, len(drafts))
        for (each, _), commit in zip(storable, commits, strict=True):
            each.committed = isinstance(commit, Commit) and commit.committed
            each.creation = creation_of(each.memory, commit, derived=each.derived)
        said_again = [
            _said_again(commit.other, each.memory, now)
            for (each, _), commit in zip(storable, commits, strict=True)
            if isinstance(commit, Commit) and commit.outcome is CommitOutcome.DUPLICATE
        ]
        if noted := [change for change in said_again if change is not None]:
            # Where it changes meanwhile, it is said again another time.
            await self._store.commit_each(tenant, noted, actor=actor, now=now)

    async def _consolidate(
        self, tenant: str, drafts: Sequence[Draft], actor: str, now: int
    ) -> None:
        """Consolidate the memories that were stored, as far as there is something to decide."""
        fresh = [each.stored for each in drafts if each.committed and each.stored is not None]
        decisions = await self._compaction.fresh(tenant, fresh, actor=actor, now=now)
        for each in drafts:
            if each.committed and each.memory.id in decisions:
                each.creation = Creation.consolidated(decisions[each.memory.id])

    async def _show(self, tenant: str, drafts: Sequence[Draft]) -> None:
        """Bring the outcomes up to date, with what a merged memory was merged into in its place.

        A later memory of the call may have changed what an earlier one led to, and a call that is
        repeated may name a memory that was merged since.
        """
        if not any(is_moved(each.creation) for each in drafts):
            return
        named = [(each, each.creation.memory.id) for each in drafts if each.creation.memory]
        found = await self._shown(tenant, {memory_id for _, memory_id in named})
        for each, memory_id in named:
            if memory_id in found:
                each.creation = as_shown(each.creation, found[memory_id])

    async def _shown(self, tenant: str, ids: Collection[str]) -> dict[str, Memory]:
        """Read memories, or what they were merged into, by their own ids."""
        found = {each.id: each for each in await self._store.get(tenant, list(ids)) if each}
        into = {each.merged_into for each in found.values() if each.merged_into}
        merged = await self._store.get(tenant, list(into)) if into else []
        by_id = {each.id: each for each in merged if each}
        return {name: by_id.get(each.merged_into, each) for name, each in found.items()}


def _said_again(known: Memory | None, memory: Memory, now: int) -> Change | None:
    """Return the change that notes on a memory that another conversation says it too, if any."""
    uid = memory.provenance.session_uid
    if known is None or not uid:
        return None
    others = known.provenance.other_session_uids
    if not known.provenance.session_uid and not others:
        return None
    if uid in (known.provenance.session_uid, *others) or len(others) >= _MOST_OTHERS:
        return None
    after = copied(known)
    after.provenance.other_session_uids.append(uid)
    normalise(after, now)
    return Change(known, after, ltm.REVISION_CAUSE_UPDATE, unique=False, compared=True)


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


def _refuse_broken(given: Sequence[Memory]) -> None:
    broken = [
        violation
        for at, memory in enumerate(given)
        for violation in violations(memory, f"memories[{at}]")
    ]
    if broken:
        raise errors.InvalidFields(broken)


def _refuse_if_nothing_worked(commits: Sequence[Commit | Exception], wanted: int) -> None:
    """Raise a fault that met every memory of a call."""
    faults = [answer for answer in commits if isinstance(answer, Exception)]
    if len(faults) == wanted:
        raise faults[0]


def _identified(memory: Memory, actor: str, request_id: str, at: int) -> Memory:
    """Return the memory with an id; calls of two callers never share one, however named."""
    if not memory.id:
        call = ("memory", actor, memory.namespace, memory.user_id, request_id, str(at))
        memory.id = derived_id(*call) if request_id else new_id()
    return memory
