"""Forks: copies of a session up to a message, under a new id.

The two may lie in different parts of the store, so a copy is made of many writes. Until it is whole
it lives for an hour only; a fork that is asked for again goes on where it was interrupted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract import errors
from agent_memory_services.kit.redis.replay_cache import mark_conversation, mark_life
from agent_memory_services.working_memory.domain import drafts
from agent_memory_services.working_memory.domain.session import (
    NO_VERSION,
    Actor,
    Change,
    Entry,
    Fork,
    Incoming,
    LogSlice,
    Session,
    SessionKey,
    State,
    retry_on_conflict,
)
from agent_memory_services.working_memory.store.sessions import SessionStore

_PART: Final = 500
_PART_BYTES: Final = 4 * 1024 * 1024
_UNFINISHED: Final = State(ttl=60 * 60 * 1_000_000)
_MOST_SHOWN: Final = 2_000


class Forks:
    """Copier of sessions."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    async def fork(self, key: SessionKey, actor: Actor, *, new_id: str, message_id: str) -> Session:
        """Copy a session up to a message, or all of it where no message is named.

        Returns:
            The copy, whole.

        Raises:
            SessionNotFound: the actor sees no such session.
            InvalidField: no message has the id, or the copy would be the session itself.
            IdAlreadyExists: another session has the new id.
            Overloaded: others wrote into the copy while it was made.
        """
        source = await self._store.read(key)
        if source is None or not actor.sees(source.user):
            raise errors.SessionNotFound(key.session_id)
        if new_id == key.session_id:
            raise errors.InvalidField("new_session_id", "must be another one than session_id")
        last = source.last_sequence
        if message_id:
            found = await self._store.sequence_of(key, message_id)
            if found is None:
                raise errors.InvalidField("message_id", "names no message of the session")
            last = min(found, last)
        copy = replace(key, session_id=new_id)
        origin = Fork(key.session_id, source.uid, last, complete=False)
        owner = replace(actor, user=source.user)

        async def attempt() -> Session:
            return await self._copied(source, copy, origin, owner)

        return await retry_on_conflict(attempt)

    async def _copied(
        self, source: Session, key: SessionKey, origin: Fork, owner: Actor
    ) -> Session:
        """Make or finish a copy."""
        there = await self._store.read(key)
        if there is not None:
            if there.fork is None or replace(there.fork, complete=False) != origin:
                raise errors.IdAlreadyExists(key.session_id)
            if there.fork.complete:
                return there
        version = there.version if there else NO_VERSION
        reached = there.last_sequence if there else 0
        places: list[Entry] = []
        start = 1
        while start <= origin.last:
            part = await self._part(source, start, origin.last)
            places += _places(part, start)
            if start <= reached < start + len(part) - 1:
                # Somebody else wrote there.
                raise errors.IdAlreadyExists(key.session_id)
            if start > reached:
                change = Change(
                    expected=version,
                    actor=owner,
                    state=_UNFINISHED,
                    replaces_view=True,
                    messages=part,
                    fork=origin,
                )
                version = (await self._store.write(key, change)).version
            start += len(part)
        await self._store.write(key, _last_change(source, origin, owner, version, places))
        copied = await self._store.read(key)
        if copied is None:
            raise errors.SessionNotFound(key.session_id)
        mark_conversation(copied.user, copied.uid)
        if copied.expires is not None:
            mark_life((copied.expires - copied.updated) // 1000)
        return copied

    async def _part(self, source: Session, start: int, last: int) -> list[Incoming]:
        """Read messages of the log as they were said; each part is the same at every attempt."""
        count = min(_PART, last - start + 1)
        stretch = LogSlice(start=start, count=count, most_bytes=_PART_BYTES)
        page = await self._store.read_log(source.key, stretch)
        if page is None or page.uid != source.uid:
            raise errors.SessionNotFound(source.key.session_id)
        naming = drafts.Naming(source.key, "")
        return await drafts.receive(enumerate(map(_unplaced, page.messages)), naming)


def _unplaced(message: Message) -> Message:
    message.ClearField("sequence")
    return message


def _places(part: Sequence[Incoming], start: int) -> Iterable[Entry]:
    for sequence, each in enumerate(part, start):
        yield Entry(sequence, each.tokens, each.digest, each.answer)


def _last_change(
    source: Session, origin: Fork, owner: Actor, version: int, places: Sequence[Entry]
) -> Change:
    """Return the change that makes a copy whole: view, state and memories."""
    covered = source.state.context_range
    view = [shown.entry for shown in source.shown if shown.entry.sequence <= origin.last]
    state = source.state
    if covered is not None and covered.last > origin.last:
        # The summary tells what was said afterwards.
        state = replace(state, context="", context_range=None)
        view = list(places[-_MOST_SHOWN:])
    return Change(
        expected=version,
        actor=owner,
        state=state,
        replaces_view=True,
        messages=view,
        replaces_memories=True,
        memories=source.memories,
        window=source.window,
        fork=replace(origin, complete=True),
    )
