"""Brings the forms of a word together, so that "went hiking" answers "go on a hike".

The engine has stems of its own, which decide what it finds. These decide how what was found
compares, and they also know irregular forms. The endings are English; a word of another language
at worst loses the same ending on both sides.
"""

from functools import lru_cache
from typing import Final

from agent_memory_services.long_term_memory.search.irregular_forms import IRREGULAR

_VOWELS: Final = frozenset("aeiouy")
_SHORTEST: Final = 3
_KEPT_DOUBLE: Final = frozenset("lsz")


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """What the forms of a case-folded word have in common."""
    word = IRREGULAR.get(word, word)
    if len(word) <= _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    return _final(_tense(_number(word)))


def _number(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST + 1:
        return f"{word[:-3]}y"
    if word.endswith(("ses", "xes", "zes", "hes")) and len(word) > _SHORTEST + 1:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _tense(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORTEST and not _VOWELS.isdisjoint(root):
            doubled = len(root) > _SHORTEST and root[-1] == root[-2]
            return root[:-1] if doubled and root[-1] not in _KEPT_DOUBLE else root
    return word


def _final(word: str) -> str:
    if len(word) > _SHORTEST and word.endswith("e"):
        word = word[:-1]
    if len(word) > _SHORTEST and word.endswith("y"):
        word = f"{word[:-1]}i"
    return word
