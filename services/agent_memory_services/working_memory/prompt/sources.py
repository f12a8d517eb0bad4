"""Filters of the memories that a prompt may hold: a caller's filter, and never more."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Final, Protocol

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.search_pb2 import SearchQuery
from agent_memory_services.kit.contract import ids
from agent_memory_services.kit.contract.clock import zone_of
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.working_memory.domain.session import Actor, Session, SessionKey, Shown
from agent_memory_services.working_memory.domain.windows import Limits
from agent_memory_services.working_memory.prompt.model import MemoryPart, PromptRequest, Sources
from agent_memory_services.working_memory.prompt.packet import surely_shown
from agent_memory_services.working_memory.store.neighbours import Found


def names_users(conditions: MemoryFilter) -> bool:
    """Return true if the filter names the owners of the memories; an exclusion does not."""
    user = conditions.user_id
    if user.HasField("eq") or user.HasField("prefix") or user.any or user.all:
        return True
    return bool(conditions.any_of) and all(map(names_users, conditions.any_of))


def search_for(
    given: SearchQuery, question: str, *, owner: str, zone: str, without: SessionKey | None
) -> SearchQuery:
    """Return the search that a prompt makes.

    Args:
        given: the caller's search; its filter holds as it stands.
        question: what to look for where the search has no text.
        owner: whose memories are meant where the filter does not say; empty for anybody's.
        zone: the zone in which the question's times are meant where the search names none.
        without: a session whose memories are left out.
    """
    query = copied(given)
    query.text = given.text or question
    query.time_zone = given.time_zone or zone
    if owner and not names_users(given.filter):
        query.filter.user_id.eq = owner
    if without is not None:
        query.filter.none_of.add(
            namespace=TagFilter(eq=without.namespace), session_id=TagFilter(eq=without.session_id)
        )
    return query


def standing_search(query: SearchQuery) -> SearchQuery | None:
    """Return the search for the standing shelf beside a search; None where no shelf is meant.

    A shelf belongs to a user: without one there is none, or all users' memories would be taken.
    """
    conditions = query.filter
    refused = conditions.HasField("standing") and not conditions.standing
    if refused or not names_users(conditions):
        return None
    shelf = SearchQuery(include_superseded=query.include_superseded, untracked=True)
    shelf.filter.CopyFrom(conditions)
    shelf.filter.standing = True
    if query.HasField("as_of"):
        shelf.as_of.CopyFrom(query.as_of)
    return shelf


STANDING_LIMIT: Final = 50
"""The most standing memories that are considered."""
_MOST_NAMED: Final = 256
"""The most ids that a filter takes."""
_MOST_RIVALS: Final = 100
"""The most contradicting memories that are read for one prompt."""


class SessionReader(Protocol):
    """Interface of reading sessions."""

    async def find(self, key: SessionKey, actor: Actor, limits: Limits) -> Session | None:
        """Return the session, cut to the limits; None where the actor sees none."""
        ...


class MemorySearcher(Protocol):
    """Interface of searching long-term memory for the present caller."""

    async def search(self, query: SearchQuery, limit: int, *, standing: int = 0) -> Found:
        """Return the best `limit` hits, 0 for the service's default, and standing memories.

        A fault is raised.
        """
        ...

    async def get(self, ids: Sequence[str]) -> Sequence[Memory]:
        """Return those of some memories that the present caller sees. A fault is raised."""
        ...


class SourceReader:
    """Reader of the sources of a prompt."""

    def __init__(self, sessions: SessionReader, memories: MemorySearcher) -> None:
        """Read from both."""
        self._sessions = sessions
        self._memories = memories

    async def gather(self, request: PromptRequest) -> Sources:
        """Return the content that the request asks for; a fault of one source fails the request."""
        try:
            async with asyncio.TaskGroup() as group:
                session = group.create_task(self._session(request))
                search = group.create_task(_search(request, session))
                found = group.create_task(self._found(request.memories, search))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        query = search.result()
        zone = zone_of(query.time_zone if query else "") or UTC
        hits, standing = found.result().hits, found.result().standing or ()
        rivals = await self._rivals([*(hit.memory for hit in hits), *standing])
        return Sources(session.result(), hits, standing, zone, rivals)

    async def _rivals(self, told: Sequence[Memory]) -> Mapping[str, Memory]:
        """Return what is told by id, with what contradicts it, though no search found that."""
        known = {memory.id: memory for memory in told}
        named = (each for memory in told for each in memory.conflicts_with)
        missing = [each for each in dict.fromkeys(named) if each not in known][:_MOST_RIVALS]
        if not missing:
            return known
        return known | {memory.id: memory for memory in await self._memories.get(missing)}

    async def _session(self, request: PromptRequest) -> Session | None:
        if (part := request.session) is None:
            return None
        return await self._sessions.find(part.key, part.actor, part.limits)

    async def _found(
        self, part: MemoryPart | None, search: asyncio.Task[SearchQuery | None]
    ) -> Found:
        if part is None or (query := await search) is None:
            return Found(())
        shelf = None if part.exclude_standing else standing_search(query)
        if shelf is None:
            return await self._memories.search(query, part.limit)
        found = await self._memories.search(query, part.limit, standing=STANDING_LIMIT)
        if found.standing is not None:
            return found
        # A service of the release before does not know them.
        listed = await self._memories.search(shelf, STANDING_LIMIT)
        return Found(found.hits, [hit.memory for hit in listed.hits])


async def _search(
    request: PromptRequest, reading: asyncio.Task[Session | None]
) -> SearchQuery | None:
    """Return the search to make.

    It waits for the session only where the request leaves open whose memories are meant, in which
    zone the question's times are, or where messages that the prompt shows could be found again.
    """
    part = request.memories
    if part is None:
        return None
    owner, zone = request.session.actor.user if request.session else "", ""
    owned = owner or names_users(part.query.filter)
    repeats = not part.exclude_session and finds_messages(part.query.filter)
    session = None
    if not (owned and part.query.time_zone) or repeats:
        session = await reading
    if session is not None:
        owner = owner or session.user
        zone = session.state.time_zone
    without = request.session.key if request.session and part.exclude_session else None
    query = search_for(part.query, request.query, owner=owner, zone=zone, without=without)
    if session is not None and repeats:
        leave_out(query, session.uid, surely_shown(request, session))
    return query


def finds_messages(conditions: MemoryFilter) -> bool:
    """Return true if messages may fulfil a filter, as far as its own conditions on types tell."""
    types = conditions.type
    asked = not types.any or MemoryType.MEMORY_TYPE_MESSAGE in types.any
    return asked and MemoryType.MEMORY_TYPE_MESSAGE not in types.none


def leave_out(query: SearchQuery, session_uid: str, shown: Sequence[Shown]) -> None:
    """Let a search pass over messages of a session, the latest of them that a filter can name.

    Otherwise they would take the places of what the prompt does not show yet.
    """
    conditions = query.filter.id
    room = _MOST_NAMED - len(conditions.none)
    messages = [item.message.id for item in shown[-room:]] if room > 0 else []
    if messages:
        conditions.none.extend(ids.message_memory_id(session_uid, each) for each in messages)
