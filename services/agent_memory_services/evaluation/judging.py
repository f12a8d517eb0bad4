"""Precision and recall of extracted facts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory_services.evaluation.golden import Golden, GoldenFact
from agent_memory_services.extraction.domain.facts import Candidate

_STARTS: Final = frozenset({"event", "expires"})


@dataclass(slots=True)
class Judgement:
    """Counts of facts, matched by their words, and what was wrong.

    Attributes:
        matched: facts that were to be found, and were.
        missed: facts that were not found.
        invented: what was found and is no fact.
        wrong: what was found with a wrong property, such as another date.
        silent: messages without a fact.
        talkative: those of them from which something was taken all the same.
    """

    matched: int = 0
    missed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    silent: int = 0
    talkative: int = 0

    @property
    def precision(self) -> float:
        """Share of the facts found that are right; 1 where nothing was found."""
        return _share(self.matched, len(self.invented))

    @property
    def recall(self) -> float:
        """Share of the right facts that are found; 1 where there are none."""
        return _share(self.matched, len(self.missed))


def judge(found: Iterable[tuple[Golden, Sequence[Candidate]]]) -> Judgement:
    """Judge what was found in golden messages."""
    judgement = Judgement()
    for golden, candidates in found:
        _judge(golden, list(candidates), judgement)
    return judgement


def _judge(golden: Golden, left: list[Candidate], judgement: Judgement) -> None:
    if not golden.facts:
        judgement.silent += 1
        judgement.talkative += bool(left)
    for fact in golden.facts:
        texts = set(map(_key, fact.wordings))
        match = next((one for one in left if _key(one.text) in texts), None)
        if match is None:
            judgement.missed.append(f"{golden.id}: {fact.wordings[0]}")
            continue
        left.remove(match)
        judgement.matched += 1
        judgement.wrong += [f"{golden.id}: {what}" for what in _differences(fact, match)]
    judgement.invented += [f"{golden.id}: {one.text}" for one in left]


def _differences(fact: GoldenFact, candidate: Candidate) -> Iterator[str]:
    """Yield the differences between a candidate and the fact, property by property."""
    when, ends = candidate.event_time, candidate.expire_time
    actual = {
        "kind": candidate.kind.value,
        "standing": candidate.standing,
        "slot": candidate.slot,
        "precision": when.precision.value if when else None,
        "event": when.start.isoformat() if when else "",
        "expires": ends.isoformat() if ends else "",
    }
    for name, wanted in fact.properties.items():
        if name == "entities":
            missing = set(wanted) - set(candidate.entities)
            yield from (f"no entity {entity}" for entity in sorted(missing))
        elif name in _STARTS:
            if not str(actual[name]).startswith(wanted):
                yield f"{name} {actual[name]}"
        elif actual[name] != wanted:
            yield f"{name} {actual[name]!r}"


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 1.0
