"""Matters with rules of their own: homes, jobs, states of life, days, orders and plans.

Each tells by two claims of one matter whether the newer one takes the place of the older.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from agent_memory_services.language.claims import (
    ONLY,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en.words import MONTHS
from agent_memory_services.long_term_memory.consolidation.rules import places
from agent_memory_services.long_term_memory.consolidation.rules.ending import (
    DAYS,
    DAYTIMES,
    PREPOSITIONS,
    bare,
    digits,
    heads,
    lasting,
    times,
)

_UNMARRIED: Final = frozenset({"single", "divorced", "widowed", "divorce", "widow"})

_DWELLINGS: Final = frozenset(
    """
    house apartment room building home studio cottage caravan cabin bungalow houseboat barge hostel
    dorm dormitory mansion loft basement attic annexe trailer van tent yurt villa farmhouse farm
    flatshare
    """.split()  # noqa: SIM905 - a list would be a page long
)

_SELF_EMPLOYED: Final = frozenset({"selfemploye", "selfemployed", "freelance"})

_JOBLESS: Final = frozenset(
    {
        "unemployed",
        "jobless",
        "retired",
        "retire",
        "between job",
        "out of work",
        "selfemploye",
        "selfemployed",
    }
)

_PROGRESS: Final = frozenset(
    "chapter page level week season episode lesson stage module draft round year grade unit".split()  # noqa: SIM905
)
"""Steps of what somebody is in the middle of, at one of them at a time."""


def is_further(new: Claim, old: Claim) -> bool:
    """Return true if somebody got on: "on chapter 7 of the thesis"."""
    words, before = new.value.split(), old.value.split()
    if new.relation != "be" or len(words) != len(before) or words[:1] not in (["on"], ["in"]):
        return False
    differing = [at for at, pair in enumerate(zip(words, before, strict=True)) if len({*pair}) > 1]
    if len(differing) != 1 or words[differing[0] - 1] not in _PROGRESS:
        return False
    one, other = words[differing[0]], before[differing[0]]
    return one.isdigit() and other.isdigit() and (int(one) > int(other) or new.single)


def is_misspelled(new: Claim, old: Claim) -> bool:
    """Return true if a name is put right in a letter or two."""
    one, other = new.value, old.value
    if new.relation != "name" or one[:1] != other[:1] or min(len(one), len(other)) < _NAMED:
        return False
    spoken = _VOWELS.sub("", one) == _VOWELS.sub("", other)
    alike = spoken or SequenceMatcher(None, one, other).ratio() >= _ALIKE
    return alike and abs(len(one) - len(other)) <= 1


_VOWELS: Final = re.compile("[aeiouyàáâäåèéêëìíîïòóôöøùúûü]")

_NAMED: Final = 4
"""Letters of a name that may be misspelled."""

_ALIKE: Final = 0.7
"""Share of the letters that a misspelled name has in common with the right one."""


def _other_time(new: Claim, old: Claim) -> bool:
    moments, others = times(new), times(old)
    return bool(moments and others) and bare(new.value) - moments == bare(old.value) - others


OF_LIFE: Final = frozenset({"live with", "work", "start", "spouse", "be", "eat"})
"""Relations of states of life."""


def is_state(new: Claim, old: Claim) -> bool:
    """Return true if a job ends its lack, a marriage begins or ends, or a diet is given up."""
    if old.relation == new.relation == "live with":
        return new.value != old.value and "nobody" in {new.value, old.value}
    if new.relation == "work" and not new.limits and _is_idle(new, old):
        return True
    if new.relation == "start" and old.relation in {"be", "look"} and not new.negated:
        begun = new.value.partition(" ")[0] in {"as", "work", "job"}
        return begun and (old.relation == "look" or old.value in _JOBLESS) and _is_idle(new, old)
    if old.relation == "be" and new.relation == "spouse":
        return old.value in _UNMARRIED or old.value.split()[:1] == ["engage"]
    if old.relation == "be" and old.value in _DIETS:
        eaten = _EXCLUDED[old.value] & set(new.value.split()) if new.relation == "eat" else ()
        other = new.relation == "be" and new.value in _DIETS and new.value != old.value
        return new.single and (bool(eaten) or other)
    return old.relation == "spouse" and new.relation == "be" and new.value in _UNMARRIED


def _is_idle(new: Claim, old: Claim) -> bool:
    """Return true if somebody who works now was out of work, on leave or looking for a job."""
    if old.relation == "look":
        return old.value.startswith("for job")
    if old.relation != "be":
        return False
    if old.value in _SELF_EMPLOYED:
        return new.value.startswith("for ")
    on_leave = old.value.startswith("on ") and old.value.endswith(" leave")
    return old.value in _JOBLESS or (on_leave and not new.value)


_MEAT: Final = frozenset("meat chicken beef pork lamb turkey ham bacon steak sausage".split())  # noqa: SIM905

_FISH: Final = frozenset("fish seafood salmon tuna shrimp prawn".split())  # noqa: SIM905

_ANIMAL: Final = frozenset("egg dairy cheese milk butter honey yoghurt yogurt".split())  # noqa: SIM905

_EXCLUDED: Final = {
    "vegan": _MEAT | _FISH | _ANIMAL,
    "vegetarian": _MEAT | _FISH,
    "pescatarian": _MEAT,
}

_DIETS: Final = frozenset(_EXCLUDED)


def _one_matter(new: Claim, old: Claim) -> bool:
    """Return true if two instructions are about the same: one of them in other words."""
    new, old = (replace(each, value=without_use(each.value)) for each in (new, old))
    first, second = new.value.split(), old.value.split()
    topics = set(heads(new)[:1]) & set(heads(old)[:1])
    if _differs_behind(first, second):
        return True
    if topics:
        return _same_before(new, old, topics)
    return len(first) > 1 and first[:2] == second[:2] and new.single


_OPTIONS: Final = (
    ((), (frozenset({"24hour"}), frozenset({"12hour", "am", "pm"}))),
    (
        ("answer", "summary", "explanation", "reply", "recap", "description"),
        (
            frozenset({"sentence"}),
            frozenset({"paragraph"}),
            frozenset({"page"}),
            frozenset({"short", "brief", "concise", "terse"}),
            frozenset({"long", "detailed", "thorough", "full"}),
        ),
    ),
)
"""Ways of one thing that are chosen between, with words for the thing; none where they name it."""


def one_of_options(new: Claim, old: Claim) -> bool:
    """Return true if two instructions choose differently between the ways of one thing."""
    words, others = bare(new.value), bare(old.value)
    for things, ways in _OPTIONS:
        chosen, before = (
            {at for at, way in enumerate(ways) if not way.isdisjoint(each)}
            for each in (words, others)
        )
        named = not things or bool(words & others & set(things))
        if named and chosen and before and chosen.isdisjoint(before):
            return True
    return False


def without_use(value: str) -> str:
    """Return an instruction's value without words that only say that it is to be followed."""
    return " ".join(word for word in value.split() if word not in {"use", "keep"})


