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
        owned: list[conditions.Node] = [
            conditions.Tag(fields.NAMESPACE, (self.namespace,)),
            conditions.Tag(fields.USER, owners),
        ]
        place = [*owned, conditions.Tag(fields.SESSION, (self.session_id,))]
        if self.message_ids:
            return [
                conditions.every([*place, conditions.Tag(fields.SOURCE, tuple(ids))])
                for ids in batched(self.message_ids, _SOURCES_AT_A_TIME)
            ]
        if not self.uids:
            return [conditions.every(place)]
        again = conditions.Tag(fields.OTHER_SESSIONS, tuple(self.uids))
        return [conditions.every(place), conditions.every([*owned, again])]

    def left_of(self, memory: Memory) -> Memory | None:
        """Return what is left of a memory without this conversation: None where nothing states it.

        One that the conversation does not state is returned as it is. One that others state too
        no longer cites what is forgotten.
        """
        if not self._may_state(memory):
            return memory
        known = memory.provenance
        cited, others = list(known.message_ids), list(known.other_session_uids)
        stays = bool(known.session_uid)
        if not self.message_ids:
            others = [each for each in others if each not in self.uids]
        if self._is_own(memory):
            cited = [each for each in cited if each not in self.message_ids]
            stays = bool(self.message_ids) and (bool(cited) or not known.message_ids)
        if not stays and not others:
            return memory if not known.session_uid and not known.other_session_uids else None
        return _resting_on(memory, cited if stays else [], others, apart=not stays)

    def _may_state(self, memory: Memory) -> bool:
        """Return true if a memory is of the owner and namespace, and no caller wrote it."""
        learned = memory.provenance.extractor or memory.type == MemoryType.MEMORY_TYPE_MESSAGE
        owned = memory.user_id in (self.user, "")
        return bool(learned) and owned and memory.namespace == self.namespace

    def _is_own(self, memory: Memory) -> bool:
        """Return true if a memory names the conversation as the one that it was learned from."""
        known = memory.provenance
        if memory.session_id != self.session_id or not known.session_uid:
            return False
        # What belongs to nobody may come from another conversation under the same name.
        return bool(memory.user_id) or not self.user or known.session_uid in self.uids


def _resting_on(
    memory: Memory, cited: Sequence[str], others: Sequence[str], *, apart: bool
) -> Memory:
    """Return a memory that rests on messages of its session, or `apart` from it, and on others.

    It is returned as it is where it rests on nothing else already.
    """
    known = memory.provenance
    fewer = len(cited) < len(known.message_ids) or len(others) < len(known.other_session_uids)
    if not fewer and apart == (not known.session_uid):
        return memory
    after = copied(memory)
    del after.provenance.message_ids[:]
    after.provenance.message_ids.extend(cited)
    del after.provenance.other_session_uids[:]
    after.provenance.other_session_uids.extend(others)
    if apart:
        after.session_id = after.provenance.session_uid = ""
    normalise(after, clock.now_micros())
    return after


_SOURCES_AT_A_TIME: Final = 200
_FORGOTTEN: Final = "its conversation was forgotten"
_STATED_ELSEWHERE: Final = "what else stated it was forgotten"


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
        subjects = await self._go_over(scope, asked, gone, actor)
        # What an interrupted call deleted has its past still, until all that follows is done.
        gone |= await self._unfinished(scope, asked)
        if gone:
            await self._revive(scope, asked, gone, actor)
        subjects = subjects.union(*(_subjects(each, None) for each in gone.values()))
        if asked.user:
            subjects |= {conversation_of(asked.user, uid) for uid in asked.uids}
        if subjects:
            await erase_answers(self._client, scope.tenant, subjects)
        if gone:
            await self._traces.erase_past(scope.tenant, list(gone))
        return len(gone)

    async def _go_over(
        self, scope: Scope, asked: Conversation, gone: dict[str, Memory], actor: str
    ) -> set[str]:
        """Forget and part memories until a look finds none; what answers that tell them go by."""
        subjects: set[str] = set()
        for _ in range(_PASSES):
            found = [each async for each in self._found(scope, asked)]
            for memory, left in found:
                subjects |= _subjects(memory, left)
                if left is not None:
                    await self._part(scope, memory, left, actor)
                elif memory.id not in gone:
                    await self._forget(scope, asked, memory, gone, actor)
            if not found:
                return subjects
        raise errors.EtagMismatch(found[0][0].etag)

    async def _unfinished(self, scope: Scope, asked: Conversation) -> dict[str, Memory]:
        return {
            memory.id: memory
            for owner in {asked.user, ""}
            async for memory in self._traces.gone(scope.tenant, owner, _FORGOTTEN)
            if memory.namespace == asked.namespace and scope.admits(memory)
        }

    async def _found(
        self, scope: Scope, asked: Conversation
    ) -> AsyncIterator[tuple[Memory, Memory | None]]:
        """Yield the memories that the conversation states, each with what is left of it."""
        for condition in asked.conditions():
            async for page in self._walk.pages(scope, condition, size=_PAGE):
                for memory in page:
                    if (left := asked.left_of(memory)) is not memory:
                        yield memory, left

    async def _part(self, scope: Scope, memory: Memory, left: Memory, actor: str) -> None:
        """Let a memory rest on what is left of its sources."""
        change = Change(
            memory,
            left,
            ltm.REVISION_CAUSE_UPDATE,
            reason=_STATED_ELSEWHERE,
            unique=False,
            compared=True,
        )
        await self._store.commit(scope.tenant, [change], actor=actor, now=clock.now_micros())

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
        left = [(each, asked.left_of(each)) for each in originals]
        doomed = [shown, *(each for each, rest in left if rest is None)]
        commit = await self._store.commit(
            scope.tenant,
            [
                *(_deletion(each) for each in doomed),
                *(
                    Change(each, _alone(rest), *_WHY, unique=False)
                    for each, rest in left
                    if rest is not None
                ),
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


def _subjects(memory: Memory, left: Memory | None) -> set[str]:
    """Return what answers are found by that tell a memory by conversations it rests on no more."""
    lost = _conversations(memory) - (_conversations(left) if left else set())
    return {conversation_of(memory.user_id, uid) if memory.user_id else uid for uid in lost}


def _conversations(memory: Memory) -> set[str]:
    known = memory.provenance
    return {known.session_uid, *known.other_session_uids} - {""}


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
