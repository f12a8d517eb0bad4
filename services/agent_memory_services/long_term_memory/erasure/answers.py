"""Whose words an answer with memories repeats."""

from collections.abc import Iterable

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.runtime.remembered_answers import concerns


def concerns_owners_of(memories: Iterable[Memory]) -> None:
    """Say that the answer of the present call repeats memories, for when they are erased."""
    for memory in memories:
        concerns(memory.user_id or memory.provenance.session_uid)
