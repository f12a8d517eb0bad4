"""Tokenization, the same for indexed texts and for questions.

The engine would cut by its own rules, read some characters as syntax, and keep a word and the
ideographic comma behind it together. Both sides are therefore brought into one form first:
compatible spellings unified, case folded, and everything that is no letter, mark or number a gap.
"""

import unicodedata
from typing import Final

_REMEMBERED: Final = 16_384
"""More than the characters of any language; there are a million."""


class _Gaps(dict[int, int]):
    """Maps a code point to itself or to a space; filled as characters are met."""

    def __missing__(self, code: int) -> int:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        found = code if kept else ord(" ")
        if len(self) < _REMEMBERED:
            self[code] = found
        return found


_GAPS = _Gaps()


def words(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_GAPS).split()


def searchable(text: str) -> str:
    """Return a text as it is indexed."""
    return " ".join(words(text))
