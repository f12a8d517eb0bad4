"""Topics and entities of a statement, by a small lexicon and by spelling."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from agent_memory_services.extraction.extractors.local.words import words
from agent_memory_services.language.en.words import MONTH_NAMES

MOST_TOPICS: Final = 4
_WORD = re.compile(r"[a-zà-ÿ]+(?:'[a-z]+)?")
MOST_ENTITIES: Final = 8

_TITLE = re.compile(r'"([^"]+)"')
_AMOUNT = re.compile(
    r"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)[ -]"
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|miles?|km|kg|pounds|lbs|euros|dollars"
    r"|percent)\b(?!-)"
    r"|[$€£]\d[\d,]*(?:\.\d+)?k?|\b\d+(?:\.\d+)?%|\b(?:19|20)\d\d\b"
)
_LINKS = r"(?:of|de|del|da|di|du|van|von|der|la|le|el|and|the|&)"
_CAPITALISED = r"(?:[A-Z][\w'&.+#-]*[\w+#]|[A-Z]|[a-z]+[A-Z]\w+)"
_NAME = re.compile(
    rf"(?<![\w'])(?:(?:Dr|Prof|Mr|Mrs|Ms|St)\. )?"
    rf"{_CAPITALISED}(?:(?: {_LINKS}| [A-Z]\.){{0,2}} {_CAPITALISED})*"
)
# Dates that grounding wrote in; a year the speaker named stays an entity.
_DATE = re.compile(
    rf"\b(?:\d{{1,2}} )?(?:{'|'.join(name.capitalize() for name in MONTH_NAMES)})(?: \d{{4}})?\b"
    r"|\b(?:spring|summer|autumn|fall|winter) \d{4}\b"
)
_TECH: Final = re.compile(
    r"\b(?:python|javascript|typescript|java|rust|golang|kotlin|swift|ruby|php|react|angular|vue"
    r"|svelte|django|flask|fastapi|node(?:\.js)?|postgres(?:ql)?|mysql|sqlite|redis|mongodb|kafka"
    r"|docker|kubernetes|terraform|linux|ubuntu|git|github|aws|azure|gcp|vim|neovim|emacs|pytorch"
    r"|tensorflow|pandas|numpy|graphql|grpc|c\+\+|c#|vs code)(?![\w+#])",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^User(?:'s)?(?: |$)")


def topics(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Return up to four lower-case topics: the `known` ones first, then by number of words."""
    said = [word.removesuffix("'s") for word in _WORD.findall(text.lower())]
    counts: dict[str, int] = {}
    lexicon = _lexicon()
    for term in (*said, *(f"{one}-{two}" for one, two in pairwise(said))):
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


def entities(text: str) -> tuple[str, ...]:
    """Return up to eight entities as they are written, in order of appearance."""
    found = dict.fromkeys(name for _, name in sorted(_found(text)))
    return tuple(found)[:MOST_ENTITIES]


def _found(text: str) -> Iterator[tuple[int, str]]:
    yield from ((match.start(), match[1]) for match in _TITLE.finditer(text))
    plain = _blanked(_DATE, _blanked(_TITLE, text))
    yield from ((match.start(), match[0]) for match in _AMOUNT.finditer(plain))
    names = [(match.start(), name) for match in _NAME.finditer(plain) for name in _names(match[0])]
    yield from names
    for match in _TECH.finditer(plain):
        if not any(match[0].lower() in name.lower() for _, name in names):
            yield match.start(), match[0]


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " " * len(match[0]), text)


def _names(run: str) -> Iterator[str]:
    """Split a run of capitalised words where it lists several names."""
    for part in re.split(r" and | & ", run):
        name = _SPEAKER.sub("", part).removesuffix("'s").rstrip(".")
        if name and name.lower() not in words("never_names"):
            yield name
