"""Conversion of candidates, messages and given memories to the memories that are created."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from agent_memory.common.v1.memory_pb2 import (
    Memory,
    MemoryType,
    Provenance,
    TimePrecision,
)
from agent_memory.common.v1.message_pb2 import Message, SessionRef
from agent_memory.common.v1.strategy_pb2 import ExtractionStrategy
from agent_memory_services.extraction.domain.facts import Candidate, Kind, Precision
from agent_memory_services.kit.contract import clock, ids
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.shared.claims import to_contract
from agent_memory_services.shared.content import told

# What the contract allows, in bytes.
_MAX_TEXT: Final = 32_768
_MAX_TAG: Final = 256
_MAX_SLOT: Final = 512
_MAX_TAGS: Final = 64
_MAX_ENDED: Final = 16
_MAX_COMPARED: Final = 100
_MAX_SOURCES: Final = 256
# Enough of the turn before, in characters, to find a message by; its end is what was answered.
_MAX_CONTEXT: Final = 2_000
_MAX_RUN: Final = 4
"""Messages of a speaker in a row, the one that is answered included, that explain the next."""
_RUN_CHARACTERS: Final = 110
"""Of what a message goes on from, its end: kept and indexed with every message, a longer one finds
no more of the evidence in conversations of any style. Of the first ten hits for LoCoMo and for the
shipped conversations in English, 83.1 and 87.0 % with 300 characters, 83.1 and 87.0 % with 150,
83.3 and 87.0 % with 110, 82.9 and 87.0 % with 80."""
SUMMARY_TOPIC: Final = "thread-summary"


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of memories; every one of them inherits it.

    Attributes:
        session: The session.
        session_uid: Its incarnation.
        user_id: Its owner.
        strategy: Kind of content that was requested.
        extractor: Who found it.
        version: In which version.
        time_zone: The user's IANA zone, in which days are meant; empty is UTC.
    """

    session: SessionRef
    session_uid: str
    user_id: str = ""
    strategy: ExtractionStrategy.ValueType = ExtractionStrategy.EXTRACTION_STRATEGY_UNSPECIFIED
    extractor: str = ""
    version: str = ""
    time_zone: str = ""


def from_candidate(
    candidate: Candidate, origin: Origin, *, said: datetime | None = None, context: str = ""
) -> Memory:
    """Return a fact as a memory; what is found again in the same messages has the same id.

    Args:
        candidate: The fact.
        origin: Where it comes from.
        said: When it was said; it is true, and as old, from then on: what is extracted late, from
            a conversation of long ago, is no news. None leaves that open.
        context: The words it was said in, by which it is found as well as they are.
    """
    memory = _owned(origin, candidate.message_ids)
    memory.id = ids.derived_id("fact", origin.session_uid, *candidate.message_ids, candidate.text)
    memory.text = candidate.text
    memory.type = _TYPES[candidate.kind]
    memory.topics.extend(_fitting(candidate.topics))
    memory.entities.extend(_fitting(candidate.entities))
    memory.standing = candidate.standing
    memory.provenance.ended_memory_ids.extend(candidate.ends[:_MAX_ENDED])
    memory.provenance.compared_memory_ids.extend(candidate.compared[:_MAX_COMPARED])
    memory.language = candidate.language
    memory.claims.extend(to_contract(candidate.claims))
    if len(candidate.slot.encode()) <= _MAX_SLOT:
        memory.slot = candidate.slot
    if candidate.event_time is not None:
        memory.event_time.start.FromDatetime(candidate.event_time.start)
        memory.event_time.precision = _PRECISIONS[candidate.event_time.precision]
        memory.event_time.time_zone = origin.time_zone
    memory.context = context[:_MAX_CONTEXT]
    if said is not None:
        since = _no_later_than_now(said)
        memory.create_time.CopyFrom(since)
        memory.validity.valid_from.CopyFrom(since)
    if candidate.expire_time is not None:
        _end(memory, candidate)
    return memory


def _end(memory: Memory, candidate: Candidate) -> None:
    """End a memory by nature: an event is over then and stays findable as past, the rest goes."""
    ended = Timestamp()
    if candidate.expire_time is not None:
        ended.FromDatetime(candidate.expire_time)
    since = memory.validity.valid_from
    if candidate.event_time is not None and ended.ToMicroseconds() > since.ToMicroseconds():
        memory.validity.invalid_from.CopyFrom(ended)
    else:
        memory.expire_time.CopyFrom(ended)


