"""Comparison of what two memories claim: the same, or a newer one that ends the older.

Everything is compared by content words. What could be a coarser or finer value, another aspect, a
passing state or a part of what a memory says ends nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.claims import (
    CHANGE,
    END,
    MANY_VALUED,
    MOVE,
    PAST,
    SINCE,
    SWITCH,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en.words import MONTHS, NEGATIONS, NUMBERS, STOP_WORDS, stem
from agent_memory_services.long_term_memory.consolidation.rules import places
from agent_memory_services.long_term_memory.consolidation.rules.reading import claims_of

_PREPOSITIONS: Final = frozenset(
    """
    in on at for to from with of by under over as near outside into about back out up before after
    around behind between call name
    """.split()  # noqa: SIM905 - a list would be a page long
)
_DAYS: Final = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "today",
        "tomorrow",
        "am",
        "pm",
        "noon",
    ]
)
_LIKINGS: Final = frozenset({"like", "prefer", "want"})
_HAVING: Final = frozenset({"have", "run", "drive", "ride", "keep", "rent", "lease"})
_BELONGING: Final = frozenset({"work", "be", "live", "study", "play", "attend", "rent", "teach"})
_ENDABLE: Final = frozenset(
    {ClaimModality.FACT, ClaimModality.PLAN, ClaimModality.INSTRUCTION, ClaimModality.ABILITY}
)
_UNDERTAKINGS: Final = frozenset({"trip", "plan", "visit", "journey", "vacation", "tour", "event"})
"""Words for what somebody planned, whatever that is."""
_SWITCHING: Final = frozenset({"work", "be", "use", "drink", "eat", "play", "study", "prefer"})
_ENDED_BY: Final = {"sell": _HAVING, "leave": _BELONGING, "job": frozenset({"work"})}
_WEIGHED: Final = frozenset({"live", "work", "name"})
_UNMARRIED: Final = frozenset({"single", "divorced", "widowed", "divorce", "widow"})
_DWELLINGS: Final = frozenset(
    {"house", "apartment", "room", "building", "home", "studio", "cottage"}
)
_JOBLESS: Final = frozenset({"unemployed", "jobless", "retired"})


def same(one: Memory, other: Memory) -> bool:
    """Return true if two memories say the same: in the same words, or by the same claims."""
    if not agree_on_marks(one.text, other.text):
        return False
    words = words_of(one.text)
    if words and words == words_of(other.text):
        return True
    if {"husband", "wife"} <= set(words) ^ set(words_of(other.text)):
        return False
    first, second = claims_of(one), claims_of(other)
    return bool(first) and Counter(map(_plain, first)) == Counter(map(_plain, second))


def may_be_same(one: Memory, other: Memory) -> bool:
    """Return true if numbers, denials and names agree, so that two memories may say the same."""
    first, second = set(words_of(one.text)), set(words_of(other.text))
    denied = [sum(word in NEGATIONS for word in words_of(each.text)) for each in (one, other)]
    return (
        agree_on_marks(one.text, other.text)
        and denied[0] == denied[1]
        and _names_in(one.text) <= second
        and _names_in(other.text) <= first
    )


_WORD: Final = re.compile(
    r"(?<!\w)[+-]?\d+(?:[.:,/-]\d+)*[^\W\d_]*|[^\W\d_][^\W_]*(?:['.:/-][^\W_]+)*"
    r"|[^\w\s.,;!'\"()\[\]\u2010-\u2015\u201c\u201d\u2026-]"
)
_NO_NAMES: Final = frozenset({"user", "the", "i"})


@remembered(1024, longest=256)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are, without regard to case and punctuation."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").casefold()
    return tuple(_WORD.findall(plain.rstrip(".! ")))


def _names_in(text: str) -> set[str]:
    """Return the words with a capital; the first one counts unless it is a common one."""
    capitals = (word for word in _WORD.findall(text.replace("\u2019", "'")) if word[0].isupper())
    names = {word.casefold().removesuffix("'s") for word in capitals}
    return names - _NO_NAMES - STOP_WORDS


_MARK: Final = re.compile(
    r"[+-]?\d[\w.:,/+-]*|(?<![\w'])[A-Za-z](?![\w']|-\w)[+#*-]*|[+#%&€$£]|\b[A-Z]{2,4}\b"
)


def agree_on_marks(one: str, other: str) -> bool:
    """Return true if two texts hold the same numbers, single letters and signs."""
    return _marks(one) == _marks(other)


def _marks(text: str) -> Counter[str]:
    plain = text.strip().rstrip(".!")
    found = (each.group().strip().rstrip(".,:") for each in _MARK.finditer(plain))
    written = (NUMBERS[word] for word in plain.casefold().split() if word in NUMBERS)
    marks = (each for each in found if each not in {"I", "a"} and _is_mark(each))
    return Counter(map(_unified, chain(marks, written)))


def _is_mark(word: str) -> bool:
    """Return true for a number, a sign, a single letter, and what without capitals is no word."""
    return not word.isalpha() or len(word) == 1 or word.casefold() in STOP_WORDS - {"am"}


def _unified(mark: str) -> str:
    """Return one form of "4th", "1,020" and "9am"."""
    number = re.fullmatch(r"(\d+)(?:st|nd|rd|th)?|(\d+)\s?[ap]\.?m", mark, re.IGNORECASE)
    return mark.replace(",", "") if number is None else number[1] or number[2]


def _plain(claim: Claim) -> tuple[object, ...]:
    value, relation = claim.value, claim.relation
    if relation == "work" and value.startswith("as "):
        # "Works as a nurse" and "is a nurse".
        value, relation = value.removeprefix("as "), "be"
    if claim.modality is ClaimModality.INSTRUCTION:
        # "Wants answers kept brief" and "wants brief answers".
        value = " ".join(sorted(word for word in value.split() if word not in {"keep", "use"}))
    return (
        *(claim.holder, relation, value, claim.negated, claim.limits, claim.ended),
        claim.modality,
    )


def ends(newer: Memory, older: Memory) -> bool:
    """Return true if what was said later certainly ends everything that was said earlier."""
    return bool(end(newer, older))


def end(newer: Memory, older: Memory) -> str:
    """Return why what was said later certainly ends all that was said earlier; empty if not so."""
    before = [each for each in claims_of(older) if not each.ended]
    after = claims_of(newer)
    if before and after and all(_is_over(each, after) for each in before):
        return _reason(before[0], after)
    if not _in_one_slot(newer, older):
        return ""
    holder, _, attribute = newer.slot.rpartition("/")
    return _OTHER_VALUE.format(_matter(holder, attribute.replace("_", " ")))


_DENIED: Final = "a later statement denies it"
_OVER: Final = "a later statement says that it is over"
_OTHER_VALUE: Final = "a later statement says otherwise: {}"
_MATTERS: Final = {
    "live": "where {} lives",
    "work": "what {} works as or for",
    "be": "what {} is",
    "have": "what {} has",
    "like": "what {} likes",
    "prefer": "what {} prefers",
    "want": "what {} wants",
    "plan": "what {} plans",
    "spouse": "whom {} is married to",
    "weigh": "how much {} weighs",
}
"""Words for what a claim is about, where its relation is no noun."""


def _reason(old: Claim, later: Sequence[Claim]) -> str:
    new = next(each for each in later if _ends(each, old))
    if new.ended or new.relation.partition(" ")[0] in ENDING:
        told = _OTHER_VALUE.format(_matter(old.holder, new.value))
        return told if new.relation == CHANGE else _OVER
    if new.negated != old.negated:
        return _DENIED
    return _OTHER_VALUE.format(_matter(old.holder, old.relation))


def _matter(holder: str, relation: str) -> str:
    """Return words for what a claim is about: "where User lives", "User's sister's name"."""
    whose = "'s ".join((holder or "user").split("/"))
    whose = f"{whose[:1].upper()}{whose[1:]}"
    told = _MATTERS.get(relation)
    return told.format(whose) if told else f"{whose}'s {relation}"


def _in_one_slot(one: Memory, other: Memory) -> bool:
    """Return true if two memories give different values for a slot that somebody named."""
    if not one.slot or one.slot != other.slot or _compares(one, other):
        return False
    first, second = (set(content(each.text)) for each in (one, other))
    alone, beside = first - second, second - first
    denied = NEGATIONS & (alone | beside)
    if denied:
        return alone | beside <= denied | {"longer", "anymore", "any", "more"}
    return bool(alone and beside)


def content(text: str) -> list[str]:
    """Return the stems of the words of a text that say something, denials among them."""
    empty = (STOP_WORDS | _PREPOSITIONS) - NEGATIONS
    return [stem(word) for word in words_of(text) if word not in empty]


def touches(one: Memory, other: Memory) -> bool:
    """Return true if something that one memory says ends, or denies, what the other says.

    Where this is false, neither `ends` the other and they are in no `conflict`.
    """
    second = claims_of(other)
    return any(
        _ends(each, rival) or _ends(rival, each) for each in claims_of(one) for rival in second
    )


def conflict(one: Memory, other: Memory) -> bool:
    """Return true if something that one memory says cannot be true beside what the other says."""
    first, second = claims_of(one), claims_of(other)
    return any(
        _ends(each, rival) or _ends(rival, each)
        for each in first
        for rival in second
        if not each.ended and not rival.ended and not _restates(each, rival)
    )


ENDING: Final = (END, MOVE, SWITCH, CHANGE)
"""First words of the relations whose claims end others, whatever the relation of those is."""


def touching(claim: Claim) -> frozenset[str]:
    """Return the relations of claims about the same holder that may be the same, or may end."""
    family, _, verb = claim.relation.partition(" ")
    if family == PAST:
        # What is over and done neither ends nor is ended; its words lead to what repeats it.
        return frozenset()
    if family == END:
        return _ENDED_BY.get(verb, frozenset({verb}) - {""}) | {claim.relation}
    if family == SWITCH:
        return _SWITCHING | {claim.relation}
    beside = next((each for each in _BESIDE if claim.relation in each), frozenset())
    return frozenset({claim.relation}) | beside


def telling(claim: Claim) -> frozenset[str]:
    """Return the words that a claim shares with what it repeats, denies or ends."""
    numbers = {each.value for each in claim.quantities}
    words = _bare(claim.value) - MONTHS - _DAYS - numbers
    return frozenset(words - _digits(words))


_BESIDE: Final = (frozenset({"work", "be", "spouse"}),)
"""Relations whose claims end each other: a job ends its lack, a marriage its opposite."""


def _compares(one: Memory, other: Memory) -> bool:
    """Return true if claims know better than a slot whether both can hold.

    They do for homes, jobs and names, which may be coarser or finer, and for what is limited.
    """
    claims, others = claims_of(one), claims_of(other)
    relations = {each.relation for each in claims} & _WEIGHED
    limited = {each.limits for each in claims} != {each.limits for each in others}
    return (bool(claims and others) and limited) or any(
        each.relation in relations for each in others
    )


def _is_over(claim: Claim, later: Sequence[Claim]) -> bool:
    if any(_restates(each, claim) for each in later):
        return False
    return any(_ends(each, claim) for each in later)


def _restates(new: Claim, old: Claim) -> bool:
    return _plain(new) == _plain(old)


def _ends(new: Claim, old: Claim) -> bool:
    if old.relation.startswith("did ") or old.modality not in _ENDABLE:
        return False
    if (special := _SPECIAL.get(new.relation.partition(" ")[0])) is not None:
        return special(new, old)
    if new.holder != old.holder:
        return False
    if new.modality is not old.modality:
        return False
    if new.negated != old.negated:
        return _denies(new, old)
    return _moves_number(new, old) if new.negated else _replaces(new, old)


def _moved(new: Claim, old: Claim) -> bool:
    target = _bare(new.value) - _DAYS
    return bool(target) and target <= _every(old) and bool(_times(old) - _times(new))


def _ended_by(new: Claim, old: Claim) -> bool:
    verb = new.relation.partition(" ")[2]
    owned = old.holder == new.holder or old.holder.startswith(f"{new.holder}/")
    if old.negated or not owned or old.relation not in _ENDED_BY.get(verb, {old.relation}):
        return False
    liked = old.relation in _LIKINGS and old.modality is ClaimModality.FACT
    if verb == "cancel" and liked:
        return False
    said = _bare(new.value)
    if verb == "cancel" and old.modality is ClaimModality.PLAN and len(said) > 1:
        said -= _UNDERTAKINGS
    target, words = _forms(said), _forms(_every(old))
    if verb == "job":
        return target <= words
    if not target <= words:
        return False
    if "and" in old.value.split() and not _forms(_bare(old.value)) <= target:
        return False
    heads = _forms((*_heads(old), *_names(old), *_bare(old.relation)))
    return bool(target & heads) or (verb == "instead" and bool(target))


def _renumbered(new: Claim, old: Claim) -> bool:
    """Return true if what an older claim counts has another number now."""
    if new.holder != old.holder or len(old.quantities) != 1 or old.negated:
        return False
    [number], [past] = new.quantities, old.quantities
    named = _forms(_bare(new.value))
    return (
        number.unit == past.unit
        and number.value != past.value
        and named <= _forms(_every(old))
        and bool(named & _forms((*_heads(old), *_bare(old.relation))))
    )


def _forms(words: Iterable[str]) -> set[str]:
    return set(map(stem, words))


def _switched(new: Claim, old: Claim) -> bool:
    heads, others = set(_heads(new)), set(_heads(old))
    if old.relation not in _SWITCHING:
        return False
    return (
        bool(heads & others) and new.holder == old.holder and _bare(new.value) != _bare(old.value)
    )


def _denies(new: Claim, old: Claim) -> bool:
    """Return true if one claim is the denial of the other."""
    words, others = _bare(new.value), _bare(old.value)
    if not _covers(new, old):
        return False
    if new.negated:
        # "Does not drink coffee in the evening" leaves the rest of the day.
        narrower = _lasting(new) - _lasting(old)
        return not narrower and (words <= others or (new.ended and words <= _every(old)))
    # Whoever eats pork sometimes does not abstain from it.
    return others <= words and _lasting(old) <= _lasting(new)


def _covers(new: Claim, old: Claim) -> bool:
    if new.relation == old.relation:
        return True
    # "No longer works at Acme" ends "is a nurse at Acme".
    return new.relation == "work" and new.ended and old.relation == "be" and " at " in old.value


def _replaces(new: Claim, old: Claim) -> bool:
    """Return true if a value takes the place of another, neither of them denied."""
    if _is_state(new, old):
        return True
    if new.relation != old.relation or new.holder.startswith("the ") or not _one_limit(new, old):
        return False
    if _moves_number(new, old):
        return True
    words, others = _bare(new.value), _bare(old.value)
    vague = not words or not others or words <= others or others <= words
    if vague or not _one_kind(new, old):
        return False
    rule = _REWISHED.get(new.modality, _REPLACED.get(new.relation, _other_value))
    return rule(new, old)


def _other_time(new: Claim, old: Claim) -> bool:
    times, others = _times(new), _times(old)
    return bool(times and others) and _bare(new.value) - times == _bare(old.value) - others


def _one_limit(new: Claim, old: Claim) -> bool:
    """Return true if what was said later holds wherever and whenever the older did."""
    return _lasting(new) == _lasting(old)


def _lasting(claim: Claim) -> set[str]:
    """Return the limits within which a claim holds; the day on which it began is none."""
    return {each for each in claim.limits if each.partition(" ")[0] != SINCE}


def _one_kind(new: Claim, old: Claim) -> bool:
    units = [each.unit for each in new.quantities], [each.unit for each in old.quantities]
    if (units[0] != units[1] or any(units)) and not new.single:
        return False
    return bool(_times(new) & MONTHS) == bool(_times(old) & MONTHS)


def _preferred(new: Claim, old: Claim) -> bool:
    return new.single or bool(_heads_of(new, old))


def _other_value(new: Claim, old: Claim) -> bool:
    words, others = _bare(new.value), _bare(old.value)
    if not new.single or (not old.single and new.relation in MANY_VALUED):
        return False
    numbers = _digits(words), _digits(others)
    renumbered = all(numbers) and numbers[0] != numbers[1]
    return renumbered or not words & others - _heads_of(new, old)


def _is_state(new: Claim, old: Claim) -> bool:
    """Return true if a job ends its lack, or if a marriage begins or ends."""
    if old.relation == "be":
        hired = new.relation == "work" and old.value in _JOBLESS and not new.limits
        single = old.value in _UNMARRIED or old.value.split()[:1] == ["engage"]
        return hired or (new.relation == "spouse" and single)
    return old.relation == "spouse" and new.relation == "be" and new.value in _UNMARRIED


def _heads_of(new: Claim, old: Claim) -> set[str]:
    return set(_heads(new)) & set(_heads(old))


def _digits(words: set[str]) -> set[str]:
    return {word for word in words if word[:1].isdigit()}


def _moves_number(new: Claim, old: Claim) -> bool:
    """Return true if nothing differs but one number of the same unit."""
    if new.relation != old.relation or new.holder.startswith("the "):
        return False
    if len(new.quantities) != 1 or len(old.quantities) != 1 or new.limits != old.limits:
        return False
    [number], [past] = new.quantities, old.quantities
    if number.unit != past.unit or number.value == past.value:
        return False
    placed = re.search(rf"(?:^|\b(?:at|before|after|by) ){re.escape(number.value)}\b", new.value)
    if not number.unit and (new.relation in {"have", "go", "meet"} or placed is None):
        return False
    words = _bare(new.value) - {number.value}
    others = _bare(old.value) - {past.value}
    return words == others or (others < words and new.single)


def _one_matter(new: Claim, old: Claim) -> bool:
    heads = set(_heads(new)[:1]) & set(_heads(old)[:1])
    if new.value.startswith("to be call") and old.value.startswith("to be call"):
        return True
    frame = new.value.split()[:2]
    shared = bool(heads) or (frame == old.value.split()[:2] and len(frame) > 1 and new.single)
    if shared and heads and not _same_before(new, old, heads):
        return False
    return shared


def _same_before(new: Claim, old: Claim, heads: set[str]) -> bool:
    """Return true if either the words before the head differ, or those behind it, not both."""
    first, second = new.value.split(), old.value.split()
    head = next(iter(heads))
    places = first.index(head), second.index(head)
    before = first[: places[0]] != second[: places[1]]
    behind = first[places[0] + 1 :] != second[places[1] + 1 :]
    return before != behind


def _other_home(new: Claim, old: Claim) -> bool:
    """Return true if a home takes the place of another: a move was said, or both are towns.

    A district, a country and a place that nobody knows may lie in or around the other one.
    """
    words, others = _bare(new.value), _bare(old.value)
    if words & others:
        return "floor" in words & others
    in_both = new.value.startswith("in ") and old.value.startswith("in ")
    if not in_both or _DWELLINGS & (words | others):
        return False
    if places.may_lie_in(words, others) or places.may_lie_in(others, words):
        return False
    return new.single or (places.is_town(new.value) and places.is_town(old.value))


def _other_job(new: Claim, old: Claim) -> bool:
    kind = new.value.partition(" ")[0]
    if kind not in {"for", "as"} or old.value.partition(" ")[0] != kind:
        return False
    passing = {"volunteer", "freelancer", "intern", "usher", "and"}
    if passing & set(new.value.split()) or passing & set(old.value.split()):
        return False
    words, others = _bare(new.value), _bare(old.value)
    shared = words & others
    return not shared or (kind == "for" and set(_heads(new)) == set(_heads(old)))


def _other_place(new: Claim, old: Claim) -> bool:
    """Return true if a thing is somewhere else, or an attribute is something else."""
    if "/" not in new.holder:
        return False
    places = {"in", "on", "at", "under", "with", "behind", "back", "near"}
    first, second = new.value.split()[:1], old.value.split()[:1]
    if not (set(first) <= places and set(second) <= places):
        return new.single and old.single
    if set(_names_of_times(new)) or set(_names_of_times(old)):
        return bool(_names_of_times(new)) and bool(_names_of_times(old))
    return True


_REPLACED: Final[Mapping[str, Callable[[Claim, Claim], bool]]] = {
    "prefer": _preferred,
    "live": _other_home,
    "work": _other_job,
    "be": _other_place,
}
_REWISHED: Final[Mapping[ClaimModality, Callable[[Claim, Claim], bool]]] = {
    ClaimModality.INSTRUCTION: _one_matter,
    ClaimModality.PLAN: _other_time,
}
_SPECIAL: Final[Mapping[str, Callable[[Claim, Claim], bool]]] = {
    END: _ended_by,
    MOVE: _moved,
    SWITCH: _switched,
    CHANGE: _renumbered,
}


def _names_of_times(claim: Claim) -> set[str]:
    return _times(claim) & (MONTHS | _DAYS)


def _times(claim: Claim) -> set[str]:
    words = set(claim.value.split())
    digits = {word for word in words if word[:1].isdigit()}
    return digits | words & (MONTHS | _DAYS)


def _bare(value: str) -> set[str]:
    """Return the words of a value without what only joins them."""
    return {word for word in value.split() if word not in _PREPOSITIONS}


def _every(claim: Claim) -> set[str]:
    words = (claim.holder.replace("/", " "), claim.relation, claim.value, *claim.limits)
    return _bare(" ".join(words)) - {"user"}


def _heads(claim: Claim) -> list[str]:
    """Return the last word of each phrase of a value."""
    return list(_segments(claim.value.split()))


def _segments(words: Sequence[str]) -> Iterator[str]:
    last = ""
    for word in words:
        if word in _PREPOSITIONS or word == "and":
            if last:
                yield last
            last = ""
        else:
            last = word
    if last:
        yield last


def _names(claim: Claim) -> list[str]:
    """Return the words of a first phrase that qualify "subscription", "account" and the like."""
    words = claim.value.split()
    services = {"subscription", "account", "membership", "ticket", "contract"}
    return [word for word in words if services & set(words) and word not in services]
