"""Watch of a session: every change from now on, or from the end of an earlier watch."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.cursors import encode_cursor, read_cursor
from agent_memory_services.kit.contract.errors import InvalidToken, SessionNotFound
from agent_memory_services.kit.redis.feed.feed import Feed
from agent_memory_services.kit.redis.feed.subscription import ForgottenError, Subscriptions
from agent_memory_services.kit.redis.feed.tail import ORIGIN, Position
from agent_memory_services.working_memory.domain.scope import Actor
from agent_memory_services.working_memory.domain.session import LogSlice, SessionKey
from agent_memory_services.working_memory.store.events import (
    Kind,
    SessionEvent,
    SessionStatus,
    SessionStatuses,
)
from agent_memory_services.working_memory.store.keys import changes_key
from agent_memory_services.working_memory.store.sessions import SessionStore

_TOLD_BYTES: Final = 1 << 20
"""Text of messages that is told at a time; a longer change is told in parts."""
_MICROS: Final = 1_000_000
_FORGOTTEN: Final = "changes since then are forgotten; read the session and watch anew"


@dataclass(frozen=True, slots=True)
class SessionWatchUpdate:
    """Event that a watcher receives.

    Attributes:
        note: the change; None in a checkpoint.
        messages: the messages that joined the log and are still there.
        token: continues after this. A part of a change has the token of what came before it.
    """

    note: SessionEvent | None
    messages: Sequence[Message]
    token: str


class SessionWatch:
    """Watches of sessions on behalf of callers."""

    def __init__(
        self,
        store: SessionStore,
        standings: SessionStatuses,
        feed: Feed[SessionEvent],
        *,
        checkpoint_seconds: float,
    ) -> None:
        """Tell nothing for `checkpoint_seconds` at the most."""
        self._store = store
        self._standings = standings
        self._feed = feed
        self._checkpoint_seconds = checkpoint_seconds

    async def follow(
        self, key: SessionKey, actor: Actor, token: str
    ) -> AsyncGenerator[SessionWatchUpdate, None]:
        """Tell a checkpoint, or what happened since the token, and then every change.

        A session that does not exist yet can be watched. Never ends on its own.

        Raises:
            SessionNotFound: the session exists, but not for the actor.
            InvalidToken: the token is damaged or of another session, or changes since then are
                forgotten.
        """
        watcher = _Watcher(key, actor)
        after = watcher.position_of(token) if token else None
        partition, mark = self._standings.partition_of(key), self._standings.mark_of(key)
        async with self._feed.follow([changes_key(partition)], mark) as following:
            if not watcher.sees(standing := await self._standings.of(key)) and standing:
                raise SessionNotFound(key.session_id)
            (subscription,) = following.subscriptions.values()
            try:
                if after is not None:
                    await subscription.rewind(after)
                while subscription.behind:
                    async for sighting in self._told(watcher, await subscription.news()):
                        yield sighting
                yield watcher.checkpoint(subscription.position)
                async for notes in self._news(watcher, following, partition):
                    async for sighting in self._told(watcher, notes):
                        yield sighting
                    if not notes:
                        yield watcher.checkpoint(subscription.position)
            except ForgottenError:
                raise InvalidToken(_FORGOTTEN) from None

    async def _news(
        self, watcher: "_Watcher", following: Subscriptions[SessionEvent], partition: int
    ) -> AsyncIterator[Sequence[SessionEvent]]:
        """Yield the session's events, and an empty batch when none came for a while."""
        (subscription,) = following.subscriptions.values()
        while True:
            moved = await following.wait(watcher.patience(self._checkpoint_seconds))
            notes = await subscription.news()
            if notes or not moved:
                yield notes
            if watcher.has_expired:
                await self._standings.sweep(partition)
                watcher.sees(await self._standings.of(watcher.key))

    async def _told(
        self, watcher: "_Watcher", notes: Sequence[SessionEvent]
    ) -> AsyncIterator[SessionWatchUpdate]:
        if not notes or not watcher.sees(await self._standings.of(watcher.key)):
            return
        for note in notes:
            parts = list(_parts(await self._messages(watcher, note)))
            for part in parts[:-1]:
                yield SessionWatchUpdate(note, part, watcher.token)
            watcher.reached = note.position
            yield SessionWatchUpdate(note, parts[-1], watcher.token)

    async def _messages(self, watcher: "_Watcher", note: SessionEvent) -> Sequence[Message]:
        """Return the messages of a change, where they are still in the log."""
        if note.kind is not Kind.MESSAGES:
            return ()
        stretch = LogSlice(start=note.first, count=note.last - note.first + 1)
        page = await self._store.read_log(watcher.key, stretch)
        if page is None or page.uid != note.uid or not watcher.actor.sees(page.user):
            return ()
        return page.messages


class _Watcher:
    """Watcher: its target and its position."""

    def __init__(self, key: SessionKey, actor: Actor) -> None:
        self.key = key
        self.actor = actor
        self.reached = ORIGIN
        self._expires: int | None = None
        # Of a session that is gone before anybody could look, a confined caller learns nothing.
        self._seen = actor.users is None
        self._binding = tuple(
            part.encode() for part in ("watch", key.tenant, key.namespace, key.session_id)
        )

    @property
    def token(self) -> str:
        """Token that continues after the reached position."""
        return encode_cursor(self.reached.spell().encode(), *self._binding)

    def position_of(self, token: str) -> Position:
        """Return the position at which a token continues.

        Raises:
            InvalidToken: it is damaged or of another session.
        """
        self.reached = read_cursor(token, Position.read, *self._binding)
        return self.reached

    def checkpoint(self, position: Position) -> SessionWatchUpdate:
        """Return a heartbeat."""
        self.reached = position
        return SessionWatchUpdate(None, (), self.token)

    def sees(self, standing: SessionStatus | None) -> bool:
        """Return true if the watcher may learn of the session, or of the one there before."""
        self._expires = standing.expires if standing else None
        if standing is not None:
            self._seen = self.actor.sees(standing.user)
        return self._seen

    @property
    def has_expired(self) -> bool:
        """True if the session should have expired by now."""
        return self._expires is not None and self._expires <= now_micros()

    def patience(self, seconds: float) -> float:
        """Return how long to wait for a change: not beyond the end of the session."""
        if self._expires is None:
            return seconds
        left = (self._expires - now_micros()) / _MICROS
        return min(seconds, max(0.0, left))


def _parts(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Yield the messages in parts that any channel takes; one empty part where there are none."""
    part: list[Message] = []
    size = 0
    for message in messages:
        if part and size + message.ByteSize() > _TOLD_BYTES:
            yield part
            part, size = [], 0
        part.append(message)
        size += message.ByteSize()
    yield part
