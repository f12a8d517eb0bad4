"""Stores the turns of a conversation as memories of messages."""

from collections.abc import Iterator, Sequence

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory.long_term_memory.v1 import service_pb2 as rpc
from agent_memory.long_term_memory.v1.long_term_memory_pb2 import (
    CREATE_OUTCOME_CREATED,
    DEDUPLICATION_POLICY_NONE,
)
from agent_memory_services.evaluation.connection import Connection
from agent_memory_services.evaluation.corpus import Conversation, SpeakerForm, Turn

_PER_CALL = 200


class NotStoredError(Exception):
    """A turn was not stored."""


async def store(
    connection: Connection, conversation: Conversation, namespace: str, form: SpeakerForm
) -> dict[str, str]:
    """Store every turn as said by the conversation's own user; answers turn ids by memory id.

    Raises:
        NotStoredError: the service refused a turn.
    """
    turns_by_memory: dict[str, str] = {}
    memories = list(_memories(conversation, namespace, form))
    for start in range(0, len(memories), _PER_CALL):
        batch = memories[start : start + _PER_CALL]
        request = rpc.CreateMemoriesRequest(memories=batch, deduplication=DEDUPLICATION_POLICY_NONE)
        response = await connection.create(request)
        for turn, result in zip(conversation.turns[start:], response.results, strict=False):
            if result.outcome != CREATE_OUTCOME_CREATED:
                raise NotStoredError(f"turn {turn.id}: {result.error.message}")
            turns_by_memory[result.memory_id] = turn.id
    return turns_by_memory


async def remove(connection: Connection, memory_ids: Sequence[str]) -> None:
    """Delete what was stored."""
    for start in range(0, len(memory_ids), _PER_CALL):
        request = rpc.DeleteMemoriesRequest(memory_ids=memory_ids[start : start + _PER_CALL])
        await connection.delete(request)


def _memories(conversation: Conversation, namespace: str, form: SpeakerForm) -> Iterator[Memory]:
    before: Turn | None = None
    for number, turn in enumerate(conversation.turns, 1):
        memory = Memory(
            text=_labelled(turn) if form == SpeakerForm.LABEL else turn.text,
            type=MemoryType.MEMORY_TYPE_MESSAGE,
            namespace=namespace,
            user_id=conversation.id,
            session_id=turn.session_id,
            sequence=number,
        )
        if form == SpeakerForm.ENTITY:
            memory.entities.append(turn.speaker)
        if before is not None and before.session_id == turn.session_id:
            memory.context = _labelled(before)
        memory.create_time.FromDatetime(turn.said)
        memory.event_time.start.FromDatetime(turn.said)
        yield memory
        before = turn


def _labelled(turn: Turn) -> str:
    return f"{turn.speaker}: {turn.text}"
