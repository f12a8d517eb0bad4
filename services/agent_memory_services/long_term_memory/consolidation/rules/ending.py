"""Claims that end others by what they say: an end, another time, another number, an exchange."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.claims import (
    CHANGE,
    CORRECTED,
    END,
    MOVE,
    PAST,
    SINCE,
    SWITCH,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en.wordings import is_person
from agent_memory_services.language.en.words import MONTHS, WEEKDAY_NAMES, roots

_LIKINGS: Final = frozenset({"like", "prefer", "want"})
_HAVING: Final = frozenset(
    {"have", "run", "drive", "ride", "keep", "rent", "lease", "use", "name", "foster"}
)
_BELONGING: Final = frozenset(
    """
    work be live study play attend rent teach sing train volunteer coach chair stay
    """.split()  # noqa: SIM905
)
_SWITCHING: Final = frozenset(
    {"work", "be", "use", "drink", "eat", "play", "study", "prefer", "take", "wear"}
)
_ENDED_BY: Final = {
    "sell": _HAVING,
    "leave": _BELONGING,
    "close": _HAVING | {"be", "manage", "lead"},
    "drop": frozenset({"study", "take", "do", "attend", "plan", "learn", "want"}),
    "hand back": frozenset(
        {"look", "mind", "keep", "store", "foster", "babysit", "hold", "borrow"}
    ),
    "adopt": frozenset({"foster"}),
    "pay": frozenset({"owe"}),
    "pass": frozenset({"learn", "study", "train", "prepare", "take", "revise", "plan"}),
    "job": frozenset(
        {"work", "be", "do", "run", "teach", "manage", "drive", "lead", "cook", "volunteer"}
    ),
    "gone": frozenset({"name", "have", "foster", "keep", "walk", "look"}),
}
"""Relations that a verb ends; one that is not here ends any."""
_OF_OTHERS: Final = frozenset({"hand back", "adopt", "pay"})
"""Verbs whose words name whoever gave, and what was given."""
_UNENDED: Final = {"cancel": _LIKINGS, "finish": _LIKINGS | {"have", "know"}}
"""Relations of facts that a verb never ends."""
_UNDERTAKINGS: Final = frozenset(
    """
    trip plan visit journey vacation tour event booking reservation appointment project idea
    """.split()  # noqa: SIM905
)
"""Words for what somebody planned, whatever that is."""
_JOURNEYS: Final = frozenset({"go", "travel", "fly", "visit", "sail", "attend"})
_WHEREABOUTS: Final = frozenset("house apartment room building home place studio".split())  # noqa: SIM905
_TESTS: Final = frozenset({"test", "exam", "licence", "license", "course", "class", "lesson"})
_GENERIC: Final[Mapping[str, frozenset[str]]] = {
    "live": _WHEREABOUTS,
    "live with": _WHEREABOUTS,
    "rent": _WHEREABOUTS,
    "work": frozenset(
        {"job", "position", "role", "post", "company", "firm", "career", "shift", "rota"}
    ),
    "be": frozenset({"shift"}),
    "learn": _TESTS,
    "study": _TESTS,
    "train": _TESTS,
    "prepare": _TESTS,
    "take": _TESTS,
}
"""Words that add nothing to what a relation says by itself."""


PREPOSITIONS: Final = frozenset(
    """
    in on at for to from with of by under over as near outside into about back out up before after
    around behind between call name
    """.split()  # noqa: SIM905 - a list would be a page long
)
DAYS: Final = frozenset({*WEEKDAY_NAMES, "today", "tomorrow", "am", "pm", "noon"})
DAYTIMES: Final = frozenset({"morning", "afternoon", "evening", "night", "weekend", "weekday"})


_MOST_VALUES: Final = 4096
_BRIEF: Final = 200
"""Characters of a value whose words are remembered: it is compared with many others."""


@remembered(_MOST_VALUES, longest=_BRIEF)
def bare(value: str) -> frozenset[str]:
    """Return the words of a value without what only joins them."""
    return frozenset(value.split()) - PREPOSITIONS


def every(claim: Claim) -> frozenset[str]:
    """Return all words of a claim that say something, but for the user."""
    words = (claim.holder.replace("/", " "), claim.relation, claim.value, *claim.limits)
    return bare(" ".join(words)) - {"user", CORRECTED}


_KEEPING: Final = frozenset({"keep", "park", "store", "moor", "stable", "stow", "berth", "leave"})
_PLACING: Final = frozenset("in on at under behind near outside by beside".split())  # noqa: SIM905


def placed(claim: Claim) -> Claim:
    """Return where somebody keeps something as where that is: "parks the van at the depot"."""
    words = claim.value.split()
    at = next((at for at, word in enumerate(words) if word in _PLACING), 0)
    if claim.relation == "be" and words[:1] and words[0] in _KEEPING and words[1:]:
        return replace(claim, value=" ".join(words[1:]))
    if claim.relation not in _KEEPING or claim.negated or not at:
        return claim
    path = "/".join([claim.holder, " ".join(words[:at])])
    return replace(claim, holder=path, relation="be", value=" ".join(words[at:]))


def whereabouts(claim: Claim) -> list[tuple[str, str]]:
    """Return holder and relation of claims of another holder that say where the same thing is."""
    owner, _, thing = claim.holder.partition("/")
    if claim.relation == "be" and thing and not is_person(thing.split()):
        return [(owner, each) for each in sorted(_KEEPING)]
    other = placed(claim)
    return [(other.holder, "be")] if other.holder != claim.holder else []


def heads(claim: Claim) -> list[str]:
    """Return the last word of each phrase of a value."""
    return list(_segments(claim.value.split()))


def _segments(words: Sequence[str]) -> Iterator[str]:
    last = ""
    for word in words:
        if word in PREPOSITIONS or word == "and":
            if last:
                yield last
            last = ""
        else:
            last = word
    if last:
        yield last


def phrases(value: str) -> list[tuple[str, str]]:
    """Return the phrases of a value: what leads each, and its words.

    The words of a short phrase are in the order of letters: "short answer" and "answer short". In
    a longer one the order may tell which of them belong together.
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    for word in value.split():
        if word in PREPOSITIONS | _COMPARING:
            found.append((word, []))
        elif word in _JOINING:
            found.append(("", []))
        else:
            found[-1][1].append(word)
    return [
        (lead, " ".join(words if len(words) > _SHORT else sorted(words)))
        for lead, words in found
        if words
    ]


