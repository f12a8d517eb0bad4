"""Fingerprints of content: what makes two messages, or two memories, the same statement."""

import hashlib
from collections.abc import Iterable
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.messages import copied

DIGEST_BYTES: Final = 16


def message_digest(message: Message) -> bytes:
    """Fingerprint of who says what; id, time and position are not part of it."""
    calls = (part for call in message.tool_calls for part in (call.id, call.name, call.arguments))
    return _digest(
        (message.role, message.name, message.content, message.tool_call_id, *calls),
    )


def memory_digest(memory: Memory) -> bytes:
    """Fingerprint of everything in a memory but its id.

    Whatever differs makes another memory to be stored.
    """
    content = copied(memory)
    content.ClearField("id")
    return hashlib.blake2b(
        content.SerializeToString(deterministic=True), digest_size=DIGEST_BYTES
    ).digest()


def _digest(parts: Iterable[str]) -> bytes:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.digest()
