"""Reading a session's log in stretches."""

from dataclasses import dataclass

from agent_memory.common.v1.message_pb2 import Message


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a log to read, and in which order.

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
    """A stretch of a session's log.

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

    def within(self, stretch: Stretch) -> list[Message]:
        """The messages that the stretch asks for."""
        return [message for message in self.messages if message.sequence > stretch.after]

    def next_start(self, stretch: Stretch) -> int | None:
        """Where to go on; None where nothing is left."""
        if not self.messages:
            return None
        following = self.messages[-1].sequence + stretch.step
        return following if stretch.after < following <= self.last_sequence else None
