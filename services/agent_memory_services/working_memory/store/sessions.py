"""Sessions in Redis: one script per write, one round trip per read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NamedTuple, Self

from redis.asyncio import Redis

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract import errors, ids
from agent_memory_services.kit.observe.tracing.spans import kept_context
from agent_memory_services.kit.redis import scripts
from agent_memory_services.kit.redis.keys import claim_partitions, encode
from agent_memory_services.shared.content import plain, told
from agent_memory_services.shared.lifetimes import FOR_EVER, Lifetime, Lifetimes
from agent_memory_services.working_memory.domain import drafts, windows
from agent_memory_services.working_memory.domain.session import (
    Actor,
    Change,
    Entry,
    Incoming,
    Logged,
    LogPage,
    LogSlice,
    Session,
    SessionKey,
    StaleSessionError,
    Written,
    retry_on_conflict,
)
from agent_memory_services.working_memory.store import records

_PACKAGE: Final = "agent_memory_services.working_memory.store"
_SHARED: Final = (
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/summaries",
)


@dataclass(frozen=True, slots=True)
class _Caller:
    """An actor: the owner that it names, and those whose sessions it reaches; None for all."""

    user: str
    users: Sequence[str] | None

    @classmethod
    def of(cls, actor: Actor) -> Self:
        return cls(actor.user, None if actor.users is None else sorted(actor.users))


class _NewMessage(NamedTuple):
    """A message, and its place in the view but for the sequence.

    Attributes:
        id: its id.
        head: its place.
        message: as it is shown.
        whole: as it was said, where that is more; else empty.
        text: as extraction gets it, where that is less than what is shown; else empty.
        withheld: extraction does not get it.
    """

    id: str
    head: bytes
    message: bytes
    whole: bytes
    text: bytes
    withheld: bool


class _NewMemory(NamedTuple):
    """A memory to be placed."""

    id: str
    digest: bytes
    memory: bytes


@scripts.script(_PACKAGE, "lua/session/prelude", "lua/session/read")
def _read(
    meta: scripts.Key,
    log: scripts.Key,
    view: scripts.Key,
    memories: scripts.Key,
    *,
    most_messages: int | None,
    most_tokens: int | None,
    read: int | None,
    tokens: int,
    memories_from: scripts.Text,
    version: scripts.Text,
) -> Any:
    """Read a part of a session, from what the parts before it brought on."""


@scripts.script(_PACKAGE, "lua/session/prelude", "lua/session/log")
def _log(
    meta: scripts.Key,
    log: scripts.Key,
    *,
    start: int | None,
    count: int,
    step: int,
    most_bytes: int | None,
) -> Any:
    """Read a slice of a session's log."""


@scripts.script(_PACKAGE, *_SHARED, "lua/session/wire", "lua/session/write")
def _write(
    address: records.SpelledAddress,
    parts: records.SessionParts,
    *,
    identity: SessionKey,
    expected: int | None,
    etag: str,
    caller: _Caller,
    owner: str,
    fresh_uid: str,
    trace: str,
    state: Mapping[str, scripts.Value],
    replaces_view: bool,
    slots: Sequence[bytes],
    messages: Sequence[_NewMessage],
    replaces_memories: bool,
    memories: Sequence[_NewMemory],
    window: int | None,
    trigger: windows.Trigger | None,
    copies: bool,
    lifetime: Lifetime | None,
) -> Any:
    """Make one write to a session: all of it, or a refusal and nothing."""


@scripts.script(_PACKAGE, *_SHARED, "lua/session/wire", "lua/session/delete")
def _delete(
    address: records.SpelledAddress,
    parts: records.SessionParts,
    *,
    identity: SessionKey,
    caller: _Caller,
    etag: str,
) -> Any:
    """Delete a session, and hand over that it is deleted."""


@scripts.script(
    _PACKAGE,
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/renew",
)
def _renew(address: records.SpelledAddress, parts: records.SessionParts, *, uid: str) -> Any:
    """Let an incarnation live on for its time to live from now."""


_PARTITIONS_SETTING: Final = "AGENT_MEMORY_WORKING_MEMORY_PARTITIONS"

ALL: Final = windows.Limits()
"""A read of the whole view."""


