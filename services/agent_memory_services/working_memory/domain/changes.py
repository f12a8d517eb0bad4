"""Changes of a session: the request to the store, and its result."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.backoff import Backoff
from agent_memory_services.kit.contract.errors import Overloaded
from agent_memory_services.working_memory.domain.scope import ANYBODY, Actor
from agent_memory_services.working_memory.domain.session import Entry, State, etag_of


class StaleSessionError(Exception):
    """The session changed since the change was planned; plan it again."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message with an id, ready for the log.

    Attributes:
        message: the message, without a sequence.
        digest: fingerprint of its content.
        tokens: what a model reads in it.
        answer: it answers a tool call.
    """

    message: Message
    digest: bytes
    tokens: int
    answer: bool


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
    raise Overloaded(retry_after=_BACKOFF.longest)
