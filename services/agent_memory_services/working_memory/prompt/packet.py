"""Division of a prompt's room among its sections, and removal of repetitions.

The question is always in it. Of the room that is left, the standing shelf and the summary may
take their shares; memories are kept a share free, the history takes all that remains, and what
the history leaves goes to the memories. What changes least comes first, so that providers can
reuse what they computed for the prompt before: shelf, summary, history, memories, question.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.errors import InvalidField
from agent_memory_services.shared.prompts import MEMORIES_TITLE, STANDING_TITLE, SUMMARY_TITLE
from agent_memory_services.working_memory.domain.session import Session, Shown
from agent_memory_services.working_memory.domain.windows import Limits, latest
from agent_memory_services.working_memory.prompt import rendering
from agent_memory_services.working_memory.prompt.model import (
    Prompt,
    PromptRequest,
    Section,
    SectionKind,
    Sources,
)

_TELLING_WORDS: Final = 3
"""A text of fewer words may stand inside another one by chance."""


class Said:
    """Everything that a prompt says so far."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self._statements: set[str] = set()
        self._texts: list[str] = []
        self._message_ids: set[str] = set()

    def add_statements(self, memories: Iterable[Memory]) -> None:
        """Say memories."""
        self._statements.update(_plain(memory.text) for memory in memories)

    def add_text(self, text: str) -> None:
        """Say a text that may contain statements."""
        self._texts.append(_plain(text))

    def add_history(self, history: Iterable[Shown]) -> None:
        """Say messages."""
        for item in history:
            self.add_text(item.message.content)
            self._message_ids.add(item.message.id)

    def says(self, memory: Memory) -> bool:
        """Return true if the memory would be a repetition."""
        text = _plain(memory.text)
        if text in self._statements or self.shows(memory):
            return True
        if len(text.split()) < _TELLING_WORDS:
            return text in self._texts
        return any(text in said for said in self._texts)

    def shows(self, memory: Memory) -> bool:
        """Return true if the memory is a message that is shown."""
        sources = memory.provenance.message_ids
        is_message = memory.type == MemoryType.MEMORY_TYPE_MESSAGE
        return is_message and bool(sources) and self._message_ids.issuperset(sources)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")


STANDING_SHARE: Final = 0.15
SUMMARY_SHARE: Final = 0.20
MEMORIES_SHARE: Final = 0.30

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=\u3002)|\n+")


@dataclass(slots=True)
class _List:
    """A list of memories that fills up."""

    title: str
    cap: int
    sources: Sources
    lines: list[str] = field(default_factory=list)
    taken: list[Memory] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    tokens: int = 0

    def fill(self, memories: Iterable[Memory], said: Said) -> None:
        """Take what fits and is not said already, in order."""
        for memory in memories:
            if said.says(memory):
                self.duplicates.append(memory.id)
            elif any(map(self._take, _lines(memory, self.sources))):
                self.taken.append(memory)
                said.add_statements([memory])
            else:
                self.left_out.append(memory.id)

    def _take(self, line: str) -> bool:
        tokens = rendering.list_tokens(line) + (
            0 if self.lines else rendering.title_tokens(self.title)
        )
        if self.tokens + tokens > self.cap:
            return False
        self.lines.append(line)
        self.tokens += tokens
        return True

    def section(self, kind: SectionKind) -> Section:
        """Return the list as a section."""
        return Section(
            kind,
            [rendering.system_line(self.title, *self.lines)] if self.lines else [],
            cap=self.cap,
            included=len(self.lines),
            left_out=self.left_out,
            duplicates=self.duplicates,
        )


