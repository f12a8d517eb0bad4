"""Claims that are read from texts."""

from collections.abc import Sequence

import pytest

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.language.en.parser import Parser, Tree, shared
from agent_memory_services.long_term_memory.consolidation.rules.reading import ClaimReading


class Counting(Parser):
    """The process's parser, which notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def loaded(self) -> None:
        """Wait for the process's parser."""
        await shared().loaded()

    def parse(self, texts: Sequence[str]) -> list[Tree]:
        """Parse by the process's parser."""
        self.asked += texts
        return shared().parse(texts)


def fact(text: str) -> Memory:
    """A fact without claims."""
    return Memory(id=text, text=text, type=MemoryType.MEMORY_TYPE_SEMANTIC)


@pytest.mark.parametrize("text", ["I have two cats", "Cats almost, somehow"])
async def test_a_text_is_parsed_once(text: str) -> None:
    """Whether it has claims or none, and whoever asks."""
    parser = Counting()
    reading = ClaimReading(parser)
    [first] = await reading.with_claims([fact(text)])
    parsed = list(parser.asked)
    [again] = await reading.with_claims([fact(text)])
    await reading.prepare([fact(text)])
    assert first == again
    assert text in parsed
    assert parser.asked == parsed
