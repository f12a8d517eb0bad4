"""Conversations as extractors see them, the facts found in them, and the extractors' interface."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.clock import to_datetime
from agent_memory_services.language.claims import Claim
from agent_memory_services.shared.prompts import without_recalled


class Strategy(StrEnum):
    """Kinds of content to extract from a conversation."""

    DISCRETE = "discrete"
    SUMMARY = "summary"
    PREFERENCES = "preferences"
    CUSTOM = "custom"


class Kind(StrEnum):
    """The type of a memory: a lasting fact, or something that happened at a time."""

    SEMANTIC = "semantic"
    EPISODIC = "episodic"


class Precision(StrEnum):
    """Precision of an event's time."""

    INSTANT = "instant"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation.

    Attributes:
        message_id: The message's id within its session; candidates cite it.
        role: Who spoke: `user`, `assistant`, `system` or `tool`.
        name: The speaker's name where the conversation has named speakers, else empty.
        text: Text of the message.
        at: When it was said, with a time zone.
        recalled: True when the text was put into the prompt from memory; it is never evidence.
    """

    message_id: str
    role: str
    text: str
    at: datetime
    name: str = ""
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class EventTime:
    """Time of an event: the start of the period, and how exact it is."""

    start: datetime
    precision: Precision


@dataclass(frozen=True, slots=True)
class Conversation:
    """A window of a session.

    Attributes:
        turns: The new messages, oldest first; only these are evidence.
        before: A few messages before them, for reference only.
        time_zone: The user's zone; relative dates are resolved in it.
        strategy: What to look for.
        instructions: The custom strategy's instructions, else empty.
        known: Texts of memories that are already stored, so that they are not repeated.
        memories: The same memories as a whole, in the same order; empty where only texts are known.
        language: BCP 47 tag of the language that a model writes facts in; empty is the
            conversation's own.
    """

    turns: Sequence[Turn]
    before: Sequence[Turn] = ()
    time_zone: tzinfo | None = None
    strategy: Strategy = Strategy.DISCRETE
    instructions: str = ""
    known: Sequence[str] = ()
    memories: Sequence[Memory] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact found in a conversation, not yet stored.

    Attributes:
        text: One self-contained statement, in the third person ("User prefers ...").
        kind: Semantic or episodic.
        message_ids: The messages that state it, oldest first; never empty.
        topics: Lower-case subjects such as `food` or `work`.
        entities: Names and things mentioned, as written.
        event_time: When it happened or will happen; None where no time is given.
        expire_time: When the fact ends by nature ("exam tomorrow"); None otherwise.
        standing: True for preferences and instructions that every prompt should consider.
        slot: `subject/attribute` of a fact that has one value at a time, such as
            `user/employer`; empty where there is none.
        language: BCP 47 tag of the text's language; empty where it is not known.
        claims: What it claims, where more was said than its text tells; empty where the text is
            to be read.
        ends: Ids of the known memories that it ends or corrects.
        compared: Ids of the known memories that it was compared with.
    """

    text: str
    kind: Kind
    message_ids: tuple[str, ...]
    topics: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    event_time: EventTime | None = None
    expire_time: datetime | None = None
    standing: bool = False
    slot: str = field(default="")
    language: str = ""
    claims: tuple[Claim, ...] = ()
    ends: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()


class Answering(StrEnum):
    """Ways of answering a request to forget."""

    DELETE = "delete"
    MARK = "mark"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user's request to forget something.

    Attributes:
        what: What is meant, in the user's words; empty where nothing tells.
        message_id: The message that asks.
        at: When it was said.
        speaker: How the user is called in facts.
        memory_ids: Memories that are meant besides.
        language: BCP 47 tag of the words; empty for English.
    """

    what: str
    message_id: str
    at: datetime
    speaker: str = ""
    memory_ids: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Result of an extractor for one window.

    Attributes:
        candidates: The facts.
        dropped: How many items of a model's answer, or messages that cannot be read, were left
            out, by a short word for why.
        wanted: What the user asks to forget.
    """

    candidates: Sequence[Candidate]
    dropped: Mapping[str, int] = field(default_factory=dict)
    wanted: Sequence[Wanted] = ()


class Extractor(Protocol):
    """Interface of what turns a window of a conversation into candidate memories."""

    name: str
    """Stable name kept in provenance, such as `local` or `openai`."""
    version: str
    """Changes whenever the same input could give other candidates."""

    async def extract(self, conversation: Conversation) -> Findings:
        """Find the facts that `conversation.turns` state.

        Raises:
            ExtractionFailed: the extractor failed (its model is away, for example);
                nothing was found *or* ruled out, and the caller should try again later.
        """
        ...


