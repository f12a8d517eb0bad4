"""Watch of a session: every change from now on, or from the end of an earlier watch."""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.watch import Batch, Watch, WatchSource, WatchTokens
from agent_memory_services.working_memory.domain.session import Actor, LogSlice, SessionKey
from agent_memory_services.working_memory.store import events
from agent_memory_services.working_memory.store.records import changes_key
from agent_memory_services.working_memory.store.sessions import SessionStore

_PART_BYTES: Final = 1 << 20
"""Text of messages in one update; a longer change is told in parts."""
_MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SessionWatchUpdate:
    """An update for a watcher.

    Attributes:
        event: the change; None in a checkpoint.
        messages: the messages that joined the log and are still there.
        token: continues after this. A part of a change has the token of what came before it.
    """

    event: events.SessionEvent | None
    messages: Sequence[Message]
    token: str


class SessionWatch:
    """Answers watchers of sessions."""

    def __init__(
        self,
        store: SessionStore,
        statuses: events.SessionStatuses,
        feed: Feed[events.SessionEvent],
        *,
        checkpoint_seconds: float,
    ) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._store = store
        self._statuses = statuses
        self._watch = Watch(feed, checkpoint_seconds=checkpoint_seconds)

    def follow(
        self, key: SessionKey, actor: Actor, token: str
    ) -> AsyncGenerator[SessionWatchUpdate, None]:
        """Yield a checkpoint, or what happened since the token, and then every change.

        A session that does not exist yet can be watched. Never ends without an error.

        Raises:
            SessionNotFound: the session exists, but not for the actor.
            InvalidToken: the token is damaged or of another session, or changes since then are
                forgotten.
        """
        source = _SessionSource(key, actor, self._store, self._statuses)
        return self._watch.follow(source, token)


class _SessionSource(WatchSource[events.SessionEvent, SessionWatchUpdate]):
    """One session, for one actor."""

    forgotten = "changes since then are forgotten; read the session and watch anew"

    def __init__(
        self, key: SessionKey, actor: Actor, store: SessionStore, statuses: events.SessionStatuses
    ) -> None:
        self._key = key
        self._actor = actor
        self._store = store
        self._statuses = statuses
        self._partition = statuses.partition_of(key)
        self._expires: int | None = None
        # Of a session that is gone before anybody could look, a confined caller learns nothing.
        self._seen = actor.users is None
        identity = ("watch", key.tenant, key.namespace, key.session_id)
        self.tokens = WatchTokens(*(part.encode() for part in identity))
        self.streams = {"": changes_key(self._partition)}
        self.topic = statuses.mark_of(key)

    @property
    def patience(self) -> float:
        """Seconds until the session expires."""
        if self._expires is None:
            return math.inf
        return max(0.0, (self._expires - clock.now_micros()) / _MICROS)

    async def open(self) -> None:
        """Refuse an actor who must not see the session.

        Raises:
            SessionNotFound: the session exists, but not for the actor.
        """
        status = await self._statuses.of(self._key)
        if status is not None and not self._sees(status):
            raise errors.SessionNotFound(self._key.session_id)

    async def tend(self) -> None:
        """Let the feed tell of a session that has expired."""
        if self._expires is not None and self._expires <= clock.now_micros():
            await self._statuses.sweep(self._partition)
            await self.visible()

    async def visible(self) -> bool:
        """Return true if the session, or the one that was there before, may be told of."""
        return self._sees(await self._statuses.of(self._key))

    async def render(self, batch: Batch[events.SessionEvent]) -> AsyncIterator[SessionWatchUpdate]:
        """Yield each change, one with many messages in parts."""
        token = batch.before
        for event in batch.entries:
            *parts, last = _parts(await self._messages(event))
            for part in parts:
                yield SessionWatchUpdate(event, part, token)
            token = batch.token_after(event)
            yield SessionWatchUpdate(event, last, token)

    async def checkpoint(self, token: str) -> SessionWatchUpdate:
        """Return a sign of life."""
        return SessionWatchUpdate(None, (), token)

    def _sees(self, status: events.SessionStatus | None) -> bool:
        self._expires = status.expires if status else None
        if status is not None:
            self._seen = self._actor.sees(status.user)
        return self._seen

    async def _messages(self, event: events.SessionEvent) -> Sequence[Message]:
        """Read the messages of a change, where they are still in the log."""
        if event.kind is not events.Kind.MESSAGES:
            return ()
        stretch = LogSlice(start=event.first, count=event.last - event.first + 1)
        page = await self._store.read_log(self._key, stretch)
        if page is None or page.uid != event.uid or not self._actor.sees(page.user):
            return ()
        return page.messages


def _parts(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Yield the messages in parts that any channel takes; one empty part where there are none."""
    part: list[Message] = []
    size = 0
    for message in messages:
        if part and size + message.ByteSize() > _PART_BYTES:
            yield part
            part, size = [], 0
        part.append(message)
        size += message.ByteSize()
    yield part
