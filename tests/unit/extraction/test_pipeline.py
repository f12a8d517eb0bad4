"""Summing up more than fits into one look."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from agent_memory_services.extraction.domain.facts import ConversationRefused, Turn
from agent_memory_services.extraction.extractors.local.extractor import LocalExtractor
from agent_memory_services.extraction.extractors.summarizers import Note, Task
from agent_memory_services.extraction.pipeline import Backend, ExtractionPipeline

NOW = datetime(2023, 5, 8, tzinfo=UTC)


class Counting:
    """A summarizer that says how many notes it has seen."""

    name, version = "counting", "1"

    def __init__(self) -> None:
        self.portions: list[int] = []

    async def summarize(self, turns: Sequence[Turn], *, previous: str, max_words: int) -> str:
        raise NotImplementedError

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        assert task.max_words == 9
        self.portions.append(len(notes))
        return str(int(previous or 0) + len(notes))


async def test_many_memories_are_read_in_portions() -> None:
    """Each portion continues what was made of those before, and none is left out."""
    summarizer = Counting()
    pipeline = ExtractionPipeline(Backend(LocalExtractor(), summarizer))
    notes = [Note("so many words " * 300, NOW) for _ in range(20)] + [Note("x" * 100_000, NOW)]
    assert await pipeline.condensed(notes, Task(max_words=9)) == ("21", "counting")
    assert len(summarizer.portions) > 2
    assert await pipeline.condensed([], Task(max_words=9)) == ("", "counting")


class Refusing(Counting):
    """A summarizer that refuses notes with a word."""

    async def condense(self, notes: Sequence[Note], task: Task, *, previous: str) -> str:
        if any("odd" in note.text for note in notes):
            raise ConversationRefused
        return await super().condense(notes, task, previous=previous)


async def test_a_refused_memory_costs_only_itself() -> None:
    """The others are summed up; where all are refused the summary stays what it is."""
    pipeline = ExtractionPipeline(Backend(LocalExtractor(), Refusing()))
    notes = [Note("odd" if number == 5 else "fine", NOW) for number in range(20)]
    assert await pipeline.condensed(notes, Task(max_words=9)) == ("19", "counting")
    with pytest.raises(ConversationRefused):
        await pipeline.condensed([Note("odd", NOW)] * 40, Task(max_words=9))
