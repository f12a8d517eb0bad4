"""Erasing a user, and forgetting a conversation.

With a user go the memories, what they were before, and answers that repeat them; with a
conversation what was learned from it alone.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from redis.asyncio import Redis

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract import clock, errors, ids
from agent_memory_services.kit.contract.erasure import ErasedSession, Erasure
from agent_memory_services.kit.contract.messages import batched, copied
from agent_memory_services.kit.redis.replay_cache import conversation_of, erase_answers
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.domain.scope import Scope, Subject
from agent_memory_services.long_term_memory.listing import Walk
from agent_memory_services.long_term_memory.store.memories import MemoryStore
from agent_memory_services.long_term_memory.store.traces import Traces

log = structlog.get_logger()

_PAGE = 200
_PASSES = 10


class Eraser:
    """Erases users, a page of memories at a time."""

    def __init__(self, client: Redis, walk: Walk, traces: Traces) -> None:
        self._client = client
        self._walk = walk
        self._traces = traces

    async def erase(self, tenant: str, user: str, sessions: Collection[ErasedSession]) -> Erasure:
        """Erase everything of a user; when it was interrupted, it may be repeated.

        Args:
            tenant: whose user.
            user: the user.
            sessions: the sessions that the services before this one erased; what still arrives
                of them is refused.

        Raises:
            EtagMismatch: a memory of the user keeps changing.
        """
        started, receipt = clock.now_micros(), ids.new_id()
        late = frozenset(session.uid for session in sessions if session.owned_late)
        subject = Subject(tenant, user, late)
        await self._traces.bar(tenant, user, [session.uid for session in sessions])
        await self._traces.bar(tenant, "", late)
        erased = Counter(
            memories=await self._memories(subject, conditions.Tag(fields.USER, (user,)))
        )
        if late:
            erased["memories"] += await self._memories(subject, conditions.Tag(fields.USER, ("",)))
        erased["former_memories"] = await self._traces.erase_former(subject)
        erased["changes"] = await self._traces.erase_changes(subject)
        erased["answers"] = await erase_answers(self._client, tenant, [user, *late])
        log.info("user.erased", receipt=receipt, **erased)
        return Erasure(receipt, erased, started, clock.now_micros())

    async def _memories(self, subject: Subject, condition: conditions.Node) -> int:
        """Erase the user's memories among those of a condition, until a look finds none."""
        erased, current = 0, ""
        for _ in range(_PASSES):
            found = 0
            pages = self._walk.pages(Scope(subject.tenant), condition, size=_PAGE)
            async for page in pages:
                if own := [memory for memory in page if subject.said(memory)]:
                    found += len(own)
                    current = own[-1].etag
                    erased += await self._traces.erase(subject.tenant, own)
            if not found:
                return erased
        raise errors.EtagMismatch(current)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Conversation to be forgotten.

    Attributes:
        namespace: the session's namespace.
        session_id: the session's id.
        user: its owner; empty for a session without one.
        uids: its incarnations, as far as they are known.
        message_ids: only what these of its messages alone state; empty for the whole.
    """

    namespace: str
    session_id: str
    user: str
    uids: Sequence[str] = ()
    message_ids: Sequence[str] = ()

    def conditions(self) -> list[conditions.Node]:
        """Return conditions that select, between them, all that may have been learned from it."""
        owners = (self.user, "") if self.user else ("",)
        place: list[conditions.Node] = [
            conditions.Tag(fields.NAMESPACE, (self.namespace,)),
            conditions.Tag(fields.SESSION, (self.session_id,)),
            conditions.Tag(fields.USER, owners),
        ]
        if not self.message_ids:
            return [conditions.every(place)]
        return [
            conditions.every([*place, conditions.Tag(fields.SOURCE, tuple(ids))])
            for ids in batched(self.message_ids, _SOURCES_AT_A_TIME)
        ]

    def taught(self, memory: Memory) -> bool:
        """Return true if a memory was learned from it: an original, from no other conversation."""
        known = memory.provenance
        if set(known.other_session_uids) - set(self.uids):
            return False
        if memory.session_id != self.session_id or memory.namespace != self.namespace:
            return False
        if not known.session_uid or memory.user_id not in (self.user, ""):
            return False
        if not memory.user_id and self.user and known.session_uid not in self.uids:
            return False
        if not known.extractor and memory.type != MemoryType.MEMORY_TYPE_MESSAGE:
            return False
        stated = set(known.message_ids)
        return not self.message_ids or (bool(stated) and stated <= set(self.message_ids))


_SOURCES_AT_A_TIME: Final = 200
_FORGOTTEN: Final = "its conversation was forgotten"


class ConversationForgetting:
    """Forgets what was learned from a conversation alone."""

    def __init__(self, client: Redis, store: MemoryStore, walk: Walk, traces: Traces) -> None:
        self._client = client
        self._store = store
        self._walk = walk
        self._traces = traces

    async def forget(self, scope: Scope, asked: Conversation, *, actor: str) -> int:
        """Forget for good, and answer how many memories went; it may be repeated.

        What several conversations say is one memory, made of originals of each. Those of the others
        are shown again. What a memory that goes had ended is true again.

        Raises:
            EtagMismatch: a memory keeps changing.
        """
        if not asked.message_ids:
            await self._traces.bar(scope.tenant, asked.user, asked.uids)
            await self._traces.bar(scope.tenant, "", asked.uids)
        gone: dict[str, Memory] = {}
        for _ in range(_PASSES):
            found = [each async for each in self._found(scope, asked)]
            for memory in found:
                if memory.id not in gone:
                    await self._forget(scope, asked, memory, gone, actor)
            if not found:
                break
        else:
            raise errors.EtagMismatch(found[0].etag)
        # What an interrupted call deleted has its past still, until all that follows is done.
        gone |= await self._unfinished(scope, asked)
        if gone:
            await self._revive(scope, asked, gone, actor)
            await self._traces.erase_past(scope.tenant, list(gone))
        if asked.user and asked.uids:
            subjects = [conversation_of(asked.user, uid) for uid in asked.uids]
            await erase_answers(self._client, scope.tenant, subjects)
        return len(gone)

    async def _unfinished(self, scope: Scope, asked: Conversation) -> dict[str, Memory]:
        return {
            memory.id: memory
            for owner in {asked.user, ""}
            async for memory in self._traces.gone(scope.tenant, owner, _FORGOTTEN)
            if memory.namespace == asked.namespace and scope.admits(memory)
        }

    async def _found(self, scope: Scope, asked: Conversation) -> AsyncIterator[Memory]:
        for condition in asked.conditions():
            async for page in self._walk.pages(scope, condition, size=_PAGE):
                for memory in page:
                    if asked.taught(memory):
                        yield memory

    async def _forget(
        self,
        scope: Scope,
        asked: Conversation,
        memory: Memory,
        gone: dict[str, Memory],
        actor: str,
    ) -> None:
        """Forget a memory, and what was made of it and others, in one step."""
        shown = await self._shown(scope, memory)
        read = await self._store.get(scope.tenant, list(shown.provenance.memory_ids))
        originals = [each for each in read if each and each.merged_into == shown.id]
        doomed = [shown, *filter(asked.taught, originals)]
        others = [each for each in originals if not asked.taught(each)]
        commit = await self._store.commit(
            scope.tenant,
            [
                *(_deletion(each) for each in doomed),
                *(Change(each, _alone(each), *_WHY, unique=False) for each in others),
            ],
            actor=actor,
            now=clock.now_micros(),
        )
        if commit.committed:
            gone.update((each.id, each) for each in doomed)

    async def _shown(self, scope: Scope, memory: Memory) -> Memory:
        """Return what readers see of a memory: what it was merged into, or itself."""
        while memory.merged_into:
            [into] = await self._store.get(scope.tenant, [memory.merged_into])
            if into is None or not scope.admits(into):
                return memory
            memory = into
        return memory

    async def _revive(
        self, scope: Scope, asked: Conversation, gone: Collection[str], actor: str
    ) -> None:
        """Let what the memories that went had ended be true again."""
        ended = conditions.every(
            [
                conditions.Tag(fields.NAMESPACE, (asked.namespace,)),
                conditions.Tag(fields.USER, (asked.user,)),
                conditions.Range(fields.INVALID_FROM),
            ]
        )
        async for page in self._walk.pages(scope, ended, size=_PAGE):
            for memory in page:
                if memory.validity.superseded_by in gone:
                    change = Change(memory, _valid(memory), *_WHY, unique=False)
                    await self._store.commit(
                        scope.tenant, [change], actor=actor, now=clock.now_micros()
                    )


_WHY: Final = (ltm.REVISION_CAUSE_FORGET, None, _FORGOTTEN)


def _deletion(memory: Memory) -> Change:
    return Change(memory, None, *_WHY)


def _alone(memory: Memory) -> Memory:
    """Return an original as it was before it was merged."""
    after = copied(memory)
    after.merged_into = ""
    normalise(after, clock.now_micros())
    return after


def _valid(memory: Memory) -> Memory:
    after = copied(memory)
    for name in ("invalid_from", "superseded_by", "reason"):
        after.validity.ClearField(name)
    normalise(after, clock.now_micros())
    return after