class ExtractionFailed(Exception):  # noqa: N818 - named for what happened, like the domain's others
    """An extractor could not do its work; trying again later may succeed.

    Attributes:
        reason: Short and stable, safe to show: `model_unavailable`, `rate_limited`, ...
        retry_after: Seconds the provider asked to wait; None when it did not say.
        dropped: How many items of an answer did not fit, by a short word for why.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        dropped: Mapping[str, int] | None = None,
    ) -> None:
        """Keep the reason, the provider's wish, and why nothing of an answer fits."""
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.dropped = dict(dropped or {})


class ConversationRefused(ExtractionFailed):
    """A model or its provider's filter refuses what was said; other means may read it."""

    def __init__(self) -> None:
        super().__init__("rejected")


def to_turn(message: Message) -> Turn:
    """Return a message as a turn; one without a time was said just now.

    What a prompt took from memory is not part of what was said; a message of nothing else is
    recalled, whether or not it says so.

    Raises:
        ValueError: its time is none.
    """
    said = message.create_time if message.HasField("create_time") else None
    text = without_recalled(message.content)
    return Turn(
        message_id=message.id,
        role=message.role,
        text=text,
        at=to_datetime(said) if said else datetime.now(UTC),
        name=message.name,
        recalled=is_recalled(message),
    )


def is_recalled(message: Message) -> bool:
    """Return true if nothing is learned from a message, be it but text that memory put there."""
    kept_out = message.recalled or message.skip_extraction
    return kept_out or bool(message.content and not without_recalled(message.content))


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """Limits of the part of a session that is extracted in one piece.

    Attributes:
        messages: The most messages.
        characters: The most characters; longer messages are looked at in pieces.
        reference: Turns before the window that are shown for reference.
    """

    messages: int = 40
    characters: int = 24_000
    reference: int = 6


@dataclass(frozen=True, slots=True)
class Window:
    """Turns that are looked at together.

    Attributes:
        start: How many turns of the job come before it.
        before: Turns for reference.
        turns: The turns themselves.
    """

    start: int
    before: Sequence[Turn]
    turns: Sequence[Turn]

    @property
    def name(self) -> str:
        """The same whenever the same job is cut in the same way."""
        return f"{self.start}-{self.start + len(self.turns)}"

    def parts(self) -> Sequence["Window"]:
        """Return windows of fewer messages that show the same turns.

        A window of one message has one part, without the turns before it, and that one has none.
        """
        ends = [
            at
            for at in range(1, len(self.turns))
            if self.turns[at].message_id != self.turns[at - 1].message_id
        ]
        if not ends:
            return [replace(self, before=())] if self.before else []
        middle = min(ends, key=lambda end: abs(2 * end - len(self.turns)))
        return [
            replace(self, turns=self.turns[:middle]),
            replace(self, start=self.start + middle, turns=self.turns[middle:]),
        ]


def windows(
    turns: Sequence[Turn], before: Sequence[Turn], limits: WindowLimits
) -> Iterator[Window]:
    """Cut a session's new turns into windows, in order; nothing is left out."""
    pieces = [piece for turn in turns for piece in _pieces(turn, limits.characters)]
    shown = [*before, *pieces]
    start = 0
    while start < len(pieces):
        end = _end(pieces, start, limits)
        at = len(before) + start
        yield Window(
            start=start,
            before=_clipped(shown[max(0, at - limits.reference) : at], limits.characters),
            turns=pieces[start:end],
        )
        start = end


def _end(pieces: Sequence[Turn], start: int, limits: WindowLimits) -> int:
    """Return the first piece that no longer fits; there is always one more than `start`."""
    left = limits.characters
    for end in range(start, min(len(pieces), start + limits.messages)):
        left -= len(pieces[end].text)
        if left < 0 and end > start:
            return end
    return min(len(pieces), start + limits.messages)


def _pieces(turn: Turn, most: int) -> Iterator[Turn]:
    text = turn.text
    while len(text) > most:
        cut = text.rfind(" ", most // 2, most) + 1 or most
        yield replace(turn, text=text[:cut])
        text = text[cut:]
    yield replace(turn, text=text)


def _clipped(turns: Iterable[Turn], most: int) -> list[Turn]:
    """Reference turns, each cut to a share that leaves the window its room."""
    return [replace(turn, text=turn.text[-(most // 8) :]) for turn in turns]
