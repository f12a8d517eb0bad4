"""Sessions: who reaches them, their state, their view, slices of their log, and changes of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Self, TypeVar

from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig
from agent_memory_services.kit.auth.scope import require_user
from agent_memory_services.kit.contract import clock, context, errors
from agent_memory_services.kit.contract.backoff import Backoff


@dataclass(frozen=True, slots=True)
class Actor:
    """Caller of a request: the user that it names, within the limits of its credential.

    A session is within a credential that is bound to users when one of them owns it. One without
    an owner is not, and naming a user does not make it so.

    Attributes:
        user: the owner that the call names, or the only one that it could name; else empty.
        users: the owners whose sessions it reaches; None for all.
        namespaces: the namespaces that it reaches; None for all.
    """

    user: str = ""
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None

    @classmethod
    def of(cls, principal: context.Principal, user: str) -> Self:
        """Return the actor of a call that names `user`, or no user.

        Raises:
            AccessDenied: the credential does not allow to act for this user.
        """
        users = principal.users
        if user:
            require_user(principal, user)
        if not user and users is not None and len(users) == 1:
            (user,) = users
        return cls(user, users, principal.namespaces)

    def sees(self, owner: str) -> bool:
        """Return true if a session of this owner is visible to the actor; empty means no owner."""
        if self.users is not None and owner not in self.users:
            return False
        return not self.user or not owner or owner == self.user

    def check_memory(self, namespace: str, user: str) -> None:
        """Refuse to place a memory where the credential does not reach.

        Raises:
            AccessDenied: it does not.
        """
        if self.users is not None and user not in self.users:
            raise errors.AccessDenied("a credential for the memory's user")
        if self.namespaces is not None and namespace not in self.namespaces:
            raise errors.AccessDenied("a credential for the memory's namespace")


def reachable(asked: str | None, allowed: frozenset[str] | None, what: str) -> list[str | None]:
    """Return the names that a listing covers: the requested one, or all within reach.

    A None in the answer stands for all there are.

    Raises:
        AccessDenied: the credential does not reach the one asked for, a `what`.
    """
    if asked is None:
        return [None] if allowed is None else list[str | None](sorted(allowed))
    if allowed is not None and asked not in allowed:
        raise errors.AccessDenied(f"a credential for the {what}")
    return [asked]


ANYBODY: Final = Actor()
"""Caller that names no user, with a credential that is bound to none."""


NO_VERSION: Final = 0
"""The version of a session that does not exist."""


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Name of a session. The user is its owner, not part of its name."""

    tenant: str
    namespace: str
    session_id: str


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """Slice of the log, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class State:
    """Caller-defined state of a session besides its messages and memories.

    Attributes:
        data: the application's own state.
        context: running summary of what left the view, or the application's own words.
        context_range: the part of the log that `context` covers, where it is a summary.
        extraction: how messages become memories; None leaves it to extraction's default.
        ttl: microseconds that the session lives after its last write; None is for ever.
        time_zone: IANA zone of the user; empty is UTC.
        sliding: reads renew the time to live too.
    """

    data: Struct | None = None
    context: str = ""
    context_range: SequenceRange | None = None
    extraction: ExtractionConfig | None = None
    ttl: int | None = None
    time_zone: str = ""
    sliding: bool = False

    def with_context(self, context: str) -> Self:
        """Return the state with a caller's own context, which covers nothing unless unchanged."""
        if context == self.context:
            return self
        return replace(self, context=context, context_range=None)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Time to live of the sessions of a namespace that say none.

    Attributes:
        micros: microseconds after the last write.
        sliding: reads renew it too.
    """

    micros: int
    sliding: bool


class Lifetimes:
    """Times to live by namespace; "*" stands for all that are not named."""

    def __init__(self, by_namespace: Mapping[str, Lifetime]) -> None:
        self._by_namespace = by_namespace

    def of(self, namespace: str) -> Lifetime | None:
        """Return that of a namespace; None where its sessions live for ever."""
        return self._by_namespace.get(namespace) or self._by_namespace.get(ANY_NAMESPACE)

    def given(self, namespace: str, state: State) -> State:
        """Return a state with the time to live that holds where it says none."""
        if state.ttl is not None or (lifetime := self.of(namespace)) is None:
            return state
        return replace(state, ttl=lifetime.micros, sliding=lifetime.sliding)


ANY_NAMESPACE: Final = "*"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message's place in the view.

    Attributes:
        sequence: its position in the log.
        tokens: what a model reads in it.
        digest: fingerprint of its content; see `drafts.py`.
        answer: it answers a tool call, so a cut right before it would split the exchange.
    """

    sequence: int
    tokens: int
    digest: bytes
    answer: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that is in view."""

    entry: Entry
    message: Message


@dataclass(frozen=True, slots=True)
class Fork:
    """Origin of a session that was forked.

    Attributes:
        session_id: the other session, of the same namespace.
        uid: its incarnation.
        last: position of the last message that is copied.
        complete: all of it is copied.
    """

    session_id: str
    uid: str
    last: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A session that exists, as it was at one moment.

    Attributes:
        key: its identity.
        uid: names this incarnation.
        version: grows with every write, and from one incarnation to the next.
        user: its owner; empty while it has none.
        state: what callers set.
        created: microseconds since the epoch, as are `updated` and `expires`.
        updated: when it was last written.
        expires: when it will be gone; None is never.
        last_sequence: position of the last message in the log; 0 for an empty log.
        view_size: number of messages in view.
        tokens: tokens of the messages in view.
        shown: messages in view, oldest first; the latest of them where the read was limited.
            What the store has is parsed when somebody looks at it.
        memories: memories placed in it, oldest first.
        window: tokens of the window that its writers named; None where none did.
        fork: where it was forked from; None where it was not.
    """

    key: SessionKey
    uid: str
    version: int
    user: str
    state: State
    created: int
    updated: int
    expires: int | None
    last_sequence: int
    view_size: int
    tokens: int
    shown: Sequence[Shown] = ()
    memories: tuple[Memory, ...] = ()
    window: int | None = None
    fork: Fork | None = None

    @property
    def etag(self) -> str:
        """The version as a caller sees it."""
        return etag_of(self.version)


