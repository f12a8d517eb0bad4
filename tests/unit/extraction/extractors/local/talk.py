"""Builds conversations and reads facts out of them, for these tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

from agent_memory_services.extraction.domain.facts import Candidate, Conversation, Strategy, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor

MONDAY = datetime(2023, 5, 8, 13, tzinfo=UTC)


def user(text: str, *, message_id: str = "m1", at: datetime = MONDAY) -> Turn:
    """One message of the user."""
    return Turn(message_id, "user", text, at)


def said(name: str, text: str, *, message_id: str = "m1", role: str = "user") -> Turn:
    """One message of a named speaker."""
    return Turn(message_id, role, text, MONDAY, name=name)


def found(
    *turns: Turn,
    before: Sequence[Turn] = (),
    strategy: Strategy = Strategy.DISCRETE,
    known: Sequence[str] = (),
) -> list[Candidate]:
    """What the extractor finds in these turns."""
    conversation = Conversation(turns, before=before, strategy=strategy, known=known)
    return LocalExtractor().find(conversation)


def facts(*turns: Turn, before: Sequence[Turn] = ()) -> list[str]:
    """The texts of what the extractor finds in these turns."""
    return [candidate.text for candidate in found(*turns, before=before)]
