"""Rebuilding of an expired session from long-term memory."""

from collections.abc import Sequence
from typing import Final, Protocol

from agent_memory.common.v1.filter_pb2 import MemoryFilter, TagFilter, TypeFilter
from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.working_memory.domain import drafts, windows
from agent_memory_services.working_memory.domain.session import (
    NO_VERSION,
    Entry,
    Session,
    SessionKey,
    Shown,
    State,
)

_MOST_MESSAGES: Final = 1_000


class MemoryLister(Protocol):
    """Interface of listing memories for the present caller."""

    async def latest(self, conditions: MemoryFilter, count: int) -> Sequence[Memory]:
        """Return the latest memories that fulfil the conditions; a fault is raised."""
        ...


class Reconstruction:
    """Rebuilder of the views of expired sessions."""

    def __init__(self, memories: MemoryLister) -> None:
        """Rebuild from what `memories` lists."""
        self._memories = memories

    async def rebuild(self, key: SessionKey, user: str) -> Session | None:
        """Rebuild a user's session from its last messages, at most 1,000; None if none is known.

        Anybody's counts where `user` is empty. Of several incarnations of a name the latest
        counts, and of it the messages of its owner or of no owner. Ids, times and positions
        are those of the messages; tool calls, state and context are gone. The session has no
        etag: it does not exist, and nothing is written.
        """
        conditions = MemoryFilter(
            namespace=TagFilter(eq=key.namespace),
            session_id=TagFilter(eq=key.session_id),
            type=TypeFilter(any=[MemoryType.MEMORY_TYPE_MESSAGE]),
        )
        if user:
            conditions.user_id.any.extend([user, ""])
        found = [
            memory
            for memory in await self._memories.latest(conditions, _MOST_MESSAGES)
            if memory.sequence and memory.provenance.message_ids
        ]
        if not found:
            return None
        uid, owners = found[0].provenance.session_uid, {found[0].user_id, ""}
        by_sequence = {
            memory.sequence: memory
            for memory in found
            if memory.provenance.session_uid == uid and memory.user_id in owners
        }
        return _session(key, [by_sequence[sequence] for sequence in sorted(by_sequence)])


def _session(key: SessionKey, memories: Sequence[Memory]) -> Session:
    shown = tuple(map(_shown, memories))
    times = [to_micros(memory.create_time) for memory in memories]
    return Session(
        key=key,
        uid=memories[-1].provenance.session_uid,
        version=NO_VERSION,
        user=memories[-1].user_id,
        state=State(),
        created=min(times),
        updated=max(times),
        expires=None,
        last_sequence=memories[-1].sequence,
        view_size=len(shown),
        tokens=sum(item.entry.tokens for item in shown),
        shown=shown,
    )


def _shown(memory: Memory) -> Shown:
    message = Message(
        id=memory.provenance.message_ids[0],
        role=str(memory.metadata["role"]) if "role" in memory.metadata else "user",
        content=memory.text,
        create_time=memory.create_time,
        sequence=memory.sequence,
    )
    answer = windows.is_answer(message)
    entry = Entry(
        memory.sequence, windows.count_message(message), drafts.message_digest(message), answer
    )
    return Shown(entry, message)