def from_message(message: Message, before: Sequence[Message], origin: Origin) -> Memory:
    """Return a message as a memory, with what it goes on from as context; see `run_before`."""
    memory = _owned(origin, [message.id])
    memory.id = ids.message_memory_id(origin.session_uid, message.id)
    memory.text = _cut(told(message))
    memory.type = MemoryType.MEMORY_TYPE_MESSAGE
    memory.sequence = message.sequence
    memory.metadata["role"] = message.role
    if message.name:
        memory.entities.extend(_fitting([message.name]))
    memory.context = run_before(
        [(_speaker(each), told(each)) for each in before], _speaker(message)
    )
    if message.HasField("create_time"):
        memory.create_time.CopyFrom(message.create_time)
        memory.event_time.start.CopyFrom(message.create_time)
        memory.event_time.precision = TimePrecision.TIME_PRECISION_INSTANT
        memory.event_time.time_zone = origin.time_zone
    return memory


def _speaker(message: Message) -> str:
    return message.name or message.role


def run_before(said: Sequence[tuple[str, str]], speaker: str) -> str:
    """Return the words that a speaker goes on from, as lines of `Ann: ...`.

    Who writes several messages in a row says in them together what others say in one. So these are
    the speaker's own last messages, and the one of somebody else before them.

    Args:
        said: Speakers and texts of what was said before, in order.
        speaker: Who speaks now.
    """
    lines: list[str] = []
    for name, text in reversed(said[-_MAX_RUN:]):
        lines.append(f"{name}: {text}")
        if name != speaker:
            break
    return "\n".join(reversed(lines))[-_RUN_CHARACTERS:]


def from_summary(summary: str, message_ids: Sequence[str], origin: Origin) -> Memory:
    """Return a thread's summary as a memory; there is one for each session."""
    memory = _owned(origin, message_ids[-_MAX_SOURCES:])
    memory.id = summary_id(origin.session_uid)
    memory.text = _cut(summary)
    memory.type = MemoryType.MEMORY_TYPE_SEMANTIC
    memory.topics.append(SUMMARY_TOPIC)
    return memory


def summary_id(session_uid: str) -> str:
    """Return the id of a session's summary."""
    return ids.derived_id("summary", session_uid)


def from_given(memory: Memory, origin: Origin) -> Memory:
    """Return a given memory, completed from its session."""
    complete = copied(memory)
    complete.namespace = memory.namespace or origin.session.namespace
    complete.user_id = memory.user_id or origin.user_id
    complete.session_id = memory.session_id or origin.session.session_id
    complete.provenance.session_uid = memory.provenance.session_uid or origin.session_uid
    return complete


def _owned(origin: Origin, message_ids: Iterable[str]) -> Memory:
    return Memory(
        namespace=origin.session.namespace,
        user_id=origin.user_id,
        session_id=origin.session.session_id,
        provenance=Provenance(
            session_uid=origin.session_uid,
            message_ids=message_ids,
            strategy=origin.strategy,
            extractor=origin.extractor,
            extractor_version=origin.version,
        ),
    )


def _no_later_than_now(said: datetime) -> Timestamp:
    """Return when something was said, but now at the latest: a time in the future would hide it."""
    moment = Timestamp()
    moment.FromDatetime(said)
    return min(moment, clock.to_timestamp(clock.now_micros()), key=Timestamp.ToMicroseconds)


def _fitting(tags: Iterable[str]) -> list[str]:
    return [tag for tag in tags if 0 < len(tag.encode()) <= _MAX_TAG][:_MAX_TAGS]


def _cut(text: str) -> str:
    return text.encode()[:_MAX_TEXT].decode(errors="ignore")


_TYPES: Final = {
    Kind.SEMANTIC: MemoryType.MEMORY_TYPE_SEMANTIC,
    Kind.EPISODIC: MemoryType.MEMORY_TYPE_EPISODIC,
}
_PRECISIONS: Final = {
    precision: TimePrecision.Value(f"TIME_PRECISION_{precision.name}") for precision in Precision
}
