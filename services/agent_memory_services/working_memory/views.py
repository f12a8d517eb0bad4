"""The view that a caller sets: which of its messages are there already, and which are new."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.working_memory.changes import Incoming, Logged
from agent_memory_services.working_memory.digests import message_digest
from agent_memory_services.working_memory.intake import Naming, receive
from agent_memory_services.working_memory.matching import Statement, match
from agent_memory_services.working_memory.session import Entry, Shown


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A view to be written: messages that stay, and messages to come."""

    positions: Sequence[Shown | Incoming]

    @property
    def items(self) -> list[Entry | Incoming]:
        """The positions as a write takes them."""
        return [item.entry if isinstance(item, Shown) else item for item in self.positions]

    def shown(self, logged: Sequence[Logged]) -> tuple[Shown, ...]:
        """The view after the write, which told where the log has what came."""
        found = iter(logged)
        return tuple(
            item if isinstance(item, Shown) else _shown(item, next(found))
            for item in self.positions
        )


async def plan_view(view: Sequence[Shown], given: Sequence[Message], naming: Naming) -> PlannedView:
    """Find the given messages in the view, and make the others ready for the log."""
    found = match(
        [Statement(item.message.id, item.entry.digest) for item in view],
        [Statement(message.id, message_digest(message)) for message in given],
    )
    new = [(index, given[index]) for index, at in enumerate(found) if at is None]
    incoming = iter(await receive(new, naming))
    return PlannedView([next(incoming) if at is None else view[at] for at in found])


def _shown(item: Incoming, logged: Logged) -> Shown:
    entry = Entry(logged.sequence, item.tokens, item.digest, item.answer)
    if logged.known is not None:
        return Shown(entry, logged.known)
    message = Message()
    message.CopyFrom(item.message)
    message.sequence = logged.sequence
    return Shown(entry, message)
