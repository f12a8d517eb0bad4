"""Messages as extractors see them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.extraction.domain.facts import Turn
from agent_memory_services.kit.contract.clock import to_datetime
from agent_memory_services.shared.prompts import without_recalled


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
    """Return true if a message holds nothing but text that memory put there."""
    return message.recalled or bool(message.content and not without_recalled(message.content))


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
