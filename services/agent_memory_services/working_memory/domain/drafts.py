"""Drafts of a caller's messages and memories for the log: ids, times, fingerprints, tokens."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract import clock, errors, ids
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.shared.content import completed, shortened
from agent_memory_services.working_memory.domain.session import (
    Actor,
    Incoming,
    Session,
    SessionKey,
    check_time_zone,
)
from agent_memory_services.working_memory.domain.windows import count_message, is_answer

DIGEST_BYTES: Final = 16


def message_digest(message: Message) -> bytes:
    """Fingerprint of who says what; id, time and position are not part of it.

    A message that is too long to be shown has that of what is shown of it, under which readers
    give it back. The message is complete.
    """
    message = shortened(message)
    if message.parts or message.original:
        return _digest_of_whole(message)
    calls = (part for call in message.tool_calls for part in (call.id, call.name, call.arguments))
    return _digest_of(
        (message.role, message.name, message.content, message.tool_call_id, *calls),
    )


_UNSAID: Final = ("id", "create_time", "recalled", "sequence", "whole_bytes", "skip_extraction")


def _digest_of_whole(message: Message) -> bytes:
    content = copied(message)
    for name in _UNSAID:
        content.ClearField(name)
    return hashlib.blake2b(
        content.SerializeToString(deterministic=True), digest_size=DIGEST_BYTES, person=b"parts"
    ).digest()


def memory_digest(memory: Memory) -> bytes:
    """Fingerprint of everything in a memory but its id.

    Whatever differs makes another memory to be stored.
    """
    content = copied(memory)
    content.ClearField("id")
    return hashlib.blake2b(
        content.SerializeToString(deterministic=True), digest_size=DIGEST_BYTES
    ).digest()


def _digest_of(parts: Iterable[str]) -> bytes:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.digest()


_BREATH_BYTES: Final = 65_536
"""Text that is measured at once before other calls run."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Naming of messages and memories that arrive without an id.

    With a request id the names depend on it and on the position, so that a call that is repeated
    names the same things again.
    """

    key: SessionKey
    request_id: str

    def name(self, kind: str, index: int) -> str:
        """Return the id of the thing at this position of the request."""
        if not self.request_id:
            return ids.new_id()
        key = self.key
        session = (key.tenant, key.namespace, key.session_id)
        return ids.derived_id(kind, *session, self.request_id, str(index))


async def receive(numbered: Iterable[tuple[int, Message]], naming: Naming) -> list[Incoming]:
    """Give complete messages an id and a time, and return them with their measures, in order.

    The messages are changed. Other calls get their turn in between, however much text there is.

    Args:
        numbered: messages with their positions in the request.
        naming: names what has no id.
    """
    now = clock.to_timestamp(clock.now_micros())
    received = []
    measured = 0
    for index, message in numbered:
        if not message.id:
            message.id = naming.name("message", index)
        if not message.HasField("create_time"):
            message.create_time.CopyFrom(now)
        shown = shortened(message)
        received.append(
            Incoming(
                shown,
                message_digest(shown),
                count_message(shown),
                is_answer(shown),
                whole=None if shown is message else message,
            )
        )
        measured += message.ByteSize()
        if measured > _BREATH_BYTES:
            measured = 0
            await asyncio.sleep(0)
    return received


def receive_memories(
    memories: Sequence[Memory], naming: Naming, session: Session | None, actor: Actor, field: str
) -> list[Memory]:
    """Return the memories with an id and the session's scope, each once.

    A memory without an id that says what one in the session says is that memory.

    Args:
        memories: what the caller gave.
        naming: names what has no id.
        session: the session as it is; None where it is new.
        actor: who makes the call.
        field: where the memories stand in the request.

    Raises:
        InvalidField: a memory has no text or an unknown time zone, or an id comes twice with
            different content.
        AccessDenied: a memory belongs to a user whom the actor does not reach.
    """
    owner = actor.user or (session.user if session else "")
    names = {memory_digest(memory): memory.id for memory in session.memories} if session else {}
    by_id: dict[str, Memory] = {}
    for index, given in enumerate(memories):
        if not given.text:
            raise errors.InvalidField(f"{field}[{index}].text", "must not be empty")
        check_time_zone(given.event_time.time_zone, f"{field}[{index}].event_time.time_zone")
        memory = _in_scope(given, naming.key, owner)
        actor.check_memory(memory.namespace, memory.user_id)
        digest = memory_digest(memory)
        memory.id = given.id or names.get(digest) or naming.name("memory", index)
        names.setdefault(digest, memory.id)
        if by_id.setdefault(memory.id, memory) != memory:
            raise errors.InvalidField(
                f"{field}[{index}].id", "is given twice with different content"
            )
    return list(by_id.values())


def _in_scope(given: Memory, key: SessionKey, owner: str) -> Memory:
    memory = copied(given)
    memory.namespace = given.namespace or key.namespace
    memory.session_id = given.session_id or key.session_id
    memory.user_id = given.user_id or owner
    return memory


def complete(messages: Sequence[Message], field: str) -> list[Message]:
    """Return the messages of a caller, each with its text.

    Raises:
        InvalidField: the parts of a message say too much.
    """
    return [completed(message, f"{field}[{index}]") for index, message in enumerate(messages)]


def distinct(messages: Sequence[Message], field: str) -> list[Message]:
    """Return the messages of a caller, complete, each id once.

    Raises:
        InvalidField: an id comes twice with different content, or the parts of a message say too
            much.
    """
    return list(_distinct(complete(messages, field), field))


def _distinct(messages: Sequence[Message], field: str) -> Iterator[Message]:
    digests: dict[str, bytes] = {}
    for index, message in enumerate(messages):
        if not message.id:
            yield message
        elif message.id not in digests:
            digests[message.id] = message_digest(message)
            yield message
        elif digests[message.id] != message_digest(message):
            raise errors.InvalidField(
                f"{field}[{index}].id", "is given twice with different content"
            )
