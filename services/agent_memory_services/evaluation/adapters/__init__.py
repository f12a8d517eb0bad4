"""Data sets as they are published. Each adapter reads a file and answers its conversations."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from agent_memory_services.evaluation.adapters import chats, locomo, longmemeval, written
from agent_memory_services.evaluation.corpus import Conversation

Adapter = Callable[[Path], Sequence[Conversation]]
"""Reads a file.

Raises:
    UnreadableCorpusError: the file holds something else.
    OSError: the file cannot be read.
"""


class Dataset(StrEnum):
    """The data sets that can be read."""

    CHATS = "chats"
    LOCOMO = "locomo"
    LONGMEMEVAL = "longmemeval"
    WRITTEN = "written"


ADAPTERS: Final[Mapping[Dataset, Adapter]] = {
    Dataset.CHATS: chats.read,
    Dataset.LOCOMO: locomo.read,
    Dataset.LONGMEMEVAL: longmemeval.read,
    Dataset.WRITTEN: written.read,
}
