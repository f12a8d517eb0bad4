"""Sessions and what they hand over for extraction."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.extraction.domain.records import Session, Thread
from agent_memory_services.extraction.queue.submissions import Submission

SAID = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
"""When the first message of a session is said."""


def session(session_id: str = "s1", *, tenant: str = "default", uid: str = "u1") -> Session:
    """A session of namespace `chat`."""
    return Session(Thread(tenant, "chat", session_id), uid)


def message(sequence: int, text: str = "", **fields: Any) -> Message:
    """A user's message; each is said a minute after the one before it."""
    built = Message(
        id=f"m{sequence}",
        role="user",
        content=text or f"I like number {sequence}.",
        sequence=sequence,
        **fields,
    )
    built.create_time.FromDatetime(SAID + timedelta(minutes=sequence))
    return built


def submission(
    *messages: Message,
    to: Session | None = None,
    memories: Sequence[Memory] = (),
    strategy: ExtractionStrategy.ValueType = ExtractionStrategy.EXTRACTION_STRATEGY_UNSPECIFIED,
    custom_prompt: str = "",
    user_id: str = "alice",
    time_zone: str = "",
    withheld: tuple[int, int] | None = None,
    index_messages: bool | None = None,
    deleted: bool = False,
) -> Submission:
    """What a session hands over."""
    return Submission(
        session=to or session(),
        user_id=user_id,
        messages=messages,
        memories=memories,
        config=ExtractionConfig(
            strategy=strategy, custom_prompt=custom_prompt, index_messages=index_messages
        ),
        time_zone=time_zone,
        withheld=withheld,
        deleted=deleted,
    )
