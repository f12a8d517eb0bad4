"""Material of an evaluation: conversations, their turns and questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said in a conversation.

    Attributes:
        id: identifies it within the conversation.
        session_id: the sitting in which it was said.
        speaker: who said it; a role such as `user` where speakers have no names.
        text: what was said.
        said: when.
    """

    id: str
    session_id: str
    speaker: str
    text: str
    said: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a conversation answers.

    Attributes:
        text: the question.
        kind: the class it is counted in.
        evidence: ids of the turns that answer it; at least one.
        asked: when it is asked, where the data set says so.
        counts: whether it counts in the overall result, or only in that of its class.
    """

    text: str
    kind: str
    evidence: frozenset[str]
    asked: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in the order in which they were said, and questions about them.

    Attributes:
        id: identifies it within the corpus.
        turns: the turns.
        questions: the questions.
        set_aside: questions that the published data gives no usable evidence for.
    """

    id: str
    turns: Sequence[Turn]
    questions: Sequence[Question]
    set_aside: int = 0


class SpeakerForm(StrEnum):
    """Ways to name the speaker in a memory."""

    ENTITY = "entity"
    """As an entity, the way the suite keeps messages."""
    LABEL = "label"
    """At the start of the text: `Ann: ...`."""


class UnreadableCorpusError(Exception):
    """A file does not hold what its adapter reads."""
