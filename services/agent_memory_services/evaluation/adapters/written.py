"""Conversations that were written for this evaluation, as scripts with marked evidence.

    = kinds / a | H=Hanna M=Marco
    @ 2023-05-06 19:00
    H: How was the weekend?
    M: Loud. My neighbour let me try her accordion. {instruments}
    ? kind | Which musical instruments has Marco played? | instruments

A script has a style and an owner, whose sessions begin at the moments after `@`, in UTC. All
scripts of an owner, in whatever files, are one conversation, in which his questions are asked. The
evidence of a question are the lines that bear one of the marks which it names; marks and letters
of speakers are those of the script. Class of a question: style and kind.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from agent_memory_services.evaluation import corpus

SHIPPED: Final[Traversable] = files("agent_memory_services.evaluation").joinpath(
    "data", "conversations"
)
_SCRIPT: Final = re.compile(r"= (?P<style>[\w ]+) / (?P<owner>\w+) \| (?P<speakers>.+)")
_SPEAKER: Final = re.compile(r"(\w+)=([^\s=]+)")
_LINE: Final = re.compile(r"(?P<letter>\w+): (?P<text>.+?)(?: \{(?P<marks>[\w ]+)\})?")
_QUESTION: Final = re.compile(r"\? (?P<kind>[\w ]+) \| (?P<text>[^|]+) \| (?P<marks>[\w ]+)")


@dataclass(slots=True)
class _Script:
    """A script as far as it is read.

    Attributes:
        style: its style.
        owner: whose it is.
        speakers: names by letter.
        turns: what is said.
        marked: ids of turns, by mark.
        questions: what is asked.
    """

    style: str
    owner: str
    speakers: Mapping[str, str]
    turns: list[corpus.Turn] = field(default_factory=list)
    marked: dict[str, set[str]] = field(default_factory=dict)
    questions: list[corpus.Question] = field(default_factory=list)
    said: datetime | None = None

    def take(self, line: str) -> None:
        """Read a line.

        Raises:
            ValueError: it is none that a script can have, or names what is not there.
        """
        if line.startswith("@ "):
            self.said = datetime.fromisoformat(line[2:]).replace(tzinfo=UTC)
        elif met := _QUESTION.fullmatch(line):
            evidence = frozenset().union(*(self._turns_of(mark) for mark in met["marks"].split()))
            kind = f"{self.style}: {met['kind']}"
            self.questions.append(corpus.Question(met["text"], kind, evidence))
        elif (met := _LINE.fullmatch(line)) and met["letter"] in self.speakers and self.said:
            session = f"{self.style}-{self.said:%Y-%m-%d}"
            turn_id = f"{self.style}:{len(self.turns)}"
            speaker = self.speakers[met["letter"]]
            self.turns.append(corpus.Turn(turn_id, session, speaker, met["text"], self.said))
            for mark in (met["marks"] or "").split():
                self.marked.setdefault(mark, set()).add(turn_id)
        else:
            raise ValueError(f"no line of a script: {line}")

    def _turns_of(self, mark: str) -> set[str]:
        if mark not in self.marked:
            raise ValueError(f"no line bears the mark {mark}")
        return self.marked[mark]


def read(path: Path) -> Sequence[corpus.Conversation]:
    """Return the conversations of a file; see `adapters.Adapter`."""
    with _readable(path.name):
        return _by_owner(_scripts(path.read_text(encoding="utf-8")))


def shipped() -> Sequence[corpus.Conversation]:
    """Return the conversations that are shipped."""
    scripts: list[_Script] = []
    for file in sorted(SHIPPED.iterdir(), key=lambda found: found.name):
        with _readable(file.name):
            scripts += _scripts(file.read_text(encoding="utf-8"))
    return _by_owner(scripts)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise corpus.UnreadableCorpusError(f"{name} does not hold scripts: {error}") from error


def _scripts(text: str) -> list[_Script]:
    found: list[_Script] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if met := _SCRIPT.fullmatch(line):
            speakers = dict(_SPEAKER.findall(met["speakers"]))
            found.append(_Script(met["style"], met["owner"], speakers))
        elif found:
            found[-1].take(line)
        else:
            raise ValueError(f"no beginning of a script: {line}")
    if not found:
        raise ValueError("it is empty")
    return found


def _by_owner(scripts: Sequence[_Script]) -> list[corpus.Conversation]:
    owners: dict[str, list[_Script]] = {}
    for script in scripts:
        owners.setdefault(script.owner, []).append(script)
    return [
        corpus.Conversation(
            owner,
            sorted((turn for each in own for turn in each.turns), key=lambda turn: turn.said),
            [question for each in own for question in each.questions],
        )
        for owner, own in owners.items()
    ]
