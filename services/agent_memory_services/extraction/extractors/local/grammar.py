"""Word lists of a language, read once from `data/grammar_<language>.toml`."""

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
def irregular_verbs() -> tuple[tuple[str, str, str], ...]:
    """Return the base, past and participle of every irregular verb."""
    entries = (entry.split() for entry in _lists()["irregular"].split(";"))
    return tuple((base, past, participle) for base, past, participle in entries)


@cache
def _lists() -> dict[str, str]:
    source = files(__package__).joinpath("data", "grammar_en.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)