def etag_of(version: int) -> str:
    """Return the etag of a version: quoted, as HTTP has it; empty where there is no session."""
    return f'"{version}"' if version else ""


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Part of a log to read, and the order to read it in.

    Attributes:
        start: the first position; None is the end that the order begins at.
        count: how many messages, at most.
        after: only positions greater than this.
        descending: newest first.
        most_bytes: bytes of messages after which the slice ends, each as it was said; None reads
            messages as they are shown, however many bytes they take.
    """

    start: int | None
    count: int
    after: int = 0
    descending: bool = False
    most_bytes: int | None = None

    @property
    def step(self) -> int:
        """From one position to the next."""
        return -1 if self.descending else 1


@dataclass(frozen=True, slots=True)
class LogPage:
    """Page of a session's log.

    Attributes:
        uid: the incarnation whose log it is.
        user: the session's owner.
        last_sequence: position of the last message in the log.
        messages: the messages, in the order asked for.
    """

    uid: str
    user: str
    last_sequence: int
    messages: tuple[Message, ...]

    def within(self, log_slice: LogSlice) -> list[Message]:
        """Return the messages of the slice."""
        return [message for message in self.messages if message.sequence > log_slice.after]

    def next_start(self, log_slice: LogSlice) -> int | None:
        """Return the sequence number to continue at; None at the end."""
        if not self.messages:
            return None
        following = self.messages[-1].sequence + log_slice.step
        return following if log_slice.after < following <= self.last_sequence else None


class DataPolicy(Enum):
    """Treatment of fields that both sides have.

    Attributes:
        REPLACE: the new data takes the place of the old.
        MERGE: top-level fields of the new data take the place of their namesakes.
        DEEP_MERGE: objects are merged at every depth; lists and values are replaced.
    """

    REPLACE = auto()
    MERGE = auto()
    DEEP_MERGE = auto()


def combine(old: Struct | None, new: Struct, policy: DataPolicy) -> Struct:
    """Return the merged data; neither argument is changed."""
    result = Struct()
    if old is not None and policy is not DataPolicy.REPLACE:
        result.CopyFrom(old)
    if policy is DataPolicy.DEEP_MERGE:
        _merge(result, new)
    else:
        for name, value in new.fields.items():
            result.fields[name].CopyFrom(value)
    return result


def _merge(target: Struct, source: Struct) -> None:
    for name, value in source.fields.items():
        # Reading a field that is absent would create it.
        both = name in target.fields and value.HasField("struct_value")
        if both and target.fields[name].HasField("struct_value"):
            _merge(target.fields[name].struct_value, value.struct_value)
        else:
            target.fields[name].CopyFrom(value)


def check_time_zone(name: str, field: str) -> None:
    """Refuse a name in which no date could be resolved later.

    Raises:
        InvalidField: it is neither empty nor an IANA zone.
    """
    if clock.zone_of(name) is None:
        raise errors.InvalidField(field, "must be an IANA time zone, such as Europe/Berlin")


class StaleSessionError(Exception):
    """The session changed since the change was planned; plan it again."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message with an id, ready for the log.

    Attributes:
        message: the message as it is shown, without a sequence.
        digest: fingerprint of its content.
        tokens: what a model reads in it.
        answer: it answers a tool call.
        whole: the message as it was said, where it is too long to be shown so; else None.
    """

    message: Message
    digest: bytes
    tokens: int
    answer: bool
    whole: Message | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one write does, all or nothing; creates the session where there is none.

    Attributes:
        expected: the version that the change was planned on, `NO_VERSION` for no session; None
            where any will do.
        etag: the etag that the caller expects; empty for any.
        actor: who makes the change; the owner that it names becomes the session's.
        state: what the session's state becomes; None leaves it.
        replaces_view: the messages become the view, and an id may come with new content, which
            joins the log beside the old. Else they extend the view, and an id that says something
            else in the log refuses the change.
        messages: messages, and places of messages that are in view already.
        replaces_memories: the memories become the session's. Else they join them.
        memories: memories with ids. Each is handed to extraction once per id and content.
        window: tokens of the window that the messages are meant for; None leaves what was named
            before.
        fork: the messages and memories are copied from there, and handed over by nobody; None
            where they are the session's own.
    """

    expected: int | None = None
    etag: str = ""
    actor: Actor = ANYBODY
    state: State | None = None
    replaces_view: bool = False
    messages: Sequence[Entry | Incoming] = ()
    replaces_memories: bool = False
    memories: Sequence[Memory] = ()
    window: int | None = None
    fork: Fork | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A message of a change as the log has it now.

    Attributes:
        sequence: its position in the log.
        known: what was in the log before; None where the message is new.
    """

    sequence: int
    known: Message | None


@dataclass(frozen=True, slots=True)
class Written:
    """The session after a write.

    Attributes:
        uid: names this incarnation.
        version: its version now.
        is_new: this write created it.
        user: its owner.
        created: microseconds since the epoch, as are `updated` and `expires`.
        updated: when it was last written.
        expires: when it will be gone; None is never.
        last_sequence: position of the last message in the log.
        tokens: tokens of the messages in view.
        view_size: number of messages in view.
        new_messages: how many messages were new to the log.
        submissions: how many entries joined the outbox.
        overflows: it made the view too long, and the session waits for a summary now.
        logged: per incoming message of the change, in order, where the log has it.
    """

    uid: str
    version: int
    is_new: bool
    user: str
    created: int
    updated: int
    expires: int | None
    last_sequence: int
    tokens: int
    view_size: int
    new_messages: int
    submissions: int
    overflows: bool
    logged: tuple[Logged, ...]

    @property
    def etag(self) -> str:
        """The version as a caller sees it."""
        return etag_of(self.version)


_T = TypeVar("_T")

_ATTEMPTS: Final = 24
_BACKOFF: Final = Backoff(first=0.001, longest=0.05, certain=0.0)


async def retry_on_conflict(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Plan and write until no other writer came between; in every round one of them succeeds.

    Raises:
        Overloaded: too many others came between.
    """
    for failures in range(_ATTEMPTS):
        try:
            return await attempt()
        except StaleSessionError:
            await asyncio.sleep(_BACKOFF.wait(failures))
    raise errors.Overloaded(retry_after=_BACKOFF.longest)
