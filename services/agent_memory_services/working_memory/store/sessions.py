"""Sessions in Redis: one script per write, one round trip per read."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.typing import EncodableT

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.errors import (
    AccessDenied,
    EtagMismatch,
    IdAlreadyExists,
    OwnerMismatch,
)
from agent_memory_services.kit.contract.ids import new_id
from agent_memory_services.kit.observe.tracing.spans import kept_context
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.kit.redis.partitions import claim_partitions
from agent_memory_services.kit.redis.scripts import Script
from agent_memory_services.working_memory.domain.drafts import memory_digest
from agent_memory_services.working_memory.domain.scope import Actor
from agent_memory_services.working_memory.domain.session import (
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
from agent_memory_services.working_memory.domain.windows import Limits, Trigger
from agent_memory_services.working_memory.store import records
from agent_memory_services.working_memory.store.keys import (
    PARTITIONS_KEY,
    SESSION_PARTS,
    SessionAddress,
)

_PACKAGE: Final = "agent_memory_services.working_memory.store"
_READ: Final = Script(_PACKAGE, "lua/session/prelude", "lua/session/read")
_LOG: Final = Script(_PACKAGE, "lua/session/prelude", "lua/session/log")
_SHARED: Final = (
    "lua/session/prelude",
    "lua/session/changes",
    "lua/session/expiry",
    "lua/session/summaries",
)
_WRITE: Final = Script(_PACKAGE, *_SHARED, "lua/session/wire", "lua/session/write")
_DELETE: Final = Script(_PACKAGE, *_SHARED, "lua/session/delete")

_PARTITIONS_SETTING: Final = "AGENT_MEMORY_WORKING_MEMORY_PARTITIONS"

ALL: Final = Limits()
"""A read of the whole view."""


class SessionStore:
    """The sessions of one Redis."""

    def __init__(self, client: Redis, partitions: int, trigger: Trigger | None = None) -> None:
        """Use `partitions` partitions; `open` checks that the store agrees.

        A write that leaves a view beyond the trigger puts the session down for a summary; without
        one none ever is.
        """
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
            PARTITIONS_KEY,
            self._partitions,
            setting=_PARTITIONS_SETTING,
        )

    def partition_of(self, key: SessionKey) -> int:
        """Return the partition that a session lives in."""
        return SessionAddress.of(key, self._partitions).partition

    async def read(
        self, key: SessionKey, limits: Limits = ALL, *, with_memories: bool = True
    ) -> Session | None:
        """Return a session with the latest messages of its view; None where there is none.

        With limits, a few messages more than they allow may come: where to cut is not the
        store's business. The messages are then a tail of the view that is long enough to cut.

        Raises:
            Overloaded: the view is long, and was written again and again while it was read.
        """
        return await retry_on_conflict(lambda: self._read(key, limits, with_memories=with_memories))

    async def _read(
        self, key: SessionKey, limits: Limits, *, with_memories: bool
    ) -> Session | None:
        keys = SessionAddress.of(key, self._partitions).keys("meta", "log", "view", "memories")
        wanted = [_or_empty(limits.messages), _or_empty(limits.tokens)]
        found = await _READ(self._client, keys, [*wanted, int(with_memories), 0, 0, ""])
        if found is None:
            return None
        tokens, fields, view_size, places, messages, memories = found
        meta = dict(zip(fields[::2], fields[1::2], strict=True))
        while tokens >= 0:
            part = [*wanted, 0, len(places), tokens, meta[b"version"]]
            tokens, *found = await _READ(self._client, keys, part)
            if tokens == b"stale":
                raise StaleSessionError
            _, _, more_places, more_messages, _ = found
            places += more_places
            messages += more_messages
        shown = records.read_shown(places, messages)
        return records.read_session(key, meta, view_size, shown, memories)

    async def read_log(self, key: SessionKey, stretch: LogSlice) -> LogPage | None:
        """Return a slice of the log; None where there is no session."""
        found = await _LOG(
            self._client,
            SessionAddress.of(key, self._partitions).keys("meta", "log"),
            [_or_empty(stretch.start), stretch.count, stretch.step],
        )
        if found is None:
            return None
        uid, user, last_sequence, messages = found
        return LogPage(
            uid.decode(), user.decode(), last_sequence, tuple(map(Message.FromString, messages))
        )

    async def write(self, key: SessionKey, change: Change) -> Written:
        """Make a change, all or nothing.

        Raises:
            StaleSessionError: the session has another version than expected.
            OwnerMismatch: it belongs to another user.
            AccessDenied: it would have no owner, and the actor is bound to users.
            EtagMismatch: it has another etag.
            IdAlreadyExists: the log has the message's id with other content.
        """
        address = SessionAddress.of(key, self._partitions)
        answer = await _WRITE(
            self._client,
            address.keys(*SESSION_PARTS),
            [*_write_args(key, address, change), *trigger_args(self._trigger)],
        )
        return _written(_accepted(answer))

    async def delete(self, key: SessionKey, actor: Actor, *, etag: str) -> bool:
        """Delete a session; False where there was none.

        Raises:
            OwnerMismatch: it belongs to another user.
            EtagMismatch: it has another etag.
        """
        address = SessionAddress.of(key, self._partitions)
        args = [*address.spelled, *_actor_args(actor), etag]
        answer = await _DELETE(self._client, address.keys(*SESSION_PARTS), args)
        return answer != [b"absent"] and _accepted(answer) == []


def _write_args(key: SessionKey, address: SessionAddress, change: Change) -> Iterator[EncodableT]:
    """Yield the arguments of `lua/write.lua`, in the order in which it takes them."""
    yield from address.spelled
    yield from (key.tenant, key.namespace, key.session_id)
    yield from (_or_empty(change.expected), change.etag)
    yield from _actor_args(change.actor)
    yield from (encode(change.actor.user), new_id(), kept_context())
    yield from _counted([] if change.state is None else list(records.write_state(change.state)))
    yield from (int(change.replaces_view), int(not change.replaces_view))
    yield from _counted([_message_args(message) for message in change.messages])
    yield int(change.replaces_memories)
    yield from _counted([(m.id, memory_digest(m), m.SerializeToString()) for m in change.memories])
    yield _or_empty(change.window)


def trigger_args(trigger: Trigger | None) -> tuple[EncodableT, ...]:
    """Return a trigger as `lua/summaries.lua` takes it."""
    return ("", "") if trigger is None else (trigger.share, trigger.window)


def _actor_args(actor: Actor) -> tuple[EncodableT, ...]:
    users = sorted(actor.users or ())
    return actor.user, int(actor.users is not None), len(users), *users


def _counted(groups: Sequence[Sequence[EncodableT]]) -> Iterator[EncodableT]:
    yield len(groups)
    for group in groups:
        yield from group


def _message_args(item: Entry | Incoming) -> tuple[EncodableT, ...]:
    if isinstance(item, Entry):
        return "kept", records.write_place(item)
    message = item.message
    flag = records.flag_of(answer=item.answer)
    return "given", message.id, item.digest, flag, item.tokens, message.SerializeToString()


def _accepted(answer: Sequence[Any]) -> Sequence[Any]:
    """Return the values after a script's `ok`; a refusal is raised."""
    verdict, *rest = answer
    match verdict:
        case b"stale":
            raise StaleSessionError
        case b"owner":
            raise OwnerMismatch("session")
        case b"unowned":
            raise AccessDenied("the name of a user that the credential allows")
        case b"etag":
            raise EtagMismatch(rest[0].decode())
        case b"taken":
            raise IdAlreadyExists(rest[0].decode())
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
    return Logged(sequence, None if known is None else Message.FromString(known))


def _or_empty(number: int | None) -> EncodableT:
    return "" if number is None else number
