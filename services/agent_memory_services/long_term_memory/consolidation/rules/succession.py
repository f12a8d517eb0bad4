"""Succession of claims: which of two ends the other, as it denies it or takes its place.

Everything is compared by content words. What could be a coarser or finer value, another aspect or
a passing state ends nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from agent_memory_services.language.claims import (
    CORRECTED,
    END,
    MANY_VALUED,
    NEVER,
    ONLY,
    PAST,
    VERB,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en.words import MONTHS, are_of_one_kind, roots
from agent_memory_services.long_term_memory.consolidation.rules import places
from agent_memory_services.long_term_memory.consolidation.rules.ending import (
    CHOICES,
    DAYS,
    DAYTIMES,
    PREPOSITIONS,
    aliases,
    bare,
    digits,
    ends_others,
    every,
    exchanged,
    fulfils,
    has_other_time,
    heads,
    lasting,
    phrases,
    placed,
    times,
)

_ENDABLE: Final = frozenset(
    {ClaimModality.FACT, ClaimModality.PLAN, ClaimModality.INSTRUCTION, ClaimModality.ABILITY}
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


def ends(new: Claim, old: Claim) -> bool:
    """Return true if what a newer claim says ends the older one."""
    if old.relation.partition(" ")[0] == PAST and not _is_undone(new, old):
        return False
    if (rule := ends_others(new)) is not None:
        meant = _ENDABLE | _WISHED if new.relation.partition(" ")[0] == END else _ENDABLE
        return old.modality in meant and rule(new, old)
    if fulfils(new, old):
        return True
    if old.modality not in _ENDABLE and not (new.negated and old.modality in _WISHED):
        return False
    if new.holder != old.holder:
        moved = placed(new), placed(old)
        elsewhere = moved[0].holder == moved[1].holder and _contradicts(*moved)
        return has_other_time(new, old) or _is_nobody(new, old) or elsewhere
    return _allows(new, old) or _contradicts(new, old) or _puts_right(new, old)


def _puts_right(new: Claim, old: Claim) -> bool:
    """Return true if a value is said to be meant where another of its kind was said by mistake."""
    alike = new.holder == old.holder and new.relation == old.relation
    if CORRECTED not in new.limits or not alike or new.modality is not old.modality:
        return False
    words, others = bare(new.value), bare(old.value)
    denied = new.negated or old.negated or lasting(new) != lasting(old)
    if denied or not words - others or not others - words:
        return False
    if new.relation == "name" or _differs_in_one(new, old):
        return True
    kindred = new.relation not in _MANY and new.relation.partition(" ")[0] != PAST
    return kindred and are_of_one_kind(words - others, others - words)


def _differs_in_one(new: Claim, old: Claim) -> bool:
    """Return true if nothing differs but one part between words that both have."""
    first, second = new.value.split(), old.value.split()
    front = _shared(first, second)
    back = min(_shared(first[::-1], second[::-1]), len(first) - front, len(second) - front)
    return front + back > 0


def _contradicts(new: Claim, old: Claim) -> bool:
    alike = new.modality is old.modality
    if new.negated != old.negated:
        mixed = new.negated and any({new.modality, old.modality} <= each for each in _DENIABLE)
        return (alike or (mixed and _is_deniable(new, old))) and _denies(new, old)
    if not alike:
        return False
    return _moves_number(new, old) if new.negated else _replaces(new, old)


def _is_deniable(new: Claim, old: Claim) -> bool:
    """Return true if a plan or an ability that is denied is about what an older claim tells."""
    settled = old.relation in {"live", "work", "be", "have", "spouse"}
    return bool(new.value) and not (settled and new.modality is ClaimModality.PLAN)


def _allows(new: Claim, old: Claim) -> bool:
    """Return true if what somebody did not want is all right with them now."""
    fine, _, matter = new.value.partition(" with ")
    allowed = new.relation == "be" and not new.negated and fine in {"fine", "ok", "okay", "happy"}
    if new.relation == "mind" and new.negated:
        allowed, matter = True, new.value
    refused = old.negated and old.relation in {"want", "like", "use", "eat"}
    return allowed and refused and bool(matter) and bare(old.value) <= bare(matter)


def _is_undone(new: Claim, old: Claim) -> bool:
    """Return true if what was done is taken back: a booking, or what was said by mistake."""
    booked = old.relation.partition(" ")[2] in _BOOKING and new.relation == f"{END} cancel"
    return booked or new.relation == f"{END} instead" or _puts_right(new, old)


_BOOKING: Final = frozenset({"book", "reserve", "order", "schedule", "arrange", "sign up"})
_WISHED: Final = frozenset({ClaimModality.WISH, ClaimModality.POSSIBILITY})
_DENIABLE: Final = (
    {ClaimModality.FACT, ClaimModality.PLAN},
    {ClaimModality.FACT, ClaimModality.ABILITY},
    {ClaimModality.WISH, ClaimModality.INSTRUCTION},
)
"""Modalities of which one denies what was said with the other."""


def _is_nobody(new: Claim, old: Claim) -> bool:
    """Return true if whom an older claim names is not there: "has no son"."""
    path = f"{new.holder}/{new.value}"
    return new.relation == "have" and new.negated and old.holder == path


def _denies(new: Claim, old: Claim) -> bool:
    """Return true if one claim is the denial of the other."""
    words, others = bare(new.value), bare(old.value)
    if not _covers(new, old) or exchanged(new.value, old.value):
        return False
    if new.negated and old.modality is ClaimModality.INSTRUCTION:
        words, others = roots(words), roots(others)
    if new.negated:
        # "Does not drink coffee in the evening" leaves the rest of the day.
        narrower = lasting(new) - lasting(old) - {NEVER}
        return not narrower and (words <= others or (new.ended and words <= every(old)))
    if old.relation in _LIKED and words != others:
        # Who hates flying may love flying kites.
        return False
    # Whoever eats pork sometimes does not abstain from it.
    return others <= words and lasting(old) <= lasting(new)


def _covers(new: Claim, old: Claim) -> bool:
    if new.relation == old.relation:
        return True
    if NEVER in new.limits:
        # "Was never allergic to nuts" denies "is allergic to nuts".
        return new.relation == f"{PAST} {old.relation}"
    if new.ended and new.negated and new.relation in _BEARING and old.relation in _LIKED:
        return True
    # "No longer works at Acme" ends "is a nurse at Acme".
    return new.relation == "work" and new.ended and old.relation == "be" and " at " in old.value


_BEARING: Final = frozenset({"tolerate", "stand", "bear", "handle", "eat", "enjoy", "drink"})
_LIKED: Final = frozenset({"like", "prefer"})


def _replaces(new: Claim, old: Claim) -> bool:
    """Return true if a value takes the place of another, neither of them denied."""
    if _is_state(new, old):
        return True
    if _other_day(new, old) or _excludes(new, old):
        return True
    chosen = {new.relation, old.relation} <= CHOICES and new.single and _one_limit(new, old)
    if chosen and _contrasts(_without_repetition(new), _without_repetition(old)):
        return True
    new, old = _as_roles(new, old)
    aliased = new.relation in aliases(old.relation) and not new.holder.startswith("the ")
    if not aliased or not _one_limit(new, old):
        return False
    differs = (
        _moves_number,
        _is_further,
        _contrasts,
        _fills_otherwise,
        _is_without,
        _is_misspelled,
    )
    return any(rule(new, old) for rule in differs) or _has_other_value(new, old)


def _without_repetition(claim: Claim) -> Claim:
    return replace(claim, value=claim.value.removesuffix(" every time"))


def _excludes(new: Claim, old: Claim) -> bool:
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


def _as_roles(new: Claim, old: Claim) -> tuple[Claim, Claim]:
    """Return "works as a nurse" as "is a nurse" where the other of two claims is worded so."""
    if {new.relation, old.relation} != {"work", "be"}:
        return new, old
    first, second = (
        replace(each, relation="be", value=each.value.removeprefix("as "))
        if each.value.startswith("as ")
        else each
        for each in (new, old)
    )
    return first, second


def _fills_otherwise(new: Claim, old: Claim) -> bool:
    """Return true if nothing differs but what follows one preposition: "moored at ..."."""
    first, second = new.value.split(), old.value.split()
    front = _shared(first, second)
    back = min(_shared(first[::-1], second[::-1]), len(first) - front, len(second) - front)
    filler, before = first[front : len(first) - back], second[front : len(second) - back]
    frame = {*first[:front], *first[len(first) - back :], *new.holder.partition("/")[2].split()}
    if not filler or not before or front == 0 or first[front - 1] not in PREPOSITIONS:
        return False
    vague = set(filler) <= set(before) or set(before) <= set(filler)
    placed = new.relation == "be" and "/" in new.holder
    told = new.single or placed or new.modality is ClaimModality.INSTRUCTION
    return told and not vague and bool(bare(" ".join(frame))) and new.relation != "live"


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many words two values share from the start."""
    pairs = zip(first, second, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


_PROGRESS: Final = frozenset(
    "chapter page level week season episode lesson stage module draft round year grade unit".split()  # noqa: SIM905
)
"""Steps of what somebody is in the middle of, at one of them at a time."""


def _is_further(new: Claim, old: Claim) -> bool:
    """Return true if somebody got on: "on chapter 7 of the thesis"."""
    words, before = new.value.split(), old.value.split()
    if new.relation != "be" or len(words) != len(before) or words[:1] not in (["on"], ["in"]):
        return False
    differing = [at for at, pair in enumerate(zip(words, before, strict=True)) if len({*pair}) > 1]
    if len(differing) != 1 or words[differing[0] - 1] not in _PROGRESS:
        return False
    one, other = words[differing[0]], before[differing[0]]
    return one.isdigit() and other.isdigit() and (int(one) > int(other) or new.single)


def _is_without(new: Claim, old: Claim) -> bool:
    """Return true if the older value has what the newer one is said to be without."""
    words = new.value.split()
    if "without" not in words or "without" in old.value.split():
        return False
    at = words.index("without")
    lacked, kept = set(words[at + 1 :]), bare(" ".join(words[:at]))
    before = bare(old.value) - {"on"}
    return bool(lacked) and lacked <= before and kept <= before


def _is_misspelled(new: Claim, old: Claim) -> bool:
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


def _has_other_value(new: Claim, old: Claim) -> bool:
    words, others = bare(new.value), bare(old.value)
    vague = not words or not others or words <= others or others <= words
    if new.relation == "prefer" and " over " in new.value:
        return _preferred(new, old)
    if new.modality is ClaimModality.INSTRUCTION and _one_of_options(new, old):
        return True
    if vague or not _one_kind(new, old):
        return False
    rule = _REWISHED.get(new.modality, _REPLACED.get(new.relation, _other_value))
    return rule(new, old)


def _other_day(new: Claim, old: Claim) -> bool:
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
    return {word.rstrip("s") for word in limit.split()} <= DAYS | DAYTIMES


_CONTRASTS: Final = tuple(
    frozenset(each.split())
    for each in """
    red blue green yellow black white grey gray brown orange purple pink silver beige navy
    short long detailed brief
    formal casual informal friendly neutral
    eldest oldest youngest middle eld old young
    lefthanded righthanded ambidextrous
    full part
    day night early late morning evening afternoon
    junior senior lead apprentice trainee qualified intern assistant deputy head chief
    small medium large big s m l xs xl
    open closed
    broken fixed
    ill healthy well
    british american australian
    metric imperial
    celsius fahrenheit
    window aisle
    indoor outdoor
    introvert extrovert
    upstairs downstairs
    public private
    """.strip().split("\n")
)
"""Words of which one thing has one at a time."""


def _contrasts(new: Claim, old: Claim) -> bool:
    """Return true if nothing differs but one of the words of which a thing has one at a time."""
    if new.relation in MANY_VALUED and not new.single:
        return False
    words, others = bare(new.value), bare(old.value)
    alone, beside_it = words - others, others - words
    if len(alone) != 1 or len(beside_it) != 1:
        return False
    differing = alone | beside_it
    return any(differing <= each for each in _CONTRASTS)


def _other_time(new: Claim, old: Claim) -> bool:
    moments, others = times(new), times(old)
    return bool(moments and others) and bare(new.value) - moments == bare(old.value) - others


def _one_limit(new: Claim, old: Claim) -> bool:
    """Return true if what was said later holds wherever and whenever the older did."""
    if new.modality is ClaimModality.INSTRUCTION:
        return lasting(new) <= lasting(old)
    return lasting(new) == lasting(old)


def _one_kind(new: Claim, old: Claim) -> bool:
    units = [each.unit for each in new.quantities], [each.unit for each in old.quantities]
    if (units[0] != units[1] or any(units)) and not new.single:
        return False
    return bool(times(new) & MONTHS) == bool(times(old) & MONTHS)


def _preferred(new: Claim, old: Claim) -> bool:
    chosen, over, other = new.value.partition(" over ")
    kept, compared, least = old.value.partition(" over ")
    if compared:
        # Two comparisons may be of two occasions, unless the later one says that it is a change.
        turned = bare(other) == bare(kept) and bare(least) == bare(chosen)
        return new.single and bool(over) and turned
    if over:
        return bare(other) <= bare(old.value)
    alike = len(new.value.split()) == len(old.value.split()) == 1
    return bool(_heads_of(new, old)) or (new.single and alike)


def _other_value(new: Claim, old: Claim) -> bool:
    """Return true if a change is said, or an attribute has one value at a time."""
    words, others = bare(new.value), bare(old.value)
    if not new.single:
        return False
    if _other_whereabouts(new, old):
        return True
    if new.relation in _MANY or new.relation.partition(" ")[0] in {"have", VERB}:
        return bool(_heads_of(new, old)) and new.relation not in _UNCERTAIN
    numbers = digits(words), digits(others)
    if bool(numbers[0]) != bool(numbers[1]) and " " not in new.relation:
        return False
    renumbered = all(numbers) and numbers[0] != numbers[1]
    return renumbered or not words & others - _heads_of(new, old) - _TITLES


_MANY: Final = MANY_VALUED | frozenset(
    """
    like run keep feel think need help call enjoy collect own write paint bake foster feed do grow
    love try build offer follow join train coach lead manage handle host organise organize miss
    remember believe hope avoid mind say tell ask talk spend save lend owe bring carry send order
    sell fix clean share give put leave find hold hear draw sew knit climb swim
    """.split()  # noqa: SIM905
)
"""Verbs of which somebody does many things at a time."""
_TITLES: Final = frozenset("sister brother father mother aunt uncle pastor professor".split())  # noqa: SIM905
"""Titles that two names may share."""
_UNCERTAIN: Final = frozenset({"have", "like", "know", "see", "visit", "buy", "meet"})
"""Verbs of which even two things of one kind stand side by side."""


def _other_whereabouts(new: Claim, old: Claim) -> bool:
    """Return true if the same thing is done or kept elsewhere: "keeps the bike in the shed"."""
    first, second = heads(new), heads(old)
    if len(first) != len(second) or len(first) < _WITH_PLACE or first[0] != second[0]:
        return False
    return first[1:] != second[1:] or bare(new.value) != bare(old.value)


_WITH_PLACE: Final = 2
"""Phrases of a thing and where it is."""


def _is_state(new: Claim, old: Claim) -> bool:
    """Return true if a job ends its lack, a marriage begins or ends, or a diet is given up."""
    if old.relation == new.relation == "live with":
        return new.value != old.value and "nobody" in {new.value, old.value}
    if new.relation == "work" and not new.limits and _is_idle(new, old):
        return True
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


def _heads_of(new: Claim, old: Claim) -> set[str]:
    return set(heads(new)) & set(heads(old))


def _moves_number(new: Claim, old: Claim) -> bool:
    """Return true if nothing differs but one number of the same unit."""
    if new.relation != old.relation or new.holder.startswith("the "):
        return False
    if len(new.quantities) != 1 or len(old.quantities) != 1 or not _one_limit(new, old):
        return False
    [number], [past] = new.quantities, old.quantities
    if number.unit != past.unit or number.value == past.value:
        return False
    placed = re.search(
        rf"(?:^|\b(?:at|before|after|by|under|over|than|to|within) ){re.escape(number.value)}\b",
        new.value,
    )
    if not number.unit and (new.relation in {"have", "go", "meet"} or placed is None):
        return False
    words = bare(new.value) - {number.value}
    others = bare(old.value) - {past.value}
    return words == others or (others < words and new.single)


def _one_matter(new: Claim, old: Claim) -> bool:
    """Return true if two instructions are about the same: one of them in other words."""
    new, old = (replace(each, value=_without_use(each.value)) for each in (new, old))
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


def _one_of_options(new: Claim, old: Claim) -> bool:
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


def _without_use(value: str) -> str:
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
        return _other_role(new, old)
    places = {"in", "on", "at", "under", "with", "behind", "back", "near", "outside", "by"}
    first, second = (each.value.removeprefix("back ").split()[:1] for each in (new, old))
    if not (set(first) <= places and set(second) <= places):
        return new.single and old.single
    dated = [bool(times(each) & (MONTHS | DAYS)) for each in (new, old)]
    return dated[0] is dated[1]


_REPLACED: Final[Mapping[str, Callable[[Claim, Claim], bool]]] = {
    "prefer": _preferred,
    "live": _other_home,
    "work": _other_job,
    "be": _other_place,
}


def _planned_otherwise(new: Claim, old: Claim) -> bool:
    """Return true if a plan is for another time, or for another value where a change is said."""
    if _other_time(new, old):
        return True
    return new.relation == "name" and "/" in new.holder and new.value != old.value


_REWISHED: Final[Mapping[ClaimModality, Callable[[Claim, Claim], bool]]] = {
    ClaimModality.INSTRUCTION: _one_matter,
    ClaimModality.PLAN: _planned_otherwise,
}


def restates(new: Claim, old: Claim) -> bool:
    """Return true if two claims say the same."""
    return plain(new) == plain(old)


def plain(claim: Claim) -> tuple[object, ...]:
    """Return what a claim shares with all that say the same."""
    holder, value, relation, modality = claim.holder, claim.value, claim.relation, claim.modality
    if relation == "work" and value.startswith("as "):
        # "Works as a nurse" and "is a nurse".
        value, relation = value.removeprefix("as "), "be"
    if modality is ClaimModality.INSTRUCTION:
        # "Wants answers kept brief" and "wants brief answers", but not "tables before charts" and
        # "charts before tables".
        value = " ".join(sorted(map(" ".join, phrases(_without_use(value)))))
    if relation == "speak" and modality is ClaimModality.ABILITY:
        modality = ClaimModality.FACT
    words = value.split()
    if relation == "be" and value in _HABITS:
        relation, value = _HABITS[value], ""
    if relation == "be" and len(words) == _PAIR and (verb := _DOERS.get(words[-1])):
        # "Is an oboe player" and "plays the oboe".
        relation, value = verb, words[0]
    owner, _, thing = holder.partition("/")
    if relation == "be" and thing and len(words) == 1 and " " not in thing:
        # "Has a bad back" and "the back is bad".
        holder, relation, value = owner, "have", f"{words[0]} {thing}"
    # "Home town" and "hometown".
    relation, value = relation.replace(" ", ""), value.replace(" ", "")
    return holder, relation, value, claim.negated, _kept(claim.limits), claim.ended, modality


def _kept(limits: Sequence[str]) -> tuple[str, ...]:
    return tuple(each for each in limits if each != CORRECTED)


_HABITS: Final = {"snorer": "snore", "smoker": "smoke", "sleepwalker": "sleepwalk"}
"""Nouns for whoever does something that has no object."""
_PAIR: Final = 2
_DOERS: Final = {
    "player": "play", "collector": "collect", "drinker": "drink", "smoker": "smoke",
    "speaker": "speak", "keeper": "keep", "owner": "have", "lover": "like", "eater": "eat",
    "rider": "ride", "reader": "read", "learner": "learn", "user": "use", "breeder": "breed",
    "grower": "grow", "fan": "like",
}  # fmt: skip
"""Nouns for whoever does something, and the verb of what they do."""
