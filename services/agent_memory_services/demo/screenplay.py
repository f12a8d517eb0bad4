"""Script of the demonstration: its lines and the expected results, read from a TOML file."""

import tomllib
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Part):
    """Something said in a session."""

    role: str
    content: str


class Session(_Part):
    """A conversation and the moment it began."""

    id: str
    start: datetime
    turns: tuple[Line, ...]


class Expected(_Part):
    """Statements that must be known after the sessions, and statements that must not.

    `facts` are lists of words that one memory holds together; no memory holds a word of `absent`.
    """

    facts: tuple[tuple[str, ...], ...]
    absent: tuple[str, ...]


class CodePart(_Part):
    """A memory that code stores, the question it asks and the words of the answer."""

    memory: str
    question: str
    answer: str


class ModelPart(_Part):
    """Lines that the user says to a model with tools, and the answers of a scripted model."""

    session: str
    tell: str
    stored: str
    ask: str
    query: str
    reply: str


class PromptPart(_Part):
    """A question in a new session and the words that its prompt must hold."""

    session: str
    question: str
    holds: tuple[str, ...]


class StrangerPart(_Part):
    """Another user, who asks and must be told nothing."""

    user: str
    question: str


class Screenplay(_Part):
    """The whole demonstration."""

    user: str
    sessions: tuple[Session, ...]
    expected: Expected
    code: CodePart
    model: ModelPart
    prompt: PromptPart
    stranger: StrangerPart


def read_screenplay(path: Path) -> Screenplay:
    """Read and check a screenplay.

    Raises:
        OSError: the file cannot be read.
        tomllib.TOMLDecodeError: it is not TOML.
        pydantic.ValidationError: a part is missing, unknown or of the wrong type.
    """
    return Screenplay.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
