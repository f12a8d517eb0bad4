"""Erasing a user: memories, what they were before, and answers that repeat them."""

from collections import Counter
from collections.abc import Collection

import structlog
from redis.asyncio import Redis

from agent_memory_services.kit.contract import clock, errors, ids
from agent_memory_services.kit.contract.erasure import ErasedSession, Erasure
from agent_memory_services.kit.redis.replay_cache import erase_answers
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.scope import Scope, Subject
from agent_memory_services.long_term_memory.listing import Walk
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
