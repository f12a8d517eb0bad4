"""Names in questions, and whom a memory is by or about."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.long_term_memory.search.stop_words import STOP_WORDS
from agent_memory_services.long_term_memory.words import words

# "Ann: ...", "Ann Lee said, ...", with a date or another note in brackets before it.
_SPEAKER: Final = re.compile(
    r"(?:[\[(][^\])\n]{1,60}[\])]\s*)?"
    r"(?P<name>[^\W\d_][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){0,2}?)"
    r"(?::| said[,:]?)\s"
)


# A question is the user's, about what either side of a conversation said.
_SELF: Final = frozenset({"i", "me", "my", "mine", "myself"})
_SAID_BY_ASSISTANT: Final = re.compile(
    r"\b(?:did|have|had|were) you\b"
    r"|\byou(?:'ve| have| had)? (?:said|told|suggested|recommended|mentioned|gave|given|listed|"
    r"provided|wrote|written|explained|advised|proposed|described|shared|made|planned|answered)\b",
    re.IGNORECASE,
)
_USER, _ASSISTANT = "user", "assistant"
_ROLE: Final = "role"


class QuestionNames:
    """The names that a question may speak of.

    A capital tells a name from a word; where only the first word has one, any word may be a name.
    Who asks about what "you" said means the assistant, and who says "I" the user.
    """

    def __init__(self, question: str) -> None:
        tokens = list(_tokens(question))
        cased = any(capital for _, capital in tokens[1:])
        self._words = [word for word, _ in tokens]
        self._starts = [
            (capital or not cased) and word not in STOP_WORDS for word, capital in tokens
        ]
        self._role = _role(question, self._words)

    def hold(self, name: str) -> bool:
        """Whether the question has the name, word by word."""
        sought = words(name)
        size = len(sought)
        if sought == [self._role]:
            return True
        return bool(sought) and any(
            start and self._words[at : at + size] == sought for at, start in enumerate(self._starts)
        )

    def __bool__(self) -> bool:
        return self._role is not None or any(self._starts)


def names_of(memory: Memory) -> Iterator[str]:
    """Who says a memory, in which role, and what it is about.

    A role tells messages apart. What is no message may rest on words of either side, so that a
    fact about the user never stands back behind the words it was taken from.
    """
    if speaker := _SPEAKER.match(memory.text):
        yield speaker["name"]
    if memory.type != MemoryType.MEMORY_TYPE_MESSAGE:
        yield from (_USER, _ASSISTANT)
    elif _ROLE in memory.metadata:
        yield str(memory.metadata[_ROLE])
    yield from memory.entities


def _role(question: str, found: Sequence[str]) -> str | None:
    """Whose words a question is about, where it says so by a pronoun."""
    if _SAID_BY_ASSISTANT.search(question):
        return _ASSISTANT
    return None if _SELF.isdisjoint(found) else _USER


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it is written with a capital."""
    for token in text.split():
        first = next(filter(str.isalpha, token), "")
        yield from ((word, first.isupper()) for word in words(token))
