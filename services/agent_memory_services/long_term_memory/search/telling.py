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

from agent_memory.common.v1.memory_pb2 import Memory, MemoryType
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.en.words import NUMBERS, stem
from agent_memory_services.long_term_memory.domain import terms
from agent_memory_services.long_term_memory.search.scores import Floats, Scoresheet
from agent_memory_services.long_term_memory.search.signals import Evidence
from agent_memory_services.long_term_memory.search.temporal import intent, nearness

_REMEMBERED_TEXTS: Final = 4096
_REMEMBERED_CHARACTERS: Final = 1000
_READ: Final = 2000
"""Characters of a text that are read."""
_SHORT, _LONG, _MANY_NAMES = 4, 60, 3
_ANY_LENGTH: Final = np.log1p(150)

_NAME: Final = re.compile(r"(?<=[a-z,;:'\"] )[\"'(]?[A-Z]\w+")
_NUMBER: Final = re.compile(
    rf"\d|\b(?:{'|'.join(NUMBERS)}|hundred|thousand|twice|once)\b", re.IGNORECASE
)
_OWN: Final = re.compile(r"\b(?:I|I'm|I've|[Mm]y|[Ww]e|[Oo]ur|i|i'm|i've)\b")
_QUOTED: Final = re.compile(r"[\"\u201c]")
_REACTING: Final = re.compile(
    r"(?:thanks|thank you|wow|cool|awesome|great|nice|yeah|yes|yep|sure|ok|okay|oh|haha|lol|"
    r"congrats|that's|sounds|glad|absolutely|definitely|totally)\b",
    re.IGNORECASE,
)
_ASKING: Final = ("?", "\u061f", "\uff1f")

FEATURES: Final = (
    "length",
    "short",
    "long",
    "ends asking",
    "asks",
    "names",
    "number",
    "time",
    "own",
    "quotes",
    "reacts",
)
"""What is read of a text, each 0 to 1."""


@remembered(_REMEMBERED_TEXTS, longest=_REMEMBERED_CHARACTERS)
def features(text: str) -> tuple[float, ...]:
    """Read what a text tells by itself; see `FEATURES`."""
    text = text[:_READ]
    words = len(text.split())
    return (
        min(1.0, float(np.log1p(words) / _ANY_LENGTH)),
        float(words <= _SHORT),
        min(1.0, words / _LONG),
        float(text.rstrip().endswith(_ASKING)),
        float(any(mark in text for mark in _ASKING)),
        min(1.0, len(_NAME.findall(text)) / _MANY_NAMES),
        float(bool(_NUMBER.search(text))),
        float(nearness.mentions_time(text)),
        float(bool(_OWN.search(text))),
        float(bool(_QUOTED.search(text))),
        float(bool(_REACTING.match(text))),
    )


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

    def measure(self, memories: Sequence[Memory]) -> Floats:
        """Return how much more each memory tells than an answer usually does, below 0 for less.

        It is worth as much as it is, where a full match is worth 1.
        """
        told = np.array([features(memory.text) for memory in memories]) @ self._weights
        messages = [memory.type == MemoryType.MEMORY_TYPE_MESSAGE for memory in memories]
        return np.where(messages, told - self._usual, 0.0)

    def apply(self, memories: Sequence[Memory], sheet: Scoresheet) -> None:
        """Add what each memory tells to the scores."""
        if memories:
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
    text = files("agent_memory_services.language.en").joinpath("data", "kinds.txt")
    for line in text.read_text(encoding="utf-8").splitlines():
        names, _, members = line.partition(":")
        for name in names.split(","):
            found.setdefault(stem(name.strip()), set()).update(map(stem, members.split()))
    return {name: frozenset(members - {name}) for name, members in found.items()}


def kinds_of(question: str) -> list[frozenset[str]]:
    """Return what belongs to each kind that a question asks for, as stems that it does not hold."""
    words = terms.plain(question)
    own = frozenset(map(stem, words))
    kinds = _kinds()
    return [
        kinds[kind] - own
        for at, kind in enumerate(map(stem, words))
        if kind in kinds and not _BEFORE_A_KIND.isdisjoint(words[max(0, at - _WORDS_BEFORE) : at])
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
        held = (_stems(memory.text) for memory in evidence.memories)
        return np.array(
            [sum(not kind.isdisjoint(stems) for kind in self.kinds) for stems in held]
        ) / len(self.kinds)


@remembered(_REMEMBERED_TEXTS, longest=_REMEMBERED_CHARACTERS)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, terms.plain(text[:_READ])))


def asks_for_several(question: str) -> bool:
    """Return true if a question looks for several things, or for one of a kind."""
    return "several" in ways(question)
