"""Requests for prompts, and the parts that prompts consist of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import Enum, auto

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import ContentPart, ToolCall
from agent_memory.common.v1.search_pb2 import MemoryHit, SearchQuery
from agent_memory_services.working_memory.domain.session import Actor, Session, SessionKey
from agent_memory_services.working_memory.domain.windows import Limits


@dataclass(frozen=True, slots=True)
class SessionPart:
    """The session that goes into a prompt.

    Attributes:
        key: its identity.
        actor: who asks for it.
        limits: how much of its view may be shown.
    """

    key: SessionKey
    actor: Actor
    limits: Limits


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """Request for memories from long-term memory.

    Attributes:
        query: the search as the caller gave it.
        limit: how many memories; 0 is the service's default.
        exclude_session: leave out what comes from the prompt's own session.
        exclude_standing: leave out the standing shelf.
    """

    query: SearchQuery
    limit: int = 0
    exclude_session: bool = False
    exclude_standing: bool = False


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """Request for a prompt.

    Attributes:
        query: the question.
        session: the session, if one goes into the prompt.
        memories: the search, if long-term memory goes into the prompt.
        budget: the most tokens of the prompt; None is no budget.
        omit_query: the caller adds the question itself.
    """

    query: str
    session: SessionPart | None = None
    memories: MemoryPart | None = None
    budget: int | None = None
    omit_query: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """Content found for a prompt.

    Attributes:
        session: the session; None where there is none.
        hits: memories that were found, the best first.
        standing: the owner's preferences and instructions, the newest first.
        zone: the zone of the user, in which times are told.
        rivals: memories by id, among them those that contradict the others.
    """

    session: Session | None = None
    hits: Sequence[MemoryHit] = ()
    standing: Sequence[Memory] = ()
    zone: tzinfo = UTC
    rivals: Mapping[str, Memory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A message of a prompt, as chat APIs take it.

    Attributes:
        role: who speaks.
        content: what is said.
        tokens: what a model reads in it.
        tool_calls: the calls an assistant asked for.
        tool_call_id: for a tool's answer, the call it answers.
        name: the speaker's name, where there is one.
        parts: what it consists of, where that is more than one plain text.
        original: the message as its provider writes it.
    """

    role: str
    content: str
    tokens: int
    tool_calls: Sequence[ToolCall] = ()
    tool_call_id: str = ""
    name: str = ""
    parts: Sequence[ContentPart] = ()
    original: str = ""


class SectionKind(Enum):
    """The sections of a prompt."""

    STANDING = auto()
    SUMMARY = auto()
    MEMORIES = auto()
    HISTORY = auto()
    QUERY = auto()


@dataclass(frozen=True, slots=True)
class Section:
    """Size of a section of a prompt.

    Attributes:
        kind: which section.
        lines: its messages.
        cap: tokens it was allowed; 0 where nothing limited it.
        included: how many items it holds.
        left_out: ids of messages or memories for which there was no room.
        duplicates: ids of memories that another section says already.
        shared: tokens it takes of another section's message; negative for what others take of
            its own.
    """

    kind: SectionKind
    lines: Sequence[Line] = ()
    cap: int = 0
    included: int = 0
    left_out: Sequence[str] = ()
    duplicates: Sequence[str] = ()
    shared: int = 0

    @property
    def tokens(self) -> int:
        """Tokens it takes."""
        return sum(line.tokens for line in self.lines) + self.shared


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt.

    Attributes:
        sections: its sections, in the order in which they are read.
        sources: what it was made from.
    """

    sections: Sequence[Section]
    sources: Sources

    @property
    def lines(self) -> list[Line]:
        """The messages, in order."""
        return [line for section in self.sections for line in section.lines]

    @property
    def tokens(self) -> int:
        """Tokens of the whole prompt."""
        return sum(section.tokens for section in self.sections)