def build_packet(request: PromptRequest, sources: Sources, budget: int) -> Prompt:
    """Return the prompt, which never exceeds the budget.

    Raises:
        InvalidField: the question alone takes more.
    """
    question = _question(request, budget)
    room = budget - question.tokens
    said = Said()
    standing = _List(STANDING_TITLE, int(room * STANDING_SHARE), sources)
    # By age, so that a new preference does not move the others.
    standing.fill(sorted(sources.standing, key=_age), said)
    summary = _summary(sources, int(room * SUMMARY_SHARE))
    for line in summary.lines:
        said.add_text(line.content)
    room -= standing.tokens + summary.tokens
    found = [hit.memory for hit in sources.hits]
    reserve = _reserve(found, budget - question.tokens, sources)
    history = _history(sources, room - reserve)
    said.add_history(_shown(sources)[len(history.left_out) :])
    memories = _List(MEMORIES_TITLE, room - history.tokens, sources)
    memories.fill(found, said)
    sections = [
        standing.section(SectionKind.STANDING),
        summary,
        history,
        memories.section(SectionKind.MEMORIES),
    ]
    return Prompt([*sections, *([] if request.omit_query else [question])], sources)


def _question(request: PromptRequest, budget: int) -> Section:
    if request.omit_query:
        return Section(SectionKind.QUERY)
    line = rendering.question_line(request.query)
    if line.tokens > budget:
        raise InvalidField("token_budget", f"the question alone takes {line.tokens} tokens")
    return Section(SectionKind.QUERY, [line], cap=budget, included=1)


def _age(memory: Memory) -> tuple[int, int, str]:
    return memory.create_time.seconds, memory.create_time.nanos, memory.id


def _summary(sources: Sources, cap: int) -> Section:
    """Return the summary's first sentences, as many as fit."""
    context = sources.session.state.context if sources.session else ""
    kept: list[str] = []
    tokens = rendering.title_tokens(SUMMARY_TITLE)
    for sentence in _SENTENCE_END.split(context):
        tokens += rendering.list_tokens(sentence)
        if not sentence or tokens > cap:
            break
        kept.append(sentence)
    lines = [rendering.system_line(SUMMARY_TITLE, *kept)] if kept else []
    return Section(SectionKind.SUMMARY, lines, cap=cap, included=len(kept))


def _line(memory: Memory, sources: Sources) -> str:
    return rendering.bullet(memory, sources.zone, sources.rivals)


def _lines(memory: Memory, sources: Sources) -> Iterator[str]:
    """Yield a memory's line, and a shorter one that counts what contradicts it."""
    yield _line(memory, sources)
    if memory.conflicts_with:
        yield rendering.bullet(memory, sources.zone, {})


def _reserve(found: Sequence[Memory], room: int, sources: Sources) -> int:
    """Return the tokens kept free for memories: their share, or less where they need less."""
    needed = sum(rendering.list_tokens(_line(memory, sources)) for memory in found)
    return min(
        int(room * MEMORIES_SHARE), needed + rendering.title_tokens(MEMORIES_TITLE) if found else 0
    )


def surely_shown(request: PromptRequest, session: Session) -> Sequence[Shown]:
    """Return the messages of a session that a prompt shows, whatever else is found for it."""
    if request.budget is None:
        return session.shown
    question = 0 if request.omit_query else rendering.question_line(request.query).tokens
    share = 1 - STANDING_SHARE - SUMMARY_SHARE - MEMORIES_SHARE
    return _fitting(session.shown, int((request.budget - question) * share))


def _fitting(shown: Sequence[Shown], cap: int) -> Sequence[Shown]:
    """Return the latest messages that fit; none where not even the last one does."""
    kept = latest(shown, Limits(tokens=max(0, cap)))
    return kept if sum(item.entry.tokens for item in kept) <= cap else ()


def _history(sources: Sources, cap: int) -> Section:
    shown = _shown(sources)
    kept = _fitting(shown, cap)
    left_out = shown[: len(shown) - len(kept)]
    return Section(
        SectionKind.HISTORY,
        [rendering.history_line(item) for item in kept],
        cap=cap,
        included=len(kept),
        left_out=[item.message.id for item in left_out],
    )


def _shown(sources: Sources) -> Sequence[Shown]:
    return sources.session.shown if sources.session else ()
