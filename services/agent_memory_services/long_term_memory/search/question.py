"""What a question's text asks for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from agent_memory_services.long_term_memory.index import schema
from agent_memory_services.long_term_memory.search.stop_words import STOP_WORDS
from agent_memory_services.long_term_memory.words import words

_PHRASE: Final = re.compile(r'"([^"]*)"')
_FIELDS: Final = {False: (schema.TEXT,), True: (schema.TEXT, schema.CONTEXT)}


@dataclass(frozen=True, slots=True)
class Question:
    """A text as words to look for.

    Attributes:
        phrases: words that must occur next to each other, for each pair of double quotes.
        terms: the other words, of which any may occur.
    """

    phrases: tuple[tuple[str, ...], ...]
    terms: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.phrases and not self.terms

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that is looked for."""
        return tuple(dict.fromkeys(chain(*self.phrases, self.terms)))

    def must(self, *, around: bool = False) -> str:
        """The phrases in the engine's words; empty where there are none.

        Args:
            around: whether they may also stand in the words around a memory.
        """
        return " ".join(_phrase(phrase, _FIELDS[around]) for phrase in self.phrases)

    def should(self, *, around: bool = False) -> str:
        """The terms in the engine's words; empty where there are none."""
        if not self.terms:
            return ""
        return f"@{'|'.join(_FIELDS[around])}:({'|'.join(self.terms)})"

    def match(self, *, around: bool = False) -> str:
        """Phrases that must occur, and terms: any of them, or for the rank alone beside phrases."""
        must, should = self.must(around=around), self.should(around=around)
        return f"{must} ~{should}" if must and should else must or should


def question_of(text: str, *, max_words: int) -> Question:
    """Read a text. A quote without a partner means nothing.

    Args:
        text: the question.
        max_words: how many distinct terms to keep.
    """
    quoted = (tuple(words(found)) for found in _PHRASE.findall(text))
    rest = words(_PHRASE.sub(" ", text))
    telling = [word for word in rest if word not in STOP_WORDS]
    # "Who is it?" is made of nothing else, and they are better than no words at all.
    terms = tuple(dict.fromkeys(telling or rest))[:max_words]
    return Question(tuple(dict.fromkeys(filter(None, quoted))), terms)


def _phrase(phrase: tuple[str, ...], fields: Sequence[str]) -> str:
    # Each field by itself: the end of one and the start of the other are no phrase.
    text = " ".join(phrase)
    return "(" + "|".join(f'(@{field}:"{text}")' for field in fields) + ")"
