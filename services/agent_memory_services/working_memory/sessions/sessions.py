"""Sessions: the rules of who may write and see them, and of what a write means."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory_services.kit.contract import clock, errors
from agent_memory_services.kit.redis.replay_cache import mark_conversation, mark_life
from agent_memory_services.shared.lifetimes import FOR_EVER, Lifetimes
from agent_memory_services.shared.prompts import check_extraction
from agent_memory_services.working_memory.domain import drafts, views, windows
from agent_memory_services.working_memory.domain.session import (
    NO_VERSION,
    Actor,
    Change,
    LogPage,
    LogSlice,
    Session,
    SessionKey,
    State,
    Written,
    check_time_zone,
    retry_on_conflict,
)
from agent_memory_services.working_memory.sessions.rebuild import Reconstruction
from agent_memory_services.working_memory.store.sessions import SessionStore

_TIME_ZONE: Final = "working_memory.time_zone"
_EXTRACTION: Final = "working_memory.extraction"
_RENEWALS: Final = 20
"""How often, at the most, reads renew a time to live while it lasts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session as a caller wants it to be.

    Attributes:
        state: its state.
        messages: its view.
        memories: the memories in it.
    """

    state: State
    messages: Sequence[Message]
    memories: Sequence[Memory]


@dataclass(frozen=True, slots=True)
class Replacement:
    """Effect of a new view.

    Attributes:
        new_messages: messages that were new to the log.
        taken_back: ids of the messages that were taken back.
        forgotten: memories that went with them.
    """

    new_messages: int
    taken_back: Sequence[str]
    forgotten: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """Effect of deleting a session.

    Attributes:
        deleted: there was one.
        uid: its incarnation; empty where there was none.
        user: its owner; empty for none.
        forgotten: how many memories were forgotten with it.
    """

    deleted: bool
    uid: str
    user: str
    forgotten: int


@dataclass(frozen=True, slots=True)
class Revision:
    """Owner and state of a session after an update."""

    user: str
    state: State


async def _nothing_waits(_partition: int, _tenant: str, _session_uid: str, _user: str) -> None:
    return


async def _nothing_learned(
    _session: SessionRef, _user: str, _uids: Sequence[str], _messages: Sequence[str]
) -> int:
    return 0


class Sessions:
    """Reads and writes sessions."""

    def __init__(
        self,
        store: SessionStore,
        outbox_grew: Callable[[int], None],
        view_overflowed: Callable[[], None],
        reconstruction: Reconstruction | None = None,
        *,
        withdraw: Callable[[int, str, str, str], Awaitable[None]] = _nothing_waits,
        lifetimes: Lifetimes = FOR_EVER,
        forgotten: Callable[
            [SessionRef, str, Sequence[str], Sequence[str]], Awaitable[int]
        ] = _nothing_learned,
    ) -> None:
        """Keep sessions in `store`.

        Args:
            store: where they are kept.
            outbox_grew: is told each partition with new entries.
            view_overflowed: is told when another session waits for a summary.
            reconstruction: rebuilds sessions that are gone, for readers; None leaves them gone.
            withdraw: takes back what of a tenant's incarnation waits in a partition.
            lifetimes: of sessions that say none.
            forgotten: lets the services behind this one forget a session of an owner, of which
                some incarnations are known, or of it only some messages; answers how many
                memories went.
        """
        self._forgotten = forgotten
        self._lifetimes = lifetimes
        self._withdraw = withdraw
        self._store = store
        self._outbox_grew = outbox_grew
        self._view_overflowed = view_overflowed
        self._reconstruction = reconstruction

    async def find(self, key: SessionKey, actor: Actor, limits: windows.Limits) -> Session | None:
        """Return the session, cut to the limits; None where the actor sees none."""
        session = await self._store.read(key, limits) or await self._rebuilt(key, actor)
        if session is None or not actor.sees(session.user):
            return None
        return windows.within(await self._read(session), limits)

    async def get(self, key: SessionKey, actor: Actor, limits: windows.Limits) -> Session:
        """Return the session, cut to the limits.

        Raises:
            SessionNotFound: the actor sees none.
        """
        if session := await self.find(key, actor, limits):
            return session
        raise errors.SessionNotFound(key.session_id)

    async def get_or_create(
        self, key: SessionKey, actor: Actor, limits: windows.Limits
    ) -> tuple[Session, bool]:
        """Return the session, cut to the limits, and whether it was created now.

        One that exists is left as it is, except that it gets an owner where it has none. One that
        is gone and can be rebuilt is answered, and not created.

        Raises:
            OwnerMismatch: it belongs to another user.
        """

        async def attempt() -> tuple[Session, bool]:
            found = await self._store.read(key, limits)
            if found is None and (rebuilt := await self._rebuilt(key, actor)):
                if not actor.sees(rebuilt.user):
                    raise errors.OwnerMismatch("session")
                return windows.within(rebuilt, limits), False
            if found is None:
                state = State().living(self._lifetimes, key.namespace)
                change = Change(expected=NO_VERSION, actor=actor, state=state, window=limits.tokens)
                return _after(None, key, await self._write(key, change), state), True
            if not actor.sees(found.user):
                raise errors.OwnerMismatch("session")
            session = windows.within(await self._read(found), limits)
            if not actor.user or found.user:
                return session, False
            written = await self._write(key, Change(expected=found.version, actor=actor))
            return _after(session, key, written, session.state), False

        return await retry_on_conflict(attempt)

    async def append(
        self,
        key: SessionKey,
        messages: Sequence[Message],
        actor: Actor,
        *,
        etag: str,
        request_id: str,
        window: int | None = None,
    ) -> tuple[list[Message], Written]:
        """Add messages to the end of the view and the log.

        A window (tokens) is what they are meant for, from now on.

        Returns:
            The messages as the log has them, in the order given, and what the write did.

        Raises:
            OwnerMismatch: the session belongs to another user.
            EtagMismatch: it changed since the etag was read.
            IdAlreadyExists: an id is in the log with other content; nothing was added.
            InvalidField: the parts of a message say too much.
        """
        complete = drafts.complete(messages, "messages")
        incoming = await drafts.receive(enumerate(complete), drafts.Naming(key, request_id))
        written = await self._write(
            key, Change(etag=etag, actor=actor, messages=incoming, window=window)
        )
        pairs = zip(incoming, written.logged, strict=True)
        return [
            logged.known or _at(item.message, logged.sequence) for item, logged in pairs
        ], written

    async def set(
        self,
        key: SessionKey,
        wanted: Wanted,
        actor: Actor,
        *,
        etag: str,
        request_id: str,
        window: int | None = None,
        forget: bool = False,
    ) -> tuple[Session, Replacement]:
        """Replace what the session shows, and its state.

        A window (tokens) is what its messages are meant for, from now on. With `forget`, what was
        learned from messages that are taken back alone goes before they do, so that a call that
        fails in between can be repeated.

        Returns:
            The session, whole, and what happened to its messages.

        Raises:
            OwnerMismatch: the session belongs to another user.
            EtagMismatch: it changed since the etag was read.
            InvalidField: an id comes twice with different content, the parts of a message say too
                much, a memory has no text, the time zone is not known, or the custom prompt cannot
                be followed.
            ServiceError: a service that has to forget is away; nothing was replaced.
        """
        naming = drafts.Naming(key, request_id)
        wanted = replace(wanted, state=wanted.state.living(self._lifetimes, key.namespace))
        check_time_zone(wanted.state.time_zone, _TIME_ZONE)
        if wanted.state.extraction is not None:
            check_extraction(wanted.state.extraction, _EXTRACTION)
        messages = drafts.distinct(wanted.messages, "working_memory.messages")
        forgotten = 0

        async def attempt() -> tuple[Session, Replacement]:
            nonlocal forgotten
            session = await self._store.read(key)
            _check_writable(session, actor, etag)
            memories = drafts.receive_memories(
                wanted.memories, naming, session, actor, "working_memory.memories"
            )
            view = await views.plan_view(session.shown if session else (), messages, naming)
            change = Change(
                expected=session.version if session else NO_VERSION,
                actor=actor,
                state=_with_known_range(session, wanted.state),
                replaces_view=True,
                messages=view.items,
                replaces_memories=True,
                memories=memories,
                window=window,
            )
            taken_back = views.taken_back(session.shown if session else (), view)
            if forget and session and taken_back:
                user = session.user or actor.user
                forgotten += await self._forget(key, user, session.uid, taken_back)
            written = await self._write(key, change)
            after = _after(session, key, written, change.state or State())
            shown = view.shown(written.logged)
            happened = Replacement(written.new_messages, taken_back, forgotten)
            return replace(after, shown=shown, memories=tuple(memories)), happened

        return await retry_on_conflict(attempt)

    async def add_memories(
        self,
        key: SessionKey,
        memories: Sequence[Memory],
        actor: Actor,
        *,
        replaces: bool,
        etag: str,
        request_id: str,
    ) -> tuple[list[Memory], Written]:
        """Place memories in the session, beside those that are there or in their place.

        Returns:
            The memories as they are in the session, each once, and what the write did.

        Raises:
            OwnerMismatch: the session belongs to another user.
            EtagMismatch: it changed since the etag was read.
            InvalidField: an id comes twice with different content, or a memory has no text.
        """
        naming = drafts.Naming(key, request_id)

        async def attempt() -> tuple[list[Memory], Written]:
            session = await self._store.read(key, windows.Limits(messages=0))
            _check_writable(session, actor, etag)
            placed = drafts.receive_memories(memories, naming, session, actor, "memories")
            change = Change(
                expected=session.version if session else NO_VERSION,
                actor=actor,
                replaces_memories=replaces,
                memories=placed,
            )
            return placed, await self._write(key, change)

        return await retry_on_conflict(attempt)

    async def update(
        self, key: SessionKey, revise: Callable[[Session], Revision], actor: Actor, *, etag: str
    ) -> Session:
        """Make of the session's owner and state what `revise` says.

        Returns:
            The session, whole.

        Raises:
            SessionNotFound: there is none.
            OwnerMismatch: it belongs to another user, or its owner would change.
            EtagMismatch: it changed since the etag was read.
            InvalidField: the time zone is not known, or the custom prompt cannot be followed.
        """

        async def attempt() -> Session:
            session = await self._store.read(key)
            if session is None:
                raise errors.SessionNotFound(key.session_id)
            _check_writable(session, actor, etag)
            revision = revise(session)
            check_time_zone(revision.state.time_zone, _TIME_ZONE)
            if revision.state.extraction is not None:
                check_extraction(revision.state.extraction, _EXTRACTION)
            state = _with_known_range(
                session, revision.state.living(self._lifetimes, key.namespace)
            )
            owner = replace(actor, user=revision.user)
            change = Change(expected=session.version, actor=owner, state=state)
            return _after(session, key, await self._write(key, change), state)

        return await retry_on_conflict(attempt)

    async def delete(
        self, key: SessionKey, actor: Actor, *, etag: str, forget: bool = False
    ) -> Deletion:
        """Delete the session, and with `forget` what waits of it and was learned from it alone.

        Raises:
            OwnerMismatch: it belongs to another user.
            EtagMismatch: it changed since the etag was read.
            ServiceError: it is deleted, and a service that has to forget it is away.
        """
        deleted = await self._store.delete(key, actor, etag=etag)
        if deleted is not None:
            partition = self._store.partition_of(key)
            if forget:
                await self._withdraw(partition, key.tenant, *deleted)
            self._outbox_grew(partition)
        uid, user = deleted or ("", "")
        forgotten = await self._forget(key, user or actor.user, uid) if forget else 0
        return Deletion(deleted is not None, uid, user, forgotten)

    async def _forget(
        self, key: SessionKey, user: str, uid: str, messages: Sequence[str] = ()
    ) -> int:
        session = SessionRef(namespace=key.namespace, session_id=key.session_id)
        return await self._forgotten(session, user, [uid] if uid else [], messages)

    async def log(self, key: SessionKey, actor: Actor, log_slice: LogSlice) -> LogPage:
        """Return a slice of the log.

        Raises:
            SessionNotFound: the actor sees no such session.
        """
        page = await self._store.read_log(key, log_slice)
        if page is None or not actor.sees(page.user):
            raise errors.SessionNotFound(key.session_id)
        return page

    async def _read(self, session: Session) -> Session:
        """Return a session that is read, with its time to live renewed where reads do that."""
        ttl, expires = session.state.ttl, session.expires
        if not session.state.sliding or ttl is None or expires is None:
            return session
        if expires - clock.now_micros() > ttl - ttl // _RENEWALS:
            return session
        renewed = await self._store.renew(session.key, session.uid)
        return session if renewed is None else replace(session, expires=renewed)

    async def _rebuilt(self, key: SessionKey, actor: Actor) -> Session | None:
        if self._reconstruction is None:
            return None
        return await self._reconstruction.rebuild(key, actor.user)

    async def _write(self, key: SessionKey, change: Change) -> Written:
        written = await self._store.write(key, change)
        mark_conversation(written.user, written.uid)
        if written.expires is not None:
            mark_life((written.expires - written.updated) // 1000)
        if written.submissions:
            self._outbox_grew(self._store.partition_of(key))
        if written.overflows:
            self._view_overflowed()
        return written


def _check_writable(session: Session | None, actor: Actor, etag: str) -> None:
    """Refuse what the write itself would refuse, before the request is looked at."""
    if session is not None and not actor.sees(session.user):
        raise errors.OwnerMismatch("session")
    current = session.etag if session else ""
    if etag and etag != current:
        raise errors.EtagMismatch(current)


def _with_known_range(session: Session | None, state: State) -> State:
    """Return the state with the range that its context covers, which callers do not set."""
    if session is not None and state.context == session.state.context:
        return replace(state, context_range=session.state.context_range)
    return replace(state, context_range=None)


def _at(message: Message, sequence: int) -> Message:
    message.sequence = sequence
    return message


def _after(before: Session | None, key: SessionKey, written: Written, state: State) -> Session:
    """Return the session after a write, with the messages and memories it had before."""
    return Session(
        key=key,
        uid=written.uid,
        version=written.version,
        user=written.user,
        state=state,
        created=written.created,
        updated=written.updated,
        expires=written.expires,
        last_sequence=written.last_sequence,
        view_size=written.view_size,
        tokens=written.tokens,
        shown=before.shown if before else (),
        memories=before.memories if before else (),
    )
