"""Session, its state, its view, and slices of its log."""

from dataclasses import dataclass, replace
from typing import Final, Self

from google.protobuf.struct_pb2 import Struct

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig

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
    """

    data: Struct | None = None
    context: str = ""
    context_range: SequenceRange | None = None
    extraction: ExtractionConfig | None = None
    ttl: int | None = None
    time_zone: str = ""

    def with_context(self, context: str) -> Self:
        """Return the state with a caller's own context, which covers nothing unless unchanged."""
        if context == self.context:
            return self
        return replace(self, context=context, context_range=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message's place in the view.

    Attributes:
        sequence: its position in the log.
        tokens: what a model reads in it.
        digest: fingerprint of its content; see `digests.py`.
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
        memories: memories placed in it, oldest first.
        window: tokens of the window that its writers named; None where none did.
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
    shown: tuple[Shown, ...] = ()
    memories: tuple[Memory, ...] = ()
    window: int | None = None

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
    """

    start: int | None
    count: int
    after: int = 0
    descending: bool = False

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
