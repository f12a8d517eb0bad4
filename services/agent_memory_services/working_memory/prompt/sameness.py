"""Whether a prompt says already what a memory says."""

from collections.abc import Iterable
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.working_memory.session import Shown

_TELLING_WORDS: Final = 3
"""A text of fewer words may stand inside another one by chance."""


class Said:
    """Everything that a prompt says so far."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self._statements: set[str] = set()
        self._texts: list[str] = []
        self._message_ids: set[str] = set()

    def add_statements(self, memories: Iterable[Memory]) -> None:
        """Say memories."""
        self._statements.update(_plain(memory.text) for memory in memories)

    def add_text(self, text: str) -> None:
        """Say a text that may contain statements."""
        self._texts.append(_plain(text))

    def add_history(self, history: Iterable[Shown]) -> None:
        """Say messages."""
        for item in history:
            self.add_text(item.message.content)
            self._message_ids.add(item.message.id)

    def says(self, memory: Memory) -> bool:
        """Whether the memory would be a repetition."""
        text = _plain(memory.text)
        if text in self._statements or self._shows(memory):
            return True
        if len(text.split()) < _TELLING_WORDS:
            return text in self._texts
        return any(text in said for said in self._texts)

    def _shows(self, memory: Memory) -> bool:
        """Whether the memory is a message that is shown."""
        sources = memory.provenance.message_ids
        is_message = memory.type == MemoryType.MEMORY_TYPE_MESSAGE
        return is_message and bool(sources) and self._message_ids.issuperset(sources)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
