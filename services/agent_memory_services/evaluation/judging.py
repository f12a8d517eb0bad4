"""Precision and recall of extracted facts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_memory_services.evaluation.golden import Golden, GoldenFact
from agent_memory_services.extraction.domain.facts import Candidate

_STARTS: Final = frozenset({"event", "expires"})


@dataclass(slots=True)
class Judgement:
    """Counts of facts and of what was found, and every mistake.

    Attributes:
        matched: facts that were to be found, and were.
        missed: facts that were not found.
        right: what was found and is true.
        invented: what was found and is no fact.
        wrong: what was found with a wrong property, such as another date.
        silent: messages without a fact.
        talkative: those of them from which something was taken all the same.
    """

    matched: int = 0
    missed: list[str] = field(default_factory=list)
    right: int = 0
    invented: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    silent: int = 0
    talkative: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is true; 1 where nothing was found."""
        return _share(self.right, len(self.invented))

    @property
    def recall(self) -> float:
        """Share of the facts that are found; 1 where there are none."""
        return _share(self.matched, len(self.missed))


def judge(found: Iterable[tuple[Golden, Sequence[Candidate]]]) -> Judgement:
    """Judge what was found in golden messages.

    A fact that is told by its wording takes one candidate, a repeated one is invented. Every
    candidate that holds the content of a fact states it, and may state others too.
    """
    judgement = Judgement()
    for golden, candidates in found:
        _judge(golden, candidates, judgement)
    return judgement


def groups(
    found: Sequence[tuple[Golden, Sequence[Candidate]]], name: Callable[[Golden], str]
) -> dict[str, Judgement]:
    """Judge what was found in each group of messages, in the order of the groups' names."""
    names = sorted({name(golden) for golden, _ in found})
    return {one: judge(each for each in found if name(each[0]) == one) for one in names}


def _judge(golden: Golden, candidates: Sequence[Candidate], judgement: Judgement) -> None:
    false = dict(enumerate(candidates))
    for fact in golden.facts:
        stating = _stating(fact, candidates, false)
        if not stating:
            judgement.missed.append(f"{golden.id}: {fact}")
            continue
        for number in stating:
            false.pop(number, None)
        judgement.matched += 1
        differences = min(
            (list(_differences(fact, candidates[number])) for number in stating), key=len
        )
        judgement.wrong += [f"{golden.id}: {difference}" for difference in differences]
    for fact in golden.also:
        for number in _stating(fact, candidates, false):
            false.pop(number, None)
    judgement.right += len(candidates) - len(false)
    judgement.invented += [f"{golden.id}: {one.text}" for one in false.values()]
    if not golden.facts:
        judgement.silent += 1
        judgement.talkative += bool(false)


def _stating(
    fact: GoldenFact, candidates: Sequence[Candidate], left: Mapping[int, Candidate]
) -> list[int]:
    """Return the numbers of the candidates that state a fact, given those that state none yet."""
    numbers = range(len(candidates)) if fact.content else left
    stating = [number for number in numbers if fact.is_stated_by(candidates[number].text)]
    return stating if fact.content else stating[:1]


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


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 1.0
