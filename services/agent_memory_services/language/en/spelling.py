"""Typing errors in everyday words, mended by distance of edits.

A word is taken for a typing error where the parser's vocabulary does not have it and exactly one
everyday word is nearest to it. Names are safe by two rules: a capital is left alone, and only
words of everyday life are aimed at, never the whole dictionary.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.parser import Strangers

_LONGEST: Final = 14
_WORD: Final = re.compile(rf"(?<![\w@#/.'-])[a-z]{{4,{_LONGEST}}}(?![\w@/-]|\.\w)")
_NAMED: Final = re.compile(r"\b(?:named|called|name is|names|user(?:name)?|handle)\s+$")
_TWICE: Final = re.compile(r"(.)\1")
_NEAR, _FAR = 1, 2
_FAR_LENGTH: Final = 7
"""Letters of a word from which on it may have two errors."""
_SHORTEST_ERROR: Final = 5
_REMEMBERED: Final = 4096


def spelled(text: str, unknown: Callable[[Iterable[str]], Strangers], aims: frozenset[str]) -> str:
    """Return a text with its typing errors mended.

    Args:
        text: What was typed.
        unknown: Tells which words are strangers to the parser.
        aims: Further words that somebody may have meant.
    """
    found = {match[0] for match in _WORD.finditer(text)}
    if not found:
        return text
    strangers = unknown(found)
    errors = {
        word: meant
        for word in strangers.rare | strangers.unlisted
        if (meant := _meant(word, aims)) and (word in strangers.rare or _is_slip(word, meant))
    }
    return _WORD.sub(lambda match: _mended(match, errors), text) if errors else text


def _is_slip(word: str, meant: str) -> bool:
    """Return true if two words differ by the order of their letters, or by a doubled letter."""
    return sorted(word) == sorted(meant) or _TWICE.sub(r"\1", word) == _TWICE.sub(r"\1", meant)


def _mended(match: re.Match[str], errors: Mapping[str, str]) -> str:
    named = _NAMED.search(match.string, 0, match.start())
    return match[0] if named else errors.get(match[0], match[0])


def _meant(word: str, aims: frozenset[str]) -> str:
    """Return the one everyday word that is nearest to a typing error; nothing where none is."""
    return _reader(aims)(word)


@cache
def _reader(aims: frozenset[str]) -> Callable[[str], str]:
    by_letter = _by_letter(aims)

    @remembered(_REMEMBERED, longest=_LONGEST)
    def read(word: str) -> str:
        return _nearest(word, by_letter.get(word[0], ()))

    return read


def _nearest(word: str, aims: Iterable[str]) -> str:
    most = _FAR if len(word) >= _FAR_LENGTH else _NEAR
    near: dict[int, list[str]] = {}
    for aim in aims:
        if abs(len(aim) - len(word)) > most:
            continue
        apart = _distance(word, aim, most)
        if apart < _FAR or (apart == _FAR and most == _FAR and aim[-1] == word[-1]):
            near.setdefault(apart, []).append(aim)
    if not near:
        return ""
    best = near[min(near)]
    if len(word) < _SHORTEST_ERROR and sorted(best[0]) != sorted(word):
        best = [aim for aim in best if len(aim) > len(word)]
    if len(best) > 1:
        # The letters are all there, in another order.
        best = [aim for aim in best if sorted(aim) == sorted(word)] or best
    return best[0] if len(best) == 1 else ""


def _by_letter(aims: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    every = {word for word in aims if word.isascii() and word.isalpha()} | _everyday()
    found: dict[str, list[str]] = {}
    for word in sorted(every):
        found.setdefault(word[0], []).append(word)
    return {letter: tuple(words) for letter, words in found.items()}


@cache
def _everyday() -> frozenset[str]:
    source = files(__package__).joinpath("data", "everyday.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(source)["everyday"].split())


def _distance(one: str, other: str, most: int) -> int:
    """Return how many letters were added, left out, changed or swapped; stops beyond `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, aim in enumerate(other, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != aim))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == aim:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
