"""What people say of themselves in the languages that have a pack, and what they say otherwise."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parents[1] / "data" / "languages" / "statements.toml"
_CLOSING = " .!?。।؟"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message, and the parts of it that are statements of the speaker."""

    language: str
    message: str
    statements: tuple[str, ...]


def spoken() -> Iterator[Spoken]:
    """Yield the messages of every language."""
    for language, said in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        for message in said["facts"]:
            yield Spoken(language, message, (message.strip(_CLOSING),))
        for message, *statements in said["several"]:
            yield Spoken(language, message, tuple(statements))
        for message in said["nothing"]:
            yield Spoken(language, message, ())


SPOKEN = tuple(spoken())
