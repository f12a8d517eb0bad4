"""Comparison of what two memories claim: the same, or a newer one that ends the older.

What is only a part of what a memory says ends nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final, Self

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.language.claims import (
    CHANGE,
    CORRECTED,
    END,
    NAMED,
    OTHER,
    REASON,
    SWITCH,
    Claim,
    ClaimModality,
)
from agent_memory_services.language.en.words import NEGATIONS, NUMBERS, STOP_WORDS, roots, stem
from agent_memory_services.long_term_memory.consolidation.rules import succession
from agent_memory_services.long_term_memory.consolidation.rules.ending import (
    ENDING,
    PREPOSITIONS,
    bare,
    digits,
    every,
    phrases,
    times,
)
from agent_memory_services.long_term_memory.consolidation.rules.matters import without_use
from agent_memory_services.long_term_memory.consolidation.rules.reading import claims_of

_WEIGHED: Final = frozenset({"live", "work", "name"})
_BRIEF: Final = 200
"""Characters of the claims whose comparisons are remembered."""


def _ends(new: Claim, old: Claim) -> bool:
    """Return true if what a newer claim says ends the older one, which is asked several times."""
    if len(new.value) > _BRIEF or len(old.value) > _BRIEF:
        return succession.ends(new, old)
    return _brief_ends(new, old)


_brief_ends: Final = lru_cache(16_384)(succession.ends)


def _said(claim: Claim) -> tuple[object, ...]:
    """Return what a claim shares with all that say the same."""
    holder, value, relation, modality = claim.holder, claim.value, claim.relation, claim.modality
    if relation == "work" and value.startswith("as "):
        # "Works as a nurse" and "is a nurse".
        value, relation = value.removeprefix("as "), "be"
    if modality is ClaimModality.INSTRUCTION:
        # "Wants answers kept brief" and "wants brief answers", but not "tables before charts" and
        # "charts before tables".
        value = " ".join(sorted(map(" ".join, phrases(without_use(value)))))
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


_plain: Final = lru_cache(1024)(_said)


def _restates(new: Claim, old: Claim) -> bool:
    return _plain(new) == _plain(old)


@dataclass(frozen=True, slots=True)
class _Told:
    """Everything that the claims of a memory share with those of one that says the same.

    Attributes:
        said: what the claims say, each as often as it is said; without those that name the user.
        names: names of the user.
        whole: the claims tell every word of the memory.
    """

    said: Mapping[tuple[object, ...], int]
    names: frozenset[str]
    whole: bool

    @classmethod
    def by(cls, claims: Sequence[Claim]) -> Self:
        """Return what claims tell."""
        told = [each for each in claims if NAMED not in each.limits]
        names = frozenset(each.value for each in claims if NAMED in each.limits)
        whole = bool(told) and all(each.relation != OTHER for each in told)
        return cls(Counter(map(_plain, told)), names, whole)


_told_in_brief: Final = lru_cache(4096)(_Told.by)


def _told(claims: tuple[Claim, ...]) -> _Told:
    words = ((each.holder, each.relation, each.value, *each.limits) for each in claims)
    is_brief = sum(map(len, chain.from_iterable(words))) <= _BRIEF
    return _told_in_brief(claims) if is_brief else _Told.by(claims)


def same(one: Memory, other: Memory) -> bool:
    """Return true if two memories say the same: in the same words, or by the same claims."""
    words, others = words_of(one.text), words_of(other.text)
    in_same_words = bool(words) and words == others
    # Most that are compared claim something else, which is told soonest.
    if not in_same_words and not _claim_the_same(claims_of(one), claims_of(other)):
        return False
    if not agree_on_marks(one.text, other.text):
        return False
    return in_same_words or not {"husband", "wife"} <= set(words) ^ set(others)


def _claim_the_same(first: tuple[Claim, ...], second: tuple[Claim, ...]) -> bool:
    """Return true if claims are the same, and leave no word out but a name beside the user."""
    one, other = _told(first), _told(second)
    if not one.whole or one.said != other.said:
        return False
    return not one.names or not other.names or one.names == other.names


def may_be_same(one: Memory, other: Memory) -> bool:
    """Return true if numbers, denials and names agree, so that two memories may say the same."""
    first, second = set(words_of(one.text)), set(words_of(other.text))
    denied = [sum(word in NEGATIONS for word in words_of(each.text)) for each in (one, other)]
    return (
        agree_on_marks(one.text, other.text)
        and denied[0] == denied[1]
        and names_in(one.text) <= second
        and names_in(other.text) <= first
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


def names_in(text: str) -> set[str]:
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


@remembered(1024, longest=256)
def _marks(text: str) -> Sequence[str]:
    plain = _ARTICLE.sub("", text.strip().rstrip(".!"))
    found = (each.group().strip().rstrip(".,:") for each in _MARK.finditer(plain))
    words = re.split(r"[\s-]+", plain.casefold())
    written = (NUMBERS[word] for word in words if word in NUMBERS)
    marks = (each for each in found if each not in {"I", "a"} and _is_mark(each))
    return sorted(map(_unified, chain(marks, written)))


_ARTICLE: Final = re.compile(r"^[AEOY] (?=[^\W\dA-Z_])(?!(?:is|are|was|has)\b)")
"""Lone letter in front that is a word of its language: "O usuário", "A friend"."""


def _is_mark(word: str) -> bool:
    """Return true for a number, a sign, a single letter, and what without capitals is no word."""
    return not word.isalpha() or len(word) == 1 or word.casefold() in STOP_WORDS - {"am"}


def _unified(mark: str) -> str:
    """Return one form of "4th", "1,020", "9am" and "4-day"."""
    mark = re.sub(r"(?<=\d)-[a-z]+$", "", mark)
    number = re.fullmatch(r"(\d+)(?:st|nd|rd|th)?|(\d+)\s?[ap]\.?m", mark, re.IGNORECASE)
    return mark.replace(",", "") if number is None else number[1] or number[2]


def content(text: str) -> list[str]:
    """Return the stems of the words of a text that say something, denials among them."""
    empty = (STOP_WORDS | PREPOSITIONS) - NEGATIONS
    return [stem(word) for word in words_of(text) if word not in empty]


def ends(newer: Memory, older: Memory) -> bool:
    """Return true if what was said later certainly ends everything that was said earlier."""
    return bool(end(newer, older))


def end(newer: Memory, older: Memory) -> str:
    """Return why what was said later certainly ends all that was said earlier; empty if not so."""
    before = [each for each in claims_of(older) if not each.ended and not _is_by_the_way(each)]
    after = claims_of(newer)
    if before and after and all(_is_over(each, after) for each in before):
        return _reason(before[0], after)
    if not _in_one_slot(newer, older):
        return ""
    holder, _, attribute = newer.slot.rpartition("/")
    return _OTHER_VALUE.format(_matter(holder, attribute.replace("_", " ")))


def _is_by_the_way(claim: Claim) -> bool:
    """Return true for words that no claim tells, and that say nothing for themselves.

    So is a reason: with what it was given for, it is of the past.
    """
    return claim.relation == OTHER and "clause" not in claim.limits


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
    new = next(each for each in _as_changes(later, old) if _ends(each, old))
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


def touches(one: Memory, other: Memory) -> bool:
    """Return true if something that one memory says ends, or denies, what the other says.

    Where this is false, neither `ends` the other and they are in no `conflict`.
    """
    first, second = claims_of(one), claims_of(other)
    return any(
        _ends(each, rival)
        for later, earlier in ((first, second), (second, first))
        for rival in earlier
        for each in _as_changes(later, rival)
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
    return any(
        _ends(each, claim) and _is_meant(each, claim, later) for each in _as_changes(later, claim)
    )


def _as_changes(later: Sequence[Claim], old: Claim) -> Sequence[Claim]:
    """Return claims as a change where they are made for a reason that names the older value.

    "Shops at the market, since Lidl closed" takes the place of "shops at Lidl". An older reason is
    no value, nor are numbers and days one that two reasons share: "as noted on day 3".
    """
    if old.relation == OTHER:
        return later
    reasons = [each for each in later if each.relation == OTHER and REASON in each.limits]
    if not reasons:
        return later
    given = {root for each in reasons for root in roots(every(each))}
    named = bare(old.value)
    if given.isdisjoint(roots(named - times(old) - digits(named))):
        return later
    return [
        each if each.negated or each.relation == OTHER else replace(each, single=True)
        for each in later
    ]


def _is_meant(end: Claim, old: Claim, later: Sequence[Claim]) -> bool:
    """Return true unless "not the car" is said beside something else than an older claim tells."""
    if end.relation != f"{END} instead":
        return True
    matter = roots(every(old)) - roots(bare(end.value))
    return any(
        each.relation in {SWITCH, old.relation} or not matter.isdisjoint(roots(every(each)))
        for each in later
        if each is not end
    )
