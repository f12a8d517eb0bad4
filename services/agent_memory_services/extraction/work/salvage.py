"""Processing of a job around those of its messages and memories that fail."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.extraction_pb2 import SkippedItem
from agent_memory_services.extraction.domain.facts import ConversationRefused, ExtractionFailed
from agent_memory_services.extraction.domain.failures import failure_of, says_nothing_of_messages
from agent_memory_services.extraction.domain.turns import Window
from agent_memory_services.extraction.store.leases import Lease
from agent_memory_services.extraction.store.sink import Rejection
from agent_memory_services.kit.contract.status import item_status, status_of

_MOST_NAMED: Final = 100
_MOST_UNFIT: Final = 8
"""Messages in a row that a model gives no fitting answer about, until it is not they that are to
blame: to ask about every message of every job would be dear."""
_Made = TypeVar("_Made")
_Look = Callable[[Window], Awaitable[Sequence[Memory]]]


class Salvage:
    """One attempt at a job, and what it leaves out.

    The first attempt at a job fails as a whole where looking at a window fails, since another one
    may meet no fault at all. Every further attempt looks for the message that is to blame.
    """

    def __init__(self, lease: Lease) -> None:
        """Begin with what could not even be read."""
        self._sequences = {message.id: message.sequence for message in lease.messages}
        self._searching = lease.record.job.attempt > 1
        self._skipped = list(lease.payload.skipped)
        self._blamed: list[tuple[Window, Exception]] = []
        self._looked = False

    @property
    def searching(self) -> bool:
        """True if a failure is narrowed down to the items at fault."""
        return self._searching

    @property
    def skipped(self) -> Sequence[SkippedItem]:
        """Items left out, as far as they are named."""
        return self._skipped[:_MOST_NAMED]

    @property
    def skipped_count(self) -> int:
        """Number of items left out."""
        return len(self._skipped)

    def made_of_message(self, message: Message, make: Callable[[Message], _Made]) -> _Made | None:
        """Return what `make` builds of a message; None where it fails."""
        try:
            return make(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this message
            self._skip_message(message.id, error)
            return None

    def made_of_memory(self, memory: Memory, make: Callable[[Memory], _Made]) -> _Made | None:
        """Return what `make` builds of a placed memory; None where it fails."""
        try:
            return make(memory)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this memory
            self._skipped.append(SkippedItem(memory_id=memory.id, error=item_status(error)))
            return None

    def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Leave out what long-term memory refused for good."""
        for rejection in rejections:
            item = SkippedItem(error=status_of(rejection.refusal))
            memory = rejection.memory
            # A placed memory may carry a sequence of its own, and no message.
            if memory.sequence and memory.provenance.message_ids:
                item.message_id = memory.provenance.message_ids[0]
                item.sequence = memory.sequence
            else:
                item.memory_id = memory.id
            self._skipped.append(item)

    async def looked_at(self, window: Window, look: _Look) -> list[Sequence[Memory]]:
        """Extract from a window, from ever smaller parts of it where that fails.

        Raises:
            Exception: Whatever `look` raises that says nothing of the messages, or is raised in
                the first attempt.
        """
        try:
            found = await look(window)
        except Exception as error:
            if not self._searching or says_nothing_of_messages(error):
                raise
            cause = error
        else:
            self._looked = True
            return [found]
        if parts := window.parts():
            return [found for part in parts for found in await self.looked_at(part, look)]
        self._blamed.append((window, cause))
        unfit = isinstance(cause, ExtractionFailed) and cause.reason == "bad_answer"
        if unfit and not self._looked and len(self._blamed) >= _MOST_UNFIT:
            raise cause
        return []

    def refused(self, message_ids: Sequence[str]) -> None:
        """Name the messages that a model refuses; what rules find in them is stored."""
        for message_id in message_ids:
            self._skip_message(message_id, ConversationRefused())

    def conclude(self) -> Sequence[Window]:
        """End the looking, and leave out the messages that are to blame.

        Returns:
            Windows of which a model made nothing; rules may.

        Raises:
            Exception: What looking failed with, where it failed for every message: then no single
                one is to blame.
        """
        if self._blamed and not self._looked:
            raise self._blamed[-1][1]
        for window, error in self._blamed:
            self._skip_message(window.turns[0].message_id, error)
        return [window for window, error in self._blamed if isinstance(error, ExtractionFailed)]

    def _skip_message(self, message_id: str, error: Exception) -> None:
        self._skipped.append(
            SkippedItem(
                message_id=message_id,
                sequence=self._sequences.get(message_id, 0),
                error=failure_of(error).status,
            )
        )
