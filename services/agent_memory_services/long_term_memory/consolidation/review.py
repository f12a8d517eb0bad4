"""Review of merges that were made before: those that the present rules would take apart.

Merged facts are not opened again by themselves. A review reads what was merged, compares the
originals with each other by their claims and their words, and changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.language.en.words import STOP_WORDS, stem
from agent_memory_services.long_term_memory.consolidation.rules import comparing, periods
from agent_memory_services.long_term_memory.consolidation.rules.reading import claims_of

_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 6
"""Words that a reason names."""


class Finding(StrEnum):
    """Judgements of a merge."""

    SOUND = "sound"
    """The present rules would merge the originals, too."""
    APART = "apart"
    """They differ in what the present rules never merge."""
    UNSURE = "unsure"
    """Only a model could tell that they say the same, and may have."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two originals that the present rules would not merge.

    Attributes:
        one: Id of the first.
        other: Id of the second.
        finding: `APART` or `UNSURE`.
        reason: Why, in words.
    """

    one: str
    other: str
    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewedMerge:
    """A merged memory, its originals, and what the present rules say of them.

    Attributes:
        merged: The memory that readers see.
        originals: What it was made of, the earliest first.
        doubts: Pairs that the present rules would not merge; empty for a sound merge.
    """

    merged: Memory
    originals: Sequence[Memory]
    doubts: Sequence[Doubt]

    @property
    def finding(self) -> Finding:
        """The worst that is found of any two originals."""
        found = {each.finding for each in self.doubts}
        return next(
            (each for each in (Finding.APART, Finding.UNSURE) if each in found), Finding.SOUND
        )


def reviewed(memories: Iterable[Memory]) -> Iterator[ReviewedMerge]:
    """Judge every merge among memories, hidden ones included; waits for the parser.

    Merges whose record or whose originals are no longer there are left out.
    """
    known = {each.id: each for each in memories}
    for merged in known.values():
        linked = (known.get(each) for each in merged.provenance.memory_ids)
        originals = [each for each in linked if each and each.merged_into == merged.id]
        if len(originals) > 1:
            pairs = combinations(originals, 2)
            doubts = [doubt for one, other in pairs if (doubt := _doubt(one, other))]
            yield ReviewedMerge(merged, originals, doubts)


def _doubt(one: Memory, other: Memory) -> Doubt | None:
    reason = _difference(one, other)
    if reason:
        return Doubt(one.id, other.id, Finding.APART, reason)
    if _plain(one.text) == _plain(other.text) or comparing.same(one, other):
        return None
    alone, beside = _content(one.text), _content(other.text)
    apart = {**alone, **beside}
    words = ", ".join(sorted(apart[each] for each in alone.keys() ^ beside.keys())[:_MOST_WORDS])
    reason = f"they differ in words: {words}" if words else "they are put differently"
    return Doubt(one.id, other.id, Finding.UNSURE, reason)


def _difference(one: Memory, other: Memory) -> str:
    """Return what certainly tells two facts apart; empty where nothing does."""
    first, second = claims_of(one), claims_of(other)
    if not comparing.agree_on_marks(one.text, other.text):
        return "they differ in numbers, single letters or signs"
    if first and second:
        if {each.holder for each in first}.isdisjoint(each.holder for each in second):
            return "they are about different people or things"
        if comparing.ends(one, other) or comparing.ends(other, one):
            return "they contradict each other"
        if comparing.conflict(one, other):
            return "they contradict each other in part"
        if {each.limits for each in first} != {each.limits for each in second}:
            return "they hold at different times or places"
    return "" if periods.may_merge(one, other) else "they tell of different times"


def _plain(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _content(text: str) -> dict[str, str]:
    """Return the content words of a text by their stems."""
    return {stem(word): word for word in _plain(text) if word not in STOP_WORDS}
