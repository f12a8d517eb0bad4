"""Extraction from golden messages, by the local extractor or by a running system."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Final

import grpc

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType, TimePrecision
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.extraction.v1.service_pb2 import ExtractMemoriesRequest
from agent_memory.extraction.v1.service_pb2_grpc import ExtractionServiceStub
from agent_memory_services.evaluation.golden import Golden
from agent_memory_services.extraction.domain.facts import (
    Candidate,
    Conversation,
    EventTime,
    Kind,
    Precision,
    Turn,
)
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor

Found = tuple[Golden, Sequence[Candidate]]
"""A message, and what was taken from it."""
_SECONDS: Final = 120.0


def found_locally(messages: Iterable[Golden]) -> Iterator[Found]:
    """Extract from the messages with the local extractor, in this process."""
    extractor = LocalExtractor()
    for golden in messages:
        turns = [
            Turn(str(number), turn.role, turn.text, golden.said, turn.name, turn.recalled)
            for number, turn in enumerate(golden.turns)
        ]
        yield golden, extractor.find(Conversation(turns, time_zone=golden.zone))


async def found_by(
    channel: grpc.aio.Channel, token: str | None, messages: Iterable[Golden]
) -> list[Found]:
    """Extract from the messages with a running system, in previews that store nothing.

    Raises:
        grpc.aio.AioRpcError: it refused one, or is away.
    """
    stub = ExtractionServiceStub(channel)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    found: list[Found] = []
    for golden in messages:
        request = ExtractMemoriesRequest(
            messages=_messages(golden), time_zone=str(golden.zone or "UTC")
        )
        answer = await stub.ExtractMemories(request, metadata=metadata, timeout=_SECONDS)
        found.append((golden, [_candidate(each.memory, golden) for each in answer.candidates]))
    return found


def _messages(golden: Golden) -> Iterator[Message]:
    for number, turn in enumerate(golden.turns):
        message = Message(
            id=str(number),
            role=turn.role,
            content=turn.text,
            name=turn.name,
            recalled=turn.recalled,
        )
        message.create_time.FromDatetime(golden.said)
        yield message


def _candidate(memory: Memory, golden: Golden) -> Candidate:
    zone, event = golden.zone or UTC, memory.event_time
    ended = memory.expire_time if memory.HasField("expire_time") else memory.validity.invalid_from
    episodic = memory.type == MemoryType.MEMORY_TYPE_EPISODIC
    return Candidate(
        text=memory.text,
        kind=Kind.EPISODIC if episodic else Kind.SEMANTIC,
        message_ids=tuple(memory.provenance.message_ids),
        entities=tuple(memory.entities),
        event_time=EventTime(
            event.start.ToDatetime(tzinfo=UTC).astimezone(zone), _precision(memory)
        )
        if memory.HasField("event_time")
        else None,
        expire_time=ended.ToDatetime(tzinfo=UTC).astimezone(zone) if ended.ListFields() else None,
        standing=memory.standing,
        slot=memory.slot,
    )


def _precision(memory: Memory) -> Precision:
    name = TimePrecision.Name(memory.event_time.precision).removeprefix("TIME_PRECISION_")
    return Precision[name]
