"""Topics of a statement, by a small lexicon."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

MOST_TOPICS: Final = 4
_WORD = re.compile(r"[a-zà-ÿ]+(?:'[a-z]+)?")


def topics(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Return up to four lower-case topics: the `known` ones first, then by number of words."""
    words = [word.removesuffix("'s") for word in _WORD.findall(text.lower())]
    counts: dict[str, int] = {}
    lexicon = _lexicon()
    for term in (*words, *(f"{one}-{two}" for one, two in pairwise(words))):
        for topic in lexicon.get(term, ()) or lexicon.get(_singular(term), ()):
            counts[topic] = counts.get(topic, 0) + 1
    ranked = sorted(counts, key=lambda topic: -counts[topic])
    return tuple(dict.fromkeys((*known, *ranked)))[:MOST_TOPICS]


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s")


@cache
def _lexicon() -> dict[str, tuple[str, ...]]:
    source = files(__package__).joinpath("data", "topics_en.toml").read_text(encoding="utf-8")
    lexicon: dict[str, tuple[str, ...]] = {}
    for topic, terms in tomllib.loads(source)["topics"].items():
        for term in terms.split():
            lexicon[term] = (*lexicon.get(term, ()), topic)
    return lexicon
