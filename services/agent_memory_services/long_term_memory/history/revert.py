"""Reverting a revision, and the changes that undo it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import MemoryRevision
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.contract.ids import derived_id
from agent_memory_services.kit.contract.messages import apply_mask
from agent_memory_services.long_term_memory.domain import conflicts
from agent_memory_services.long_term_memory.domain.fields import is_hidden
from agent_memory_services.long_term_memory.domain.memory import Change, MemoryVectors, normalise
from agent_memory_services.long_term_memory.domain.scope import OTHER_SCOPE, Scope
from agent_memory_services.long_term_memory.history import revisions
from agent_memory_services.long_term_memory.store.embeddings.vectors import REJECTED, Vectorizer
from agent_memory_services.long_term_memory.store.memories import Commit, CommitOutcome, MemoryStore
from agent_memory_services.long_term_memory.store.revisions import RevisionLog

# What follows from the rest, or says that something changed and not what.
_DERIVED = frozenset(
    {
        *("content_hash", "embedding_model", "etag", "update_time"),
        *("last_access_time", "access_count"),
        # Claims follow the text, and conflicts are marked on both sides or on neither.
        *("claims", "conflicts_with"),
    }
)
_COMPARED = frozenset(field.name for field in Memory.DESCRIPTOR.fields) - _DERIVED


_Sides: TypeAlias = tuple[Memory | None, Memory | None]
"""A memory as it is and as it shall be; nothing on both sides is nothing to do."""

_CREATIONS = frozenset({ltm.REVISION_CAUSE_CREATE, ltm.REVISION_CAUSE_IMPORT})


def inverse(one: revisions.Revised, reason: str) -> Change | None:
    """Return the change that reverts a revision, not normalised yet; None where there is none.

    What replaced an older fact stays when that fact is valid again, and what is gone stays gone,
    unless it is the deletion that is taken back.

    Raises:
        InvalidState: what it changed was changed again since, or it created the memory.
    """
    present, revision = one.present, one.revision
    if not revision.HasField("after"):
        sides = _again(present, revision.before)
    elif not revision.HasField("before"):
        sides = _no_more(present, revision)
    else:
        sides = present, undone(present, revision) if present is not None else None
    if sides == (None, None):
        return None
    return Change(*sides, ltm.REVISION_CAUSE_REVERT, reason=reason, reverts=revision.revision_id)


def undone(present: Memory, revision: MemoryRevision) -> Memory:
    """Return the memory with the fields that a revision changed as they were before it.

    Other fields stay as they are, whoever changed them since.

    Raises:
        InvalidState: a field that it changed was changed again since.
    """
    changed = differing(revision.before, revision.after)
    _require_untouched(changed & differing(revision.after, present))
    result = _copy(present)
    if changed:
        apply_mask(result, revision.before, sorted(changed), changed)
    if "text" in changed or present.claims == revision.after.claims:
        del result.claims[:]
        result.claims.extend(revision.before.claims)
    lost = [each for each in revision.before.conflicts_with if each not in present.conflicts_with]
    found = set(revision.after.conflicts_with) - set(revision.before.conflicts_with)
    left = [each for each in present.conflicts_with if each not in found]
    del result.conflicts_with[:]
    result.conflicts_with.extend([*left, *lost])
    return result


def _again(present: Memory | None, before: Memory) -> _Sides:
    if present is not None:
        raise errors.InvalidState("exists", "that revision deleted the memory, and it exists again")
    return None, _copy(before)


def _no_more(present: Memory | None, revision: MemoryRevision) -> _Sides:
    if revision.cause in _CREATIONS:
        raise errors.InvalidState(
            "created", "a creation cannot be taken back; delete the memory instead"
        )
    if present is None or revision.cause == ltm.REVISION_CAUSE_SUPERSEDE:
        return None, None
    _require_untouched(differing(revision.after, present))
    return present, None


def _require_untouched(fields: Iterable[str]) -> None:
    if touched := ", ".join(sorted(fields)):
        raise errors.InvalidState(
            "changed",
            f"changed again since that revision: {touched}; take the later changes back first,"
            " from the latest on, or update the memory",
        )


def differing(one: Memory, other: Memory) -> frozenset[str]:
    """Return the fields in which two states of a memory differ, but for derived ones."""
    return frozenset(apply_mask(_copy(one), other, ["*"], _COMPARED))


def _copy(memory: Memory) -> Memory:
    copy = Memory()
    copy.CopyFrom(memory)
    return copy


_ATTEMPTS: Final = 5
_REVISION_ID: Final = re.compile("[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Reversal:
    """Request to revert a revision.

    Attributes:
        memory_id: the memory.
        revision_id: its revision; empty means the latest.
        etag: the memory's etag, if the reversal depends on it.
        reason: why, for the history.
        request_id: names the call; a repeated one finds done what it did.
        actor: who takes it back, for the history.
    """

    memory_id: str
    revision_id: str = ""
    etag: str = ""
    reason: str = ""
    request_id: str = ""
    actor: str = ""


class Reverter:
    """Takes changes back."""

    def __init__(self, store: MemoryStore, log: RevisionLog, vectorizer: Vectorizer) -> None:
        self._store = store
        self._log = log
        self._vectorizer = vectorizer

    async def revert(self, scope: Scope, asked: Reversal) -> list[Memory]:
        """Take back what the commit behind a revision changed, all of it or nothing.

        Of an edit, the fields that it changed come back. Of a merge, every original is shown again
        and the merged record goes. Of a supersession the older record is valid again and the newer
        one stays. A deleted record is stored again. The reversal is a revision like any other.

        Returns:
            The memories that changed and are there, the one asked for first.

        Raises:
            MemoryNotFound: there is no such memory, and no history of it.
            InvalidField: the memory has no such revision, or not any more.
            InvalidState: what it changed was changed again since, or cannot be taken back.
            IdAlreadyExists: another memory has the content that would come back.
            SessionErased: what would come back is of a session that was erased.
            EtagMismatch: the memory has another etag, or a memory keeps changing.
            AccessDenied: the change concerned a memory outside the caller's scope.
            EmbeddingUnavailable: a text that comes back could not be embedded.
        """
        for _ in range(_ATTEMPTS):
            one = await self._asked_for(scope, asked)
            if asked.request_id and (done := await self._done_before(scope, asked)):
                return done
            current = one.present.etag if one.present else ""
            if asked.etag and asked.etag != current:
                raise errors.EtagMismatch(current)
            changes = await self._changes(scope, asked, one)
            commit = await self._store.commit(
                scope.tenant, changes, actor=asked.actor, now=clock.now_micros()
            )
            if commit.committed:
                return [change.after for change in changes if change.after is not None]
            _refuse_for_good(commit)
        raise errors.EtagMismatch(current)

    async def _asked_for(self, scope: Scope, asked: Reversal) -> revisions.Revised:
        number = _number(asked.revision_id)
        below = number + 1 if number else 0
        part = await self._log.read(scope.tenant, asked.memory_id, below=below, count=1)
        if not revisions.exists(scope, part):
            raise errors.MemoryNotFound(asked.memory_id)
        found = [each for each in part.revisions if revisions.in_sight(scope, each)]
        if not found or number not in {0, int(found[0].revision_id)}:
            raise _no_such_revision()
        return revisions.Revised(asked.memory_id, part.present, found[0])

    async def _done_before(self, scope: Scope, asked: Reversal) -> list[Memory]:
        """Return what an earlier attempt of this call changed, where its answer was lost."""
        part = await self._log.read(scope.tenant, asked.memory_id, count=1)
        if not part.revisions:
            return []
        ids = [asked.memory_id, *part.revisions[0].related_memory_ids]
        found = await self._store.get(scope.tenant, ids)
        return [each for each in found if each and each.etag == _etag(asked, each)]

    async def _changes(self, scope: Scope, asked: Reversal, one: revisions.Revised) -> list[Change]:
        """Return the changes that take back all that the commit changed."""
        together = await revisions.revised_together(self._log, scope.tenant, one)
        inverses = [inverse(each, asked.reason) for each in together]
        changes = [change for change in inverses if change is not None]
        _require_something(one.revision, changes)
        changes += await self._rivals(scope, changes, asked.reason)
        if not all(_within(scope, change) for change in changes):
            raise errors.AccessDenied(OTHER_SCOPE)
        vectors = await self._vectors(changes)
        ids = [change.memory.id for change in changes]
        for change in changes:
            if change.after is not None:
                _normalise(change.after, asked)
        return [
            replace(
                change,
                vectors=vectors.get(own),
                related=tuple(each for each in ids if each != own),
            )
            for own, change in zip(ids, changes, strict=True)
        ]

    async def _rivals(self, scope: Scope, changes: Sequence[Change], reason: str) -> list[Change]:
        """Return the changes that mark a conflict that comes back on those on its other side.

        Where the other side is gone, or is not for readers any more, the conflict is over.
        """
        own = {change.memory.id: change.after for change in changes}
        coming = [
            (change.after, each)
            for change in changes
            if change.after is not None
            for each in _coming_back(change)
        ]
        wanted = dict.fromkeys(each for _, each in coming if each not in own)
        read = await self._store.get(scope.tenant, list(wanted)) if wanted else []
        present = {each.id: each for each in read if each and not is_hidden(each)}
        rivals = {each.id: _copy(each) for each in present.values() if scope.admits(each)}
        for memory, rival_id in coming:
            rival = own[rival_id] if rival_id in own else rivals.get(rival_id)
            if rival is None or not _may_conflict(memory, rival):
                conflicts.forget(memory, rival_id)
            else:
                conflicts.mark(memory, rival)
        return [
            Change(present[each.id], each, ltm.REVISION_CAUSE_REVERT, reason=reason)
            for each in rivals.values()
            if each != present[each.id]
        ]

    async def _vectors(self, changes: Sequence[Change]) -> dict[str, MemoryVectors]:
        """Make vectors for memories that come back, or come back with other words."""
        anew = [change.after for change in changes if change.after and _needs_vectors(change)]
        for memory in anew:
            memory.embedding_model = self._vectorizer.model
        made = await self._vectorizer.of_memories(anew) if anew else []
        found = {
            memory.id: vectors
            for memory, vectors in zip(anew, made, strict=True)
            if vectors is not None
        }
        if len(found) < len(anew):
            raise errors.InvalidField("revision_id", f"what comes back {REJECTED}")
        return found


def _coming_back(change: Change) -> list[str]:
    """Return the ids of those with which a memory is in conflict again."""
    before = change.before.conflicts_with if change.before is not None else ()
    after = change.after.conflicts_with if change.after is not None else ()
    return [each for each in after if each not in before]


def _may_conflict(one: Memory, other: Memory) -> bool:
    """Return true if two memories can be in conflict: both hold, and readers see both."""
    ends = [each.validity.HasField("invalid_from") for each in (one, other)]
    owners = [(each.namespace, each.user_id) for each in (one, other)]
    return owners[0] == owners[1] and not any(ends) and not is_hidden(one) and not is_hidden(other)


def _number(revision_id: str) -> int:
    """Return the number of a revision; 0 for the latest."""
    if not revision_id:
        return 0
    if not _REVISION_ID.fullmatch(revision_id):
        raise _no_such_revision()
    return int(revision_id)


def _no_such_revision() -> errors.InvalidField:
    return errors.InvalidField("revision_id", "the memory has no such revision, or not any more")


def _require_something(revision: MemoryRevision, changes: Sequence[Change]) -> None:
    """Refuse to do nothing, and to remove a merged record where no original comes back for it."""
    removes = all(change.after is None for change in changes)
    if not changes or (removes and revision.related_memory_ids):
        raise errors.InvalidState(
            "gone",
            "what that revision changed is gone; take the later changes back first, from the"
            " latest on",
        )


def _within(scope: Scope, change: Change) -> bool:
    return all(scope.admits(each) for each in (change.before, change.after) if each is not None)


def _needs_vectors(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return after is not None
    return (before.text, before.context) != (after.text, after.context)


def _normalise(memory: Memory, asked: Reversal) -> None:
    normalise(memory, clock.now_micros())
    if asked.request_id:
        memory.etag = _etag(asked, memory)


def _etag(asked: Reversal, memory: Memory) -> str:
    """Return the etag by which a repeated call knows what it did."""
    return derived_id("revert", asked.actor, asked.request_id, memory.id)


def _refuse_for_good(commit: Commit) -> None:
    """Refuse where another attempt would meet the same."""
    if commit.outcome is CommitOutcome.DUPLICATE and commit.other is not None:
        raise errors.IdAlreadyExists(commit.other.id)
    if commit.outcome is CommitOutcome.ERASED:
        raise errors.SessionErased
