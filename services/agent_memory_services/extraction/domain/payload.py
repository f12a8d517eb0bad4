"""Content of a job as the store keeps it; parts of it may be unreadable.

A build before this one may have taken in what no build can work with, and bytes may be damaged.
Neither keeps a job from the rest of its messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.extraction_pb2 import SkippedItem
from agent_memory_services.kit.contract.errors import InvalidField, InvalidFields
from agent_memory_services.kit.contract.rules import ValueRules
from agent_memory_services.kit.contract.status import status_of

_RULES: Final = ValueRules()


@dataclass(frozen=True, slots=True)
class Payload:
    """Content of a job.

    Attributes:
        messages: Its messages, in order of sequence.
        before: The messages before them, likewise.
        memories: Memories to store as they are.
        skipped: Unreadable messages and memories, each with the reason.
    """

    messages: Sequence[Message]
    before: Sequence[Message]
    memories: Sequence[Memory]
    skipped: Sequence[SkippedItem]


def read_payload(
    messages: Mapping[bytes, bytes], before: Sequence[bytes], memories: Mapping[bytes, bytes]
) -> Payload:
    """Read what can be read.

    Args:
        messages: Sequences by message.
        before: The messages before them.
        memories: Memories by their ids.
    """
    skipped: list[SkippedItem] = []
    sound_messages: list[Message] = []
    for data, sequence in messages.items():
        message = Message()
        if (broken := _read(message, data)) is None:
            sound_messages.append(message)
        else:
            item = SkippedItem(message_id=message.id, sequence=int(float(sequence)))
            skipped.append(_explained(item, broken))
    sound_memories: list[Memory] = []
    for memory_id, data in memories.items():
        memory = Memory()
        if (broken := _read(memory, data)) is None:
            sound_memories.append(memory)
        else:
            item = SkippedItem(memory_id=memory_id.decode(errors="replace"))
            skipped.append(_explained(item, broken))
    shown = [message for data in before if _read(message := Message(), data) is None]
    return Payload(sound_messages, shown, sound_memories, skipped)


def _read(message: Proto, data: bytes) -> InvalidFields | None:
    """Read into a message; returns why it cannot be worked with, where it cannot."""
    try:
        message.ParseFromString(data)
    except DecodeError:
        message.Clear()
        return InvalidField("", f"the stored bytes are not a {message.DESCRIPTOR.name}")
    broken = _RULES.violations(message)
    return InvalidFields(broken) if broken else None


def _explained(item: SkippedItem, broken: InvalidFields) -> SkippedItem:
    item.error.CopyFrom(status_of(broken))
    return item
