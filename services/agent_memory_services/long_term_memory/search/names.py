"""Names in questions, and whom a memory is by or about."""

import re
from collections.abc import Iterator
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.search.stop_words import STOP_WORDS
from agent_memory_services.long_term_memory.words import words

# "Ann: ...", "Ann Lee said, ...", with a date or another note in brackets before it.
_SPEAKER: Final = re.compile(
    r"(?:[\[(][^\])\n]{1,60}[\])]\s*)?"
    r"(?P<name>[^\W\d_][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){0,2}?)"
    r"(?::| said[,:]?)\s"
)


class QuestionNames:
    """The names that a question may speak of.

    A capital tells a name from a word; where only the first word has one, any word may be a name.
    """

    def __init__(self, question: str) -> None:
        tokens = list(_tokens(question))
        cased = any(capital for _, capital in tokens[1:])
        self._words = [word for word, _ in tokens]
        self._starts = [
            (capital or not cased) and word not in STOP_WORDS for word, capital in tokens
        ]

    def hold(self, name: str) -> bool:
        """Whether the question has the name, word by word."""
        sought = words(name)
        size = len(sought)
        return bool(sought) and any(
            start and self._words[at : at + size] == sought for at, start in enumerate(self._starts)
        )

    def __bool__(self) -> bool:
        return any(self._starts)


def names_of(memory: Memory) -> Iterator[str]:
    """Who says a memory, where its text begins with that, and what it is about."""
    if speaker := _SPEAKER.match(memory.text):
        yield speaker["name"]
    yield from memory.entities


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it is written with a capital."""
    for token in text.split():
        first = next(filter(str.isalpha, token), "")
        yield from ((word, first.isupper()) for word in words(token))
