"""Comparison of texts by their content: words that a text must hold, and words that it must not.

Case, accents, apostrophes and endings of words make no difference, and in English neither does the
spelling of a denial ("don't", "dont", "do not"). Texts in Chinese, Japanese, Korean, Hindi and
Arabic are searched for characters: their words are not set apart by spaces, or carry particles.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

DENIAL: Final = "NOT"
"""Part that stands for every English word of denial."""
_DENIALS: Final = frozenset(
    [
        *("not", "no", "never", "neither", "nor", "none", "nothing", "nobody", "without"),
        *("longer", "anymore"),
    ]
)
_BY_CHARACTERS: Final = frozenset({"ar", "hi", "ja", "ko", "zh"})
_SPACED: Final = frozenset({"ar", "hi"})
"""Those of them that put spaces between words."""
_PARTICLE: Final = 2
"""Characters of a part that counts as a whole word only, where spaces stand between words."""
_BREAKS: Final = re.compile(r"[\s.,;:!?\"'()\[\]\u00ab\u00bb\u2026\u060c\u061b\u061f\u0964-]+")
_ENGLISH: Final = "en"
_ROOT: Final = 4
"""Letters that two forms of a word share at least, in languages other than English."""
_SHORT_ENDING: Final = 2
_APOSTROPHES: Final = str.maketrans("\u2018\u2019\u02bc\u00b4`", "'''''")
_LETTERS: Final = str.maketrans(
    {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u0131": "i", "\u00e6": "ae", "\u0153": "oe"}
)
"""Letters that do not decompose into a letter and a mark."""
_SHORTENED: Final = re.compile(
    r"\b(?:(ca|do|does|did|is|are|was|were|wo|would|could|should|have|has|had|must|need)n'?t"
    r"|(can)not)\b"
)
_FULL: Final = {"ca": "can", "wo": "will"}
_ENDINGS: Final = (
    *(("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e")),
    *(("es", ""), ("s", ""), ("er", ""), ("er", "e"), ("ly", "")),
)
"""English endings with the end of the word that takes them."""


@dataclass(frozen=True, slots=True)
class Content:
    """Words that tell a statement.

    Attributes:
        says: parts that a text must hold, each a choice of words or phrases.
        lacks: words or phrases that it must not hold.
        language: ISO 639-1 code; decides how words are compared.
    """

    says: Sequence[Sequence[str]]
    lacks: Sequence[str] = ()
    language: str = _ENGLISH

    def is_in(self, text: str) -> bool:
        """Return true if a text holds every part and nothing that it must not hold."""
        holds = _search(text, self.language)
        return all(any(map(holds, part)) for part in self.says) and not any(map(holds, self.lacks))


def same_word(one: str, other: str, language: str = _ENGLISH) -> bool:
    """Return true if two words, without case and accents, look like forms of one word."""
    if one == other:
        return True
    if not (one.isalpha() and other.isalpha()):
        return False
    if language == _ENGLISH:
        return not _stems(one).isdisjoint(_stems(other))
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    root = sum(1 for _ in shared)
    ending = max(len(one), len(other)) - root
    return root >= _ROOT and ending <= max(_SHORT_ENDING, root // 2)


def _search(text: str, language: str) -> Callable[[str], bool]:
    """Return a function that tells whether the text holds a word or phrase."""
    if language in _BY_CHARACTERS:
        plain = _plain(text, language)
        words = set(_BREAKS.split(plain)) if language in _SPACED else set()
        return lambda part: _holds_characters(plain, words, _plain(part, language))
    spoken = _words(text, language)
    return lambda part: _holds_words(spoken, part, language)


def _holds_words(words: Sequence[str], part: str, language: str) -> bool:
    if part == DENIAL:
        return not _DENIALS.isdisjoint(words)
    wanted = _words(part, language)
    return any(
        all(same_word(*pair, language) for pair in zip(wanted, words[start:], strict=False))
        for start in range(len(words) - len(wanted) + 1)
    )


def _holds_characters(text: str, words: set[str], part: str) -> bool:
    return part in words if words and len(part) <= _PARTICLE else part in text


def _words(text: str, language: str) -> list[str]:
    plain = _plain(text, language)
    if language == _ENGLISH:
        plain = _SHORTENED.sub(_spelled_out, plain)
    return re.findall(r"[^\W_]+", plain)


def _spelled_out(denial: re.Match[str]) -> str:
    verb = denial[1] or denial[2]
    return f"{_FULL.get(verb, verb)} not"


def _plain(text: str, language: str) -> str:
    """Return a text without case, and without marks on letters where they are no part of these."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    if language in _BY_CHARACTERS - {"ar"}:
        return unicodedata.normalize("NFKC", folded)
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


def _stems(word: str) -> set[str]:
    """Return the words that an English word may be a form of, itself among them."""
    stems = {word}
    for ending, end in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1:
            stems.add(stem + end)
            if len(stem) > len("run") and stem[-1] == stem[-2]:
                stems.add(stem[:-1])
    return stems