def _differs_behind(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return true if nothing differs but what follows "to be called" or the like."""
    shared = 0
    for word, other in zip(first, second, strict=False):
        if word != other:
            break
        shared += 1
    return shared >= _FRAME and first[:2] == ["to", "be"]


_FRAME: Final = 3
"""Words such as "to be called" or "to be addressed", behind which a value stands."""


def _same_before(new: Claim, old: Claim, topics: set[str]) -> bool:
    """Return true if either the words before the head differ, or those behind it, not both."""
    first, second = new.value.split(), old.value.split()
    head = next(iter(topics))
    at = first.index(head), second.index(head)
    before = first[: at[0]] != second[: at[1]]
    rest, others = first[at[0] + 1 :], second[at[1] + 1 :]
    # "Explained in detail" and "explained with examples" go together.
    led = bool({*rest[:1], *others[:1]} & PREPOSITIONS) and rest[:1] != others[:1]
    return before != (rest != others) and (before or not led)


def _other_home(new: Claim, old: Claim) -> bool:
    """Return true if a home takes the place of another: a move was said, or both are towns.

    A district, a country and a place that nobody knows may lie in or around the other one.
    """
    words, others = bare(new.value), bare(old.value)
    if words & others:
        return "floor" in words & others
    at_both = new.value.startswith("at ") and old.value.startswith("at ")
    if at_both:
        return all(digits(each) for each in (words, others)) or new.single
    if new.single and _is_dwelling(words) and (_is_dwelling(others) or "floor" in others):
        return True
    in_both = new.value.startswith("in ") and old.value.startswith("in ")
    if not in_both or _DWELLINGS & (words | others):
        return False
    if places.may_lie_in(words, others) or places.may_lie_in(others, words):
        return False
    return new.single or (places.is_town(new.value) and places.is_town(old.value))


def _is_dwelling(words: AbstractSet[str]) -> bool:
    return not _DWELLINGS.isdisjoint(words)


def _other_job(new: Claim, old: Claim) -> bool:
    kind = new.value.partition(" ")[0]
    if kind not in {"for", "as"} or old.value.partition(" ")[0] != kind:
        return False
    passing = {"volunteer", "freelancer", "intern", "usher", "and"}
    if passing & set(new.value.split()) or passing & set(old.value.split()):
        return False
    words, others = bare(new.value), bare(old.value)
    shared = words & others
    return not shared or (kind == "for" and set(heads(new)) == set(heads(old)))


def _other_role(new: Claim, old: Claim) -> bool:
    """Return true if somebody is something else at the same place now."""
    role, _, place = new.value.partition(" at ")
    before, _, there = old.value.partition(" at ")
    shared = bool(place and there) and not set(place.split()).isdisjoint(there.split())
    if shared:
        return new.single and set(role.split()).isdisjoint(before.split())
    first, second = role.split(), before.split()
    modified = len(first) == len(second) > 1 and first[-1] == second[-1] and not place and not there
    return new.single and modified and first[0] not in PREPOSITIONS


def _other_place(new: Claim, old: Claim) -> bool:
    """Return true if a thing is somewhere else, or an attribute is something else."""
    if "/" not in new.holder:
        return is_elsewhere(new, old) or _other_role(new, old)
    if not _are_places(new, old):
        return new.single and old.single
    dated = [bool(times(each) & (MONTHS | DAYS)) for each in (new, old)]
    return dated[0] is dated[1]


_LED: Final = frozenset("in on at under with behind back near outside by home".split())  # noqa: SIM905


def _are_places(*claims: Claim) -> bool:
    led = (each.value.removeprefix("back ").split()[:1] for each in claims)
    return all(_LED.issuperset(each) for each in led)


def is_elsewhere(new: Claim, old: Claim) -> bool:
    """Return true if a thing that is nobody's is said to be somewhere else now: "the spare key"."""
    if not new.single or new.relation != "be" or not new.holder.startswith("the "):
        return False
    return bool(new.value and old.value) and _are_places(new, old)


REPLACED: Final[Mapping[str, Callable[[Claim, Claim], bool]]] = {
    "live": _other_home,
    "work": _other_job,
    "be": _other_place,
}


def _planned_otherwise(new: Claim, old: Claim) -> bool:
    """Return true if a plan is for another time, or for another value where a change is said."""
    if _other_time(new, old):
        return True
    return new.relation == "name" and "/" in new.holder and new.value != old.value


REWISHED: Final[Mapping[ClaimModality, Callable[[Claim, Claim], bool]]] = {
    ClaimModality.INSTRUCTION: _one_matter,
    ClaimModality.PLAN: _planned_otherwise,
}


def excludes(new: Claim, old: Claim) -> bool:
    """Return true if "only ..." stands against another value, and a change is said."""
    alone = ONLY in new.limits or ONLY in old.limits
    if not alone or not new.single or new.relation != old.relation or new.relation in _SETTLED:
        return False
    values = bare(new.value), bare(old.value)
    led = {each.value.partition(" ")[0] for each in (new, old)} & PREPOSITIONS
    alike = lasting(new) - {ONLY} == lasting(old) - {ONLY}
    return alike and not led and all(values) and values[0].isdisjoint(values[1])


_SETTLED: Final = frozenset({"be", "work", "live", "do"})
"""Relations beside whose values "only" says something else each time."""


def has_other_day(new: Claim, old: Claim) -> bool:
    """Return true if something is done on another day now."""
    days, others = lasting(new), lasting(old)
    said = [{*each.relation.split(), *each.value.split()} for each in (new, old)]
    if said[0] != said[1] or days == others or not days or not others:
        return False
    if new.relation == "want":
        return True
    if not new.single:
        return False
    return all(each and all(map(_is_day, each)) for each in (days, others))


def _is_day(limit: str) -> bool:
    words = {word.rstrip("s") for word in limit.split()} - {"every", "each"}
    return bool(words) and words <= DAYS | DAYTIMES


def is_without(new: Claim, old: Claim) -> bool:
    """Return true if the older value has what the newer one is said to be without."""
    words = new.value.split()
    if "without" not in words or "without" in old.value.split():
        return False
    at = words.index("without")
    lacked, kept = set(words[at + 1 :]), bare(" ".join(words[:at]))
    before = bare(old.value) - {"on"}
    return bool(lacked) and lacked <= before and kept <= before
