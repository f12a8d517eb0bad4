"""Sentences of prose in any script."""
# ruff: noqa: RUF001 - letters and marks of other scripts are meant

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CLOSERS: Final = "\"'”’»)\\]」』）"
_END: Final = re.compile(
    rf"[.!?…؟]+[{_CLOSERS}]*(?=\s|$)|[。！？｡।॥]+[{_CLOSERS}]*|\s*\n\s*|(?<=\w)\s+(?=[¿¡])"
)
_ASKING: Final = re.compile(rf"[?？؟][{_CLOSERS}!！.…]*$")
_NUMBER_BEFORE: Final = re.compile(r"\b\d{1,2}\.$")
# "am 12. März": German months begin with a capital, as sentences do.
_DATE_AFTER: Final = re.compile(
    r"\s+(?:[a-zà-ÿ]|Jan|Jän|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)"
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:[a-zа-я]|dr|prof|mrs?|sra?|srta|st|bzw|ca|evtl|ggf|inkl|mind|usw|bspw|nr|tel|min|max"
    r"|np|tzw|ul|im|bijv|mevr|dhr|vs|etc|ej|ex|av|aprox|гг?|тыс|руб|см|alm"
    r"|[a-zа-я]\.[a-zа-я]{1,2})\.$",
    re.IGNORECASE,
)
_LONGEST: Final = 600
"""Characters; nobody writes a longer sentence of themselves, and it costs more than it tells."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Place of a sentence in a text, with its closing marks.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        asks: True if it ends in a question mark.
    """

    start: int
    end: int
    asks: bool


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text in order; blank ones are left out."""
    start = 0
    for mark in _END.finditer(text):
        if "\n" not in mark[0] and _within(text, start, mark):
            continue
        yield from _sentence(text, start, mark.end())
        start = mark.end()
    yield from _sentence(text, start, len(text))


def _within(text: str, start: int, mark: re.Match[str]) -> bool:
    """Return true if a full stop closes an abbreviation or an ordinal number."""
    if mark[0] != ".":
        return False
    before = text[max(start, mark.start() - 8) : mark.end()]
    if _NUMBER_BEFORE.search(before):
        return _DATE_AFTER.match(text, mark.end()) is not None
    return mark.end() < len(text) and _ABBREVIATION.search(before) is not None


def _sentence(text: str, start: int, end: int) -> Iterator[Sentence]:
    part = text[start:end]
    kept = part.strip()
    if not kept or len(kept) > _LONGEST:
        return
    start += len(part) - len(part.lstrip())
    yield Sentence(start, start + len(kept), asks=_ASKING.search(kept) is not None)