class SessionStore:
    """The sessions of one Redis."""

    def __init__(
        self,
        client: Redis,
        partitions: int,
        trigger: windows.Trigger | None = None,
        lifetimes: Lifetimes = FOR_EVER,
    ) -> None:
        """Use `partitions` partitions; `open` checks that the store agrees.

        A write that leaves a view beyond the trigger puts the session down for a summary; without
        one none ever is. Sessions that say nothing of their time to live have that of `lifetimes`.
        """
        self._lifetimes = lifetimes
        self._client = client
        self._partitions = partitions
        self._trigger = trigger

    async def open(self) -> None:
        """Claim the number of partitions.

        Raises:
            PartitionsMismatchError: another number is in use.
        """
        await claim_partitions(
            self._client,
            records.PARTITIONS_KEY,
            self._partitions,
            setting=_PARTITIONS_SETTING,
        )

    def partition_of(self, key: SessionKey) -> int:
        """Return the partition that a session lives in."""
        return records.SessionAddress.of(key, self._partitions).partition

    async def read(
        self, key: SessionKey, limits: windows.Limits = ALL, *, with_memories: bool = True
    ) -> Session | None:
        """Return a session with the latest messages of its view; None where there is none.

        With limits, a few messages more than they allow may come: where to cut is not the
        store's business. The messages are then a tail of the view that is long enough to cut.

        Raises:
            Overloaded: the view is long, and was written again and again while it was read.
        """
        return await retry_on_conflict(lambda: self._read(key, limits, with_memories=with_memories))

    async def _read(
        self, key: SessionKey, limits: windows.Limits, *, with_memories: bool
    ) -> Session | None:
        parts = records.SessionAddress.of(key, self._partitions).parts
        meta: dict[bytes, bytes] = {}
        places: list[bytes] = []
        messages: list[bytes] = []
        memories: list[bytes] = []
        tokens, following, view_size = 0, b"0" if with_memories else b"", 0
        while tokens >= 0 or following:
            found = await _read(
                self._client,
                parts.meta,
                parts.log,
                parts.view,
                parts.memories,
                most_messages=limits.messages,
                most_tokens=limits.tokens,
                read=len(places) if tokens >= 0 else None,
                tokens=tokens,
                memories_from=following,
                version=meta.get(b"version", b""),
            )
            if found is None:
                return None
            if found[0] == b"stale":
                raise StaleSessionError
            tokens, following, fields, view_size, *lists = found
            meta = meta or scripts.mapping_of(fields)
            for kept, more in zip((places, messages, memories), lists, strict=True):
                kept.extend(more)
        shown = records.StoredView(places, messages)
        return records.read_session(key, meta, view_size, shown, memories)

    async def read_log(self, key: SessionKey, stretch: LogSlice) -> LogPage | None:
        """Return a slice of the log; None where there is no session."""
        parts = records.SessionAddress.of(key, self._partitions).parts
        found = await _log(
            self._client,
            parts.meta,
            parts.log,
            start=stretch.start,
            count=stretch.count,
            step=stretch.step,
            most_bytes=stretch.most_bytes,
        )
        if found is None:
            return None
        uid, user, last_sequence, first, messages = found
        sequences = count(first, stretch.step)
        logged = tuple(map(records.read_message, sequences, messages))
        return LogPage(uid.decode(), user.decode(), last_sequence, logged)

    async def write(self, key: SessionKey, change: Change) -> Written:
        """Make a change, all or nothing.

        Raises:
            StaleSessionError: the session has another version than expected.
            OwnerMismatch: it belongs to another user.
            AccessDenied: it would have no owner, and the actor is bound to users.
            EtagMismatch: it has another etag.
            IdAlreadyExists: the log has the message's id with other content.
        """
        address = records.SessionAddress.of(key, self._partitions)
        state = {} if change.state is None else dict(records.write_state(change.state))
        if change.fork is not None:
            state["fork"] = records.write_fork(change.fork)
        answer = await _write(
            self._client,
            address.spelled,
            address.parts,
            identity=key,
            expected=change.expected,
            etag=change.etag,
            caller=_Caller.of(change.actor),
            owner=encode(change.actor.user),
            fresh_uid=ids.new_id(),
            trace=kept_context(),
            state=state,
            replaces_view=change.replaces_view,
            slots=_slots(change.messages),
            messages=_new_messages(change.messages, copies=change.fork is not None),
            replaces_memories=change.replaces_memories,
            memories=[
                _NewMemory(memory.id, drafts.memory_digest(memory), memory.SerializeToString())
                for memory in change.memories
            ],
            window=change.window,
            # A copy waits for no summary before it is whole.
            trigger=None if change.fork and not change.fork.complete else self._trigger,
            copies=change.fork is not None,
            lifetime=self._lifetimes.of(key.namespace),
        )
        return _written(_accepted(answer))

    async def renew(self, key: SessionKey, uid: str) -> int | None:
        """Let an incarnation live on for its time to live from now.

        Returns:
            When it will be gone, in microseconds; None where it is gone, or lives for ever.
        """
        address = records.SessionAddress.of(key, self._partitions)
        expires: int | None = await _renew(self._client, address.spelled, address.parts, uid=uid)
        return expires

    async def sequence_of(self, key: SessionKey, message_id: str) -> int | None:
        """Return the position of the message that has an id now; None where none has."""
        parts = records.SessionAddress.of(key, self._partitions).parts
        found: Any = await self._client.hget(parts.ids, message_id)
        return None if found is None else int(found[drafts.DIGEST_BYTES :])

    async def delete(self, key: SessionKey, actor: Actor, *, etag: str) -> tuple[str, str] | None:
        """Delete a session; answers its incarnation and owner, None where there was none.

        Raises:
            OwnerMismatch: it belongs to another user.
            EtagMismatch: it has another etag.
        """
        address = records.SessionAddress.of(key, self._partitions)
        answer = await _delete(
            self._client,
            address.spelled,
            address.parts,
            identity=key,
            caller=_Caller.of(actor),
            etag=etag,
        )
        if answer == [b"absent"]:
            return None
        uid, user = _accepted(answer)
        return uid.decode(), user.decode()


