"""Second reading of candidates: what a message tells at all, and the kinds that a question names.

telling   A question or a thank-you seldom answers anything; who tells of themselves, with names,
          numbers and times, often does. A weighted sum of some twenty numbers, of which all that
          concerns the memory alone depends on its text alone. `scripts/train_telling.py` chose
          the weights, in `telling.json`, on conversations of several kinds.
kind      "Which instruments does Ann play?" is answered by a cello. What belongs to a kind stands
          in the English word lists of `language/en/data/kinds.txt`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from agent_memory_services.language.en.words import kinds, stem
from agent_memory_services.long_term_memory.domain import terms, traits
from agent_memory_services.long_term_memory.domain.columns import Readable, table_of
from agent_memory_services.long_term_memory.domain.traits import FEATURES
from agent_memory_services.long_term_memory.search.scores import Floats, Scoresheet
from agent_memory_services.long_term_memory.search.signals import Evidence
from agent_memory_services.long_term_memory.search.temporal import intent

_ASKED: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "who": (re.compile(r"\bwho(?:se|m)?\b", re.IGNORECASE), "names"),
    "where": (re.compile(r"\b(?:where|city|town|place|country|state)\b", re.IGNORECASE), "names"),
    "many": (re.compile(r"\bhow (?:many|much|often|old)\b", re.IGNORECASE), "number"),
    "several": (
        re.compile(
            r"\b(?:which|names? of|all|(?:kind|type)s? of|what (?:are|were|\w+s)\b)", re.IGNORECASE
        ),
        "names",
    ),
    "why": (re.compile(r"\b(?:why|how (?:did|does|do))\b", re.IGNORECASE), "length"),
}
_WHEN: Final = ("when", "time")
ASKED: Final = (_WHEN, *((name, feature) for name, (_, feature) in _ASKED.items()))
"""Ways of asking, each with the feature that counts otherwise then."""


def ways(question: str) -> frozenset[str]:
    """Return the ways in which a question asks; see `ASKED`."""
    found = {name for name, (pattern, _) in _ASKED.items() if pattern.search(question)}
    return frozenset(found | {"when"} if intent.asks_when(question) else found)


@dataclass(frozen=True, slots=True)
class TellingWeights:
    """Weights of what a text tells, where a full match is worth 1.

    Attributes:
        features: of each of `FEATURES`.
        asked: of the feature of each way in `ASKED`, on top, where a question asks so.
        usual: what the features of an answer usually add up to.
    """

    features: Mapping[str, float]
    asked: Mapping[str, float]
    usual: float

    def of(self, asking: frozenset[str]) -> Floats:
        """Return the weight of each feature for the ways of a question."""
        weights = dict(self.features)
        for way, feature in ASKED:
            if way in asking:
                weights[feature] += self.asked[way]
        return np.array([weights[name] for name in FEATURES])


TELLING: Final = TellingWeights(
    **json.loads(files(__package__).joinpath("telling.json").read_text(encoding="utf-8"))
)


class Telling:
    """Lifts messages that tell something over others, for a way of asking.

    Only messages tell more or less: what is no message was kept for what it tells, and stays where
    it is. A message that tells as much as answers usually do stays as well.
    """

    name: Final = "telling"

    def __init__(self, question: str, weights: TellingWeights = TELLING) -> None:
        """Read messages for a question."""
        self._weights = weights.of(ways(question))
        self._usual = weights.usual

    def measure(self, memories: Readable) -> Floats:
        """Return how much more each memory tells than an answer usually does, below 0 for less.

        It is worth as much as it is, where a full match is worth 1.
        """
        table = table_of(memories)
        told = table.numbers("features") @ self._weights
        return np.where(table.flag(traits.MESSAGE), told - self._usual, 0.0)

    def apply(self, memories: Readable, sheet: Scoresheet) -> None:
        """Add what each memory tells to the scores."""
        if len(memories):
            values = self.measure(memories)
            # No score is below 0.
            sheet.add(self.name, values, np.maximum(values, -sheet.scores))


_BEFORE_A_KIND: Final = frozenset(
    """
    what which how name names kind kinds type types all any list sort sorts genre species favorite
    favourite
    """.split()  # noqa: SIM905
)
_WORDS_BEFORE: Final = 2


@cache
def _kinds() -> Mapping[str, frozenset[str]]:
    """Return the stems of what belongs to a kind, by the stem of its name."""
    found: dict[str, set[str]] = {}
    for names, members in kinds():
        for name in names:
            found.setdefault(stem(name), set()).update(map(stem, members))
    return {name: frozenset(members - {name}) for name, members in found.items()}


def kinds_of(question: str) -> list[frozenset[str]]:
    """Return what belongs to each kind that a question asks for, as stems that it does not hold."""
    words = terms.plain(question)
    own = frozenset(map(stem, words))
    known = _kinds()
    return [
        known[kind] - own
        for at, kind in enumerate(map(stem, words))
        if kind in known and not _BEFORE_A_KIND.isdisjoint(words[max(0, at - _WORDS_BEFORE) : at])
    ]


@dataclass(frozen=True, slots=True)
class Kinds:
    """Share of the kinds that a question asks for of which a memory names an instance.

    Attributes:
        weight: worth of naming an instance of each.
        kinds: the stems of the instances of each kind.
    """

    weight: float
    kinds: Sequence[frozenset[str]]
    name: str = "kind"

    def measure(self, evidence: Evidence) -> Floats:
        """Return each memory's share of the kinds."""
        table = evidence.table
        held = np.zeros(len(table))
        for kind in self.kinds:
            keys = np.fromiter(terms.keys_of(kind), dtype=np.uint32)
            _, owners, _ = table.find(table.columns.plain, keys)
            held[np.unique(owners)] += 1.0
        shares: Floats = held / len(self.kinds)
        return shares