_SHORT: Final = 3
"""Words of a phrase that say the same in any order."""


_COMPARING: Final = frozenset({"than", "then", "without", "unless", "until", "not"})
_JOINING: Final = frozenset({"and", "or", "but"})


def exchanged(one: str, other: str) -> bool:
    """Return true if two values have the same words on other sides: "tea over coffee"."""
    first, second = phrases(one), phrases(other)
    if bare(one) != bare(other) or sorted(first) == sorted(second):
        return False
    return [words for _, words in first] != [words for _, words in second]


def qualifiers(claim: Claim) -> list[str]:
    """Return the words of a first phrase that qualify "subscription", "account" and the like."""
    words = claim.value.split()
    services = {"subscription", "account", "membership", "ticket", "contract"}
    return [word for word in words if services & set(words) and word not in services]


def digits(words: Iterable[str]) -> set[str]:
    """Return the numbers among some words."""
    return {word for word in words if word[:1].isdigit()}


def times(claim: Claim) -> frozenset[str]:
    """Return the numbers, days and months in a value."""
    return _times(claim.value)


@remembered(_MOST_VALUES, longest=_BRIEF)
def _times(value: str) -> frozenset[str]:
    words = frozenset(value.split())
    return words & (MONTHS | DAYS) | digits(words)


def moments(claim: Claim) -> frozenset[str]:
    """Return the numbers, days, months and times of day in a value and in its limits."""
    words = {word.rstrip("s") for limit in claim.limits for word in limit.split()}
    return times(claim) | digits(words) | words & (MONTHS | DAYS | DAYTIMES)


def lasting(claim: Claim) -> set[str]:
    """Return the limits within which a claim holds; the day on which it began is none."""
    return {each for each in claim.limits if each.partition(" ")[0] not in {SINCE, CORRECTED}}


def ends_others(claim: Claim) -> Callable[[Claim, Claim], bool] | None:
    """Return the rule by which a claim of a relation of its own ends others, whatever theirs."""
    return _RULES.get(claim.relation.partition(" ")[0])


def _moved(new: Claim, old: Claim) -> bool:
    """Return true if the event of an older claim has another time."""
    target = roots(bare(new.value) - DAYS)
    if not target or old.holder.partition("/")[0] != new.holder.partition("/")[0]:
        return False
    own = old.holder.partition("/")[2]
    topics = roots((*heads(old), *bare(old.relation), *bare(own)))
    named = target <= roots(every(old)) and not target.isdisjoint(topics)
    return named and bool(moments(old) - moments(new))


def fulfils(new: Claim, old: Claim) -> bool:
    """Return true if somebody has now what they waited or looked for: "was given a new hip"."""
    if new.negated or new.holder != old.holder:
        return False
    verbs = new.relation.split()[-1:] + new.value.split()[:1]
    if _ACQUIRING.isdisjoint(verbs):
        return False
    awaited = _awaited(old)
    return bool(awaited) and roots(awaited) <= roots(every(new))


