"""Succession of claims: which of two ends the other, as it denies it or takes its place.

Everything is compared by content words. What could be a coarser or finer value, another aspect or
a passing state ends nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
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
from agent_memory_services.language.en.wordings import is_person
from agent_memory_services.language.en.words import MONTHS, are_of_one_kind, roots
from agent_memory_services.long_term_memory.consolidation.rules.ending import (
    CHOICES,
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
    placed,
    times,
)
from agent_memory_services.long_term_memory.consolidation.rules.matters import (
    OF_LIFE,
    REPLACED,
    REWISHED,
    excludes,
    has_other_day,
    is_elsewhere,
    is_further,
    is_misspelled,
    is_state,
    is_without,
    one_of_options,
)

_ENDABLE: Final = frozenset(
    {ClaimModality.FACT, ClaimModality.PLAN, ClaimModality.INSTRUCTION, ClaimModality.ABILITY}
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
        words, others = frozenset(roots(words)), frozenset(roots(others))
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
    if new.relation in OF_LIFE and is_state(new, old):
        return True
    if new.limits != old.limits and has_other_day(new, old):
        return True
    if ONLY in {*new.limits, *old.limits} and excludes(new, old):
        return True
    chosen = {new.relation, old.relation} <= CHOICES and new.single and _one_limit(new, old)
    if chosen and _contrasts(_without_repetition(new), _without_repetition(old)):
        return True
    new, old = _as_roles(new, old)
    known = not new.holder.startswith("the ") or is_elsewhere(new, old)
    aliased = new.relation in aliases(old.relation) and known
    if not aliased or not _one_limit(new, old):
        return False
    differs = [_moves_number, _contrasts, _fills_otherwise]
    if new.relation == "be":
        differs.append(is_further)
    if "without" in new.value:
        differs.append(is_without)
    if new.relation == "name":
        differs.append(is_misspelled)
    return any(rule(new, old) for rule in differs) or _has_other_value(new, old)


def _without_repetition(claim: Claim) -> Claim:
    return replace(claim, value=claim.value.removesuffix(" every time"))


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
    placed = new.relation == "be" and "/" in new.holder
    told = new.single or placed or new.modality is ClaimModality.INSTRUCTION
    if not told or new.relation == "live":
        return False
    first, second = new.value.split(), old.value.split()
    front = _shared(first, second)
    back = min(_shared(first[::-1], second[::-1]), len(first) - front, len(second) - front)
    filler, before = first[front : len(first) - back], second[front : len(second) - back]
    frame = {*first[:front], *first[len(first) - back :], *new.holder.partition("/")[2].split()}
    if not filler or not before or front == 0 or first[front - 1] not in PREPOSITIONS:
        return False
    if new.relation in _UNCERTAIN and is_person(first[:front]):
        return False
    vague = set(filler) <= set(before) or set(before) <= set(filler)
    return not vague and bool(bare(" ".join(frame)))


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many words two values share from the start."""
    pairs = zip(first, second, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


def _has_other_value(new: Claim, old: Claim) -> bool:
    words, others = bare(new.value), bare(old.value)
    vague = not words or not others or words <= others or others <= words
    if new.relation == "prefer" and " over " in new.value:
        return _preferred(new, old)
    if new.modality is ClaimModality.INSTRUCTION and one_of_options(new, old):
        return True
    if vague or not _one_kind(new, old):
        return False
    if new.modality in REWISHED:
        return REWISHED[new.modality](new, old)
    if new.relation == "prefer":
        return _preferred(new, old)
    return REPLACED.get(new.relation, _other_value)(new, old)


def _one_limit(new: Claim, old: Claim) -> bool:
    """Return true if what was said later holds wherever and whenever the older did."""
    if new.modality is ClaimModality.INSTRUCTION:
        return lasting(new) <= lasting(old)
    return new.limits == old.limits or lasting(new) == lasting(old)


def _one_kind(new: Claim, old: Claim) -> bool:
    receivers = _receivers(new), _receivers(old)
    if new.relation in _GIVEN_TO and all(receivers) and receivers[0].isdisjoint(receivers[1]):
        return False
    units = [each.unit for each in new.quantities], [each.unit for each in old.quantities]
    if (units[0] != units[1] or any(units)) and not new.single:
        return False
    return bool(times(new) & MONTHS) == bool(times(old) & MONTHS)


_GIVEN_TO: Final = frozenset({"owe", "pay", "lend", "give", "send", "tip", "charge"})
"""Verbs of which somebody is given a sum: "owes Max 200 euros"."""


def _receivers(claim: Claim) -> frozenset[str]:
    """Return who is given a sum, the words in front of it; none where no sum is told."""
    words = claim.value.split()
    numbered = (at for at, word in enumerate(words) if word[:1].isdigit())
    return bare(" ".join(words[: next(numbered, 0)])) - _HEDGES


_HEDGES: Final = frozenset(
    {"almost", "nearly", "roughly", "approximately", "just", "only", "exactly", "less", "more"}
)
"""Words that say how exact a sum is."""


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
    if is_person(first[:1]) or first[0] in {each.unit for each in new.quantities}:
        # A friend in York takes no other's place, nor do 10 mg of something that of something else.
        return first[1:] == second[1:]
    return first[1:] != second[1:] or bare(new.value) != bare(old.value)


_WITH_PLACE: Final = 2
"""Phrases of a thing and where it is."""


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
    ordered = new.modality is ClaimModality.INSTRUCTION
    if new.relation in MANY_VALUED and not (new.single or ordered):
        return False
    words, others = bare(new.value), bare(old.value)
    alone, beside_it = words - others - {"user"}, others - words - {"user"}
    if len(alone) != 1 or len(beside_it) != 1:
        return False
    differing = alone | beside_it
    return any(differing <= each for each in _CONTRASTS)


def _preferred(new: Claim, old: Claim) -> bool:
    """Return true if something else is _preferred: to the same, or of the same kind."""
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


def _heads_of(new: Claim, old: Claim) -> set[str]:
    """Return the last words of phrases that two values share, without units: "20 mg of ..."."""
    shared = set(heads(new)) & set(heads(old))
    if " of " in new.value and " of " in old.value:
        shared -= {each.unit for each in (*new.quantities, *old.quantities)}
    return shared