def _slots(messages: Sequence[Entry | Incoming]) -> list[bytes]:
    """Return the places that are kept, and an empty one for each message between them."""
    if not any(isinstance(item, Entry) for item in messages):
        return []
    return [records.write_place(item) if isinstance(item, Entry) else b"" for item in messages]


def _new_messages(messages: Sequence[Entry | Incoming], *, copies: bool) -> list[_NewMessage]:
    return [
        _new_message(item, plain(item.message), copies=copies)
        for item in messages
        if isinstance(item, Incoming)
    ]


def _new_message(item: Incoming, text: Message, *, copies: bool) -> _NewMessage:
    return _NewMessage(
        item.message.id,
        records.place_head(item.digest, item.tokens, answer=item.answer),
        item.message.SerializeToString(),
        b"" if item.whole is None else item.whole.SerializeToString(),
        b"" if text is item.message else text.SerializeToString(),
        copies or _is_silent(text),
    )


def _is_silent(message: Message) -> bool:
    return message.skip_extraction or not (told(message) or _asks(message))


def _asks(message: Message) -> bool:
    """Return true if a message may be empty for a release that knows no empty answers of tools."""
    return message.role == "assistant"


def _accepted(answer: Sequence[Any]) -> Sequence[Any]:
    """Return the values after a script's `ok`; a refusal is raised."""
    verdict, *rest = answer
    match verdict:
        case b"stale":
            raise StaleSessionError
        case b"owner":
            raise errors.OwnerMismatch("session")
        case b"unowned":
            raise errors.AccessDenied("the name of a user that the credential allows")
        case b"etag":
            raise errors.EtagMismatch(rest[0].decode())
        case b"taken":
            raise errors.IdAlreadyExists(rest[0].decode())
    return rest


def _written(answer: Sequence[Any]) -> Written:
    uid, version, is_new, user, created, updated, expires, *rest = answer
    last_sequence, tokens, view_size, new_messages, submissions, overflows, logged = rest
    return Written(
        uid=uid.decode(),
        version=version,
        is_new=bool(is_new),
        user=user.decode(),
        created=created,
        updated=updated,
        expires=expires or None,
        last_sequence=last_sequence,
        tokens=tokens,
        view_size=view_size,
        new_messages=new_messages,
        submissions=submissions,
        overflows=bool(overflows),
        logged=tuple(_logged(*item) for item in logged),
    )


def _logged(sequence: int, known: bytes | None = None) -> Logged:
    return Logged(sequence, None if known is None else records.read_message(sequence, known))
