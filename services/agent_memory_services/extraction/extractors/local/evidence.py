"""Selection of the messages that count, and of the voice in which each is read."""

import re
from dataclasses import dataclass
from typing import Final

from agent_memory_services.extraction.domain.facts import Conversation, Turn
from agent_memory_services.extraction.extractors.local.subjects import Company, Voice

_BOT: Final = re.compile(
    r"\b(?:assistant|bot|chatbot|ai|agent|gpt|claude|gemini|llama|copilot|system|support)\b|bot$",
    re.IGNORECASE,
)
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Cast:
    """People of a conversation, in order of appearance; empty where none has a name."""

    names: tuple[str, ...]

    @property
    def company(self) -> Company:
        """Kind of conversation: people among themselves, or one of them with an assistant."""
        return Company.PEOPLE if len(self.names) >= _TWO else Company.ASSISTANT

    def voice(self, turn: Turn) -> Voice | None:
        """Return the voice in which a turn is evidence; None when it never is."""
        if turn.recalled or turn.role not in {"user", "assistant"}:
            return None
        if self.company is Company.ASSISTANT:
            return Voice(turn.name or "User") if turn.role == "user" else None
        if turn.name not in self.names:
            return Voice("User") if turn.role == "user" and not turn.name else None
        others = [name for name in self.names if name != turn.name]
        return Voice(turn.name, others[0] if len(others) == 1 else "")


def cast(conversation: Conversation) -> Cast:
    """Return the named people of a conversation; assistants with a name are not people."""
    spoken = (*conversation.before, *conversation.turns)
    names = dict.fromkeys(
        turn.name for turn in spoken if turn.role in {"user", "assistant"} and turn.name
    )
    return Cast(tuple(name for name in names if not _BOT.search(name)))