_ACQUIRING: Final = frozenset("get receive buy find give land obtain adopt win".split())  # noqa: SIM905
_AWAITING: Final = frozenset("wait look search apply save hope queue hunt shop".split())  # noqa: SIM905
_LISTS: Final = frozenset({"list", "lookout", "hunt"})


def _awaited(claim: Claim) -> frozenset[str]:
    """Return the words of what somebody waits, looks or saves for, or thinks of getting."""
    words = claim.value.split()
    if "for" in words:
        at = words.index("for")
        waits = claim.relation in _AWAITING or not _LISTS.isdisjoint(words[:at])
        return bare(" ".join(words[at + 1 :])) if waits else frozenset()
    wished = claim.modality in {ClaimModality.WISH, ClaimModality.POSSIBILITY, ClaimModality.PLAN}
    if wished and not _ACQUIRING.isdisjoint(words[:2]):
        return bare(claim.value) - _ACQUIRING - {"to"}
    return frozenset()


_CALENDAR: Final = MONTHS | DAYS | DAYTIMES


def has_other_time(new: Claim, old: Claim) -> bool:
    """Return true if an event is said to be at another time: "the flight is now on Friday"."""
    root, _, own = new.holder.partition("/")
    if not new.single or not own or old.holder.partition("/")[0] != root:
        return False
    said, before = moments(new), moments(old)
    if not all(each & _CALENDAR for each in (said, before)):
        return False
    event = roots((bare(own) | bare(new.value)) - said - DAYS)
    return bool(said and before) and said != before and event <= roots(every(old))


def _ended_by(new: Claim, old: Claim) -> bool:
    verb = new.relation.partition(" ")[2]
    if not _can_end(verb, new, old):
        return False
    # "User's posture" and "their posture".
    said = bare(new.value) - {"user"} or bare(new.value)
    if len(said) > 1:
        said -= _GENERIC.get(old.relation, frozenset())
        planned = old.modality is not ClaimModality.FACT or old.relation in _JOURNEYS
        said -= _UNDERTAKINGS if planned else frozenset()
    target, words = roots(said), roots(every(old))
    if verb == "job":
        return target <= words and (bool(target) or old.relation == "work")
    if verb in _OF_OTHERS:
        return bool(target) and target <= words
    own = bare(old.holder.partition("/")[2])
    borne = new.value == "pregnant" and old.value.startswith("pregnant")
    named = verb == "gone" and old.relation == "name"
    if old.holder != new.holder and is_person(own) and target.isdisjoint(roots(own)):
        return borne or (named and target <= words)
    whole = "and" not in old.value.split() or roots(bare(old.value)) <= target
    if not target <= words or not whole:
        return False
    called = bare(old.holder.partition("/")[2]) if old.relation == "name" else set()
    topics = roots((*_things(verb, old), *qualifiers(old), *bare(old.relation), *called))
    # A tooth that is out hurts no more.
    told = own if not is_person(own) else set()
    topics |= roots(bare(" ".join(old.limits)) | told) if not old.value else set()
    # Two words of one value name it, even where the last of them is not its head.
    named_twice = len(target & roots(bare(old.value))) > 1
    return bool(target & topics) or named_twice or (verb == "instead" and bool(target))


def _things(verb: str, claim: Claim) -> list[str]:
    """Return what a verb may end of a value: not the van that an insurance is for.

    A laptop from a company stays when the company is left.
    """
    thing = bool(claim.holder.partition("/")[2])
    kept = _ORIGINS if thing or claim.relation == "have" else frozenset[str]()
    beside = _COMPLEMENTS if verb in _OF_THINGS else kept
    words = claim.value.split()
    own = list(takewhile(lambda word: word not in beside, words))
    measures = _MEASURES.union(each.unit for each in claim.quantities)
    if words[len(own) : len(own) + 1] == ["of"] and not measures.isdisjoint(own[-1:]):
        # A pair of skis is skis.
        return heads(claim)
    return list(_segments(own)) if own or thing else heads(claim)


_OF_THINGS: Final = frozenset({"sell", "gone"})
"""Verbs that end a thing, and nothing that is for it, of it or about it."""
_ORIGINS: Final = frozenset({"from"})
_COMPLEMENTS: Final = _ORIGINS | {"for", "of", "about", "to"}
_MEASURES: Final = frozenset(
    """
    pair set bottle box bag case crate pack packet jar tin can glass cup piece bit slice lot couple
    dozen collection stack pile bunch herd flock litter fleet range number roll sheet kind type sort
    """.split()  # noqa: SIM905 - a list would be a page long
)
"""Words that only count or hold what is named behind "of"."""


