"""Short lists of English words, read once from `data/words_en.toml`."""

import re
import tomllib
from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """Return an English word list by its name; all words are lower-case.

    Raises:
        KeyError: there is no such list.
    """
    return frozenset(_lists()[name].split())


@cache
def phrases(name: str) -> tuple[str, ...]:
    """Return a list of phrases, longest first, so that none hides behind its own beginning.

    Raises:
        KeyError: there is no such list.
    """
    return tuple(sorted((word.replace("-", " ") for word in words(name)), key=len, reverse=True))


@cache
def _lists() -> dict[str, str]:
    source = files(__package__).joinpath("data", "words_en.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)


@cache
def any_of(*names: str) -> str:
    """Return lists as alternatives of a pattern, longest first; `_` in a word is a space."""
    every = (word.replace("_", " ") for name in names for word in words(name))
    return f"(?:{'|'.join(map(re.escape, sorted(every, key=lambda word: (-len(word), word))))})"
