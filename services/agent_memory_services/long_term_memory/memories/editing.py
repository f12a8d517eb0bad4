"""The rules of reading, changing and deleting memories by id."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.messages import apply_mask
from agent_memory_services.long_term_memory.consolidation.originals import commit_each_whole
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading
from agent_memory_services.long_term_memory.domain.memory import (
    WRITABLE,
    Change,
    normalise,
    violations,
)
from agent_memory_services.long_term_memory.domain.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.store.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore

_ATTEMPTS: Final = 5
SHARED: Final = WRITABLE - {"text", "context", "claims", "slot", "validity"}
"""Fields that many memories may be given at once: all but what each says for itself."""


@dataclass(frozen=True, slots=True)
class Edit:
    """New values of some fields.

    Attributes:
        given: the values.
        paths: the mask that names the fields.
        reason: why, for the history.
        allowed: the fields that may be named.
    """

    given: Memory
    paths: Sequence[str]
    reason: str = ""
    allowed: frozenset[str] = WRITABLE


@dataclass(frozen=True, slots=True)
class EachUpdate:
    """Result of a change of several memories.

    Attributes:
        updated: ids of those that were changed.
        skipped: ids of those that others have the new content of.
    """

    updated: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class Memories:
    """The memories of all tenants, by id."""

    def __init__(
        self, store: MemoryStore, vectorizer: Vectorizer, *, reading: ClaimReading | None = None
    ) -> None:
        self._store = store
        self._reading = reading or ClaimReading()
        self._vectorizer = vectorizer

    async def get(self, scope: Scope, memory_id: str) -> Memory:
        """Read a memory, hidden and superseded ones too.

        Raises:
            MemoryNotFound: there is no such memory.
        """
        [found] = await self.get_each(scope, [memory_id])
        if isinstance(found, errors.MemoryNotFound):
            raise found
        return found

    async def get_each(
        self, scope: Scope, ids: Sequence[str]
    ) -> list[Memory | errors.MemoryNotFound]:
        """Read the memories of these ids, each or the error that there is none."""
        found = await self._store.get(scope.tenant, ids)
        return [
            memory
            if memory is not None and scope.admits(memory)
            else errors.MemoryNotFound(memory_id)
            for memory_id, memory in zip(ids, found, strict=True)
        ]

    async def update(
        self,
        scope: Scope,
        given: Memory,
        paths: Sequence[str],
        *,
        actor: str,
        reason: str = "",
    ) -> Memory:
        """Change the fields that a mask names.

        Args:
            scope: what the caller may touch.
            given: the new values; its id names the memory, and its etag, if any, must match.
            paths: the mask.
            actor: who changes it, for its history.
            reason: why, for its history.

        Raises:
            MemoryNotFound: there is no such memory.
            EtagMismatch: the memory changed since the given etag was read, or keeps changing.
            IdAlreadyExists: another memory has the new content.
            InvalidFieldMask: a path is unknown or read-only.
            InvalidFields: the changed memory would break a rule.
            AccessDenied: the change would move the memory out of the caller's scope.
            EmbeddingUnavailable: a new text could not be embedded.
        """
        for _ in range(_ATTEMPTS):
            before = await self.get(scope, given.id)
            if given.etag and given.etag != before.etag:
                raise errors.EtagMismatch(before.etag)
            change = await self._change(scope, before, Edit(given, paths, reason))
            if change is None:
                return before
            commit = await self._store.commit(
                scope.tenant, [change], actor=actor, now=clock.to_micros(change.memory.update_time)
            )
            if commit.committed:
                return change.memory
            _refuse_unless_stale(commit, given.id)
        raise errors.EtagMismatch((await self.get(scope, given.id)).etag)

    async def update_each(
        self,
        scope: Scope,
        memories: Sequence[Memory],
        edit: Edit,
        *,
        actor: str,
    ) -> EachUpdate:
        """Change fields that a mask names in each of some memories, all but their words.

        Args:
            scope: what the caller may touch.
            memories: the memories as they were read.
            edit: the new values, none of them of the words of a memory.
            actor: who changes them, for their history.

        Raises:
            EtagMismatch: a memory keeps changing.
            InvalidFieldMask: a path is unknown or may not be named.
            InvalidFields: a changed memory would break a rule.
            AccessDenied: the change would move a memory out of the caller's scope.
        """
        done = EachUpdate()
        left = list(memories)
        for _ in range(_ATTEMPTS):
            planned = [await self._change(scope, each, edit) for each in left]
            changes = [change for change in planned if change is not None]
            commits = await self._store.commit_each(
                scope.tenant, changes, actor=actor, now=clock.now_micros()
            )
            stale = []
            for change, commit in zip(changes, _sound(commits), strict=True):
                if commit.committed:
                    done.updated.append(change.memory.id)
                elif commit.outcome is CommitOutcome.DUPLICATE:
                    done.skipped.append(change.memory.id)
                elif commit.outcome is CommitOutcome.STALE:
                    stale.append(change.memory.id)
            if not stale:
                return done
            left = [m for m in await self.get_each(scope, stale) if isinstance(m, Memory)]
        raise errors.EtagMismatch(left[0].etag if left else "")

    async def would_update(self, scope: Scope, memories: Sequence[Memory], edit: Edit) -> list[str]:
        """Return the ids of those memories that `update_each` would change.

        Raises:
            InvalidFieldMask: a path is unknown or may not be named.
            InvalidFields: a changed memory would break a rule.
            AccessDenied: the change would move a memory out of the caller's scope.
        """
        planned = [await self._change(scope, each, edit) for each in memories]
        return [change.memory.id for change in planned if change is not None]

    async def delete(
        self, scope: Scope, ids: Sequence[str], *, actor: str, reason: str = ""
    ) -> list[str]:
        """Delete memories; answers those that were there.

        `actor` and `reason` go into their history.

        Raises:
            EtagMismatch: a memory keeps changing.
        """
        wanted = list(dict.fromkeys(ids))
        deleted: set[str] = set()
        left = wanted
        for _ in range(_ATTEMPTS):
            found = [m for m in await self.get_each(scope, left) if isinstance(m, Memory)]
            changes = [
                Change(memory, None, ltm.REVISION_CAUSE_DELETE, reason=reason) for memory in found
            ]
            commits = await commit_each_whole(
                self._store, scope.tenant, changes, actor=actor, now=clock.now_micros()
            )
            left = []
            for memory, commit in zip(found, _sound(commits), strict=True):
                if commit.committed:
                    deleted.add(memory.id)
                elif commit.outcome is CommitOutcome.STALE:
                    left.append(memory.id)
            if not left:
                return [memory_id for memory_id in wanted if memory_id in deleted]
        raise errors.EtagMismatch((await self.get(scope, left[0])).etag)

    async def _change(self, scope: Scope, before: Memory, edit: Edit) -> Change | None:
        """Return the change of a memory as it was read; None where it has these values already."""
        after, changed = _changed(before, edit)
        if not changed:
            return None
        if before.claims and not after.claims:
            [after] = await self._reading.with_claims_at_hand([after])
        if broken := list(violations(after, "memory")):
            raise errors.InvalidFields(broken)
        if not scope.admits(after):
            raise errors.AccessDenied(OTHER_SCOPE)
        vectors = None
        if not changed.isdisjoint({"text", "context"}):
            after.embedding_model = self._vectorizer.model
            [vectors] = await self._vectorizer.of_memories([after])
            if vectors is None:
                raise errors.InvalidField("memory.text", REJECTED)
        normalise(after, clock.now_micros())
        return Change(before, after, ltm.REVISION_CAUSE_UPDATE, vectors, edit.reason)


def _refuse_unless_stale(commit: Commit, memory_id: str) -> None:
    match commit:
        case Commit(CommitOutcome.STALE):
            return
        case Commit(CommitOutcome.DUPLICATE, other=Memory() as other):
            raise errors.IdAlreadyExists(other.id)
    raise errors.MemoryNotFound(memory_id)


def _sound(commits: Sequence[Commit | Exception]) -> Iterator[Commit]:
    for commit in commits:
        if isinstance(commit, Exception):
            raise commit
        yield commit


def _changed(before: Memory, edit: Edit) -> tuple[Memory, set[str]]:
    """Return the memory with the mask applied, and the fields whose value changed."""
    after = Memory()
    after.CopyFrom(before)
    named = apply_mask(after, edit.given, edit.paths, edit.allowed)
    _keep_reason(before, after)
    if "text" in named and not _gives_claims(edit.given, edit.paths):
        # They are those of the old text.
        after.ClearField("claims")
    changed = (*named, "claims")
    return after, {name for name in changed if getattr(after, name) != getattr(before, name)}


def _gives_claims(given: Memory, paths: Sequence[str]) -> bool:
    return bool(given.claims) and (not paths or "*" in paths or "claims" in paths)


def _keep_reason(before: Memory, after: Memory) -> None:
    """Keep the server's own note of who ended the validity, and why; it goes with the end."""
    if not after.HasField("validity"):
        return
    ended = after.validity.HasField("invalid_from")
    after.validity.superseded_by = before.validity.superseded_by if ended else ""
    after.validity.reason = before.validity.reason if ended else ""