def _can_end(verb: str, new: Claim, old: Claim) -> bool:
    """Return true if a verb of ending can be said of what an older claim tells."""
    owned = old.holder == new.holder or old.holder.startswith(f"{new.holder}/")
    if old.negated or not owned or old.relation not in _ENDED_BY.get(verb, {old.relation}):
        return False
    if old.modality is ClaimModality.FACT and old.relation in _UNENDED.get(verb, ()):
        return False
    # Who stopped drinking coffee on weekdays drinks it on other days.
    return not lasting(new) - lasting(old)


def _renumbered(new: Claim, old: Claim) -> bool:
    """Return true if what an older claim counts has another number now."""
    counted = len(new.quantities) == len(old.quantities) == 1
    if new.holder != old.holder or not counted or old.negated:
        return False
    [number], [past] = new.quantities, old.quantities
    named = roots(bare(new.value) - _RATES)
    if number.unit != past.unit or number.value == past.value or not named <= roots(every(old)):
        return False
    if not named:
        return bool(number.unit) and "/" in new.holder
    units = {number.unit, *_PERIODS}
    if bare(new.value) <= units:
        # A raise ends no other sum than what is earned.
        return bare(old.value) <= {*units, *_EXTENTS, past.value}
    return bool(named & roots((*heads(old), *bare(old.relation))))


_EXTENTS: Final = frozenset("tall high long wide deep heavy".split())  # noqa: SIM905
_PERIODS: Final = frozenset({"day", "week", "month", "year", "h", "night"})
_RATES: Final = frozenset({"rate", "price", "fee", "cost", "charge", "amount", "number", "level"})
"""Words that say no more than a number does."""


def _switched(new: Claim, old: Claim) -> bool:
    if new.holder != old.holder:
        return False
    chosen, _, matter = new.value.partition(" for ")
    if matter and old.modality is not ClaimModality.FACT:
        return roots(bare(matter)) <= roots(every(old)) and not bare(chosen) <= every(old)
    if old.relation not in _SWITCHING:
        return False
    return not set(heads(new)).isdisjoint(heads(old)) and not bare(old.value) <= bare(new.value)


_RULES: Final[Mapping[str, Callable[[Claim, Claim], bool]]] = {
    END: _ended_by,
    MOVE: _moved,
    SWITCH: _switched,
    CHANGE: _renumbered,
}
ENDING: Final = tuple(_RULES)
"""First words of the relations whose claims end others, whatever the relation of those is."""
_ALIASES: Final = (frozenset({"manager", "boss", "supervisor", "line manager"}),)
"""Relations of which one has the value of the other."""
CHOICES: Final = frozenset({"book", "take", "choose", "pick", "prefer", "reserve", "request"})
"""Relations that say which of several things of one kind somebody has."""
_STATES: Final = (
    frozenset({"work", "start", "be", "spouse", "look"}),
    frozenset({"be", "eat"}),
    CHOICES,
)
"""Relations whose claims end each other: a job ends its lack, a marriage its opposite."""


def aliases(relation: str) -> frozenset[str]:
    """Return the relations of which a claim may take the place of one of this relation."""
    return next((each for each in _ALIASES if relation in each), frozenset({relation}))


def touching(claim: Claim) -> frozenset[str]:
    """Return the relations of claims about the same holder that may be the same, or may end."""
    family, _, verb = claim.relation.partition(" ")
    if family == PAST:
        # What is over and done neither ends nor is ended; its words lead to what repeats it.
        return frozenset()
    if family == END:
        return _ENDED_BY.get(verb, frozenset()) | {claim.relation}
    if family == SWITCH:
        return _SWITCHING | {claim.relation}
    states = (each for each in _STATES if claim.relation in each)
    return aliases(claim.relation).union(*states)


def telling(claim: Claim) -> frozenset[str]:
    """Return the words that a claim shares with what it repeats, denies or ends."""
    numbers = {each.value for each in claim.quantities}
    words = bare(claim.value) - MONTHS - DAYS - numbers
    words -= digits(words)
    if claim.relation.partition(" ")[0] in _RULES and len(words) > 1:
        words = words.difference(_UNDERTAKINGS, _WHEREABOUTS) or words
    return frozenset(words)


def at_other_times(claim: Claim) -> frozenset[str]:
    """Return the words of an event that a claim may give another time; none where it gives none."""
    _, _, own = claim.holder.partition("/")
    if not claim.single or not own or not moments(claim):
        return frozenset()
    return frozenset((bare(own) | bare(claim.value)) - moments(claim) - DAYS - MONTHS)
