"""Splitting of predicates that state several things of one subject."""

import re
from collections.abc import Iterator
from functools import cache

from agent_memory_services.extraction.extractors.local.grammar import irregular_verbs, words
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.verb_groups import predicate
from agent_memory_services.extraction.extractors.local.verbs import Form, third_person, verb

_INTRODUCTION = re.compile(r"^(am (?-i:[A-Z])[\w'-]+), (?=(?:an?|the|\d+)\b)")
_LINK = re.compile(r",? (?:and|but) (?=\w)")
_TRAIT_NEXT = re.compile(
    r"(?:also )?(?:allergic|intolerant|lactose|vegan|vegetarian|diabetic|retired|single|married"
    r"|from|based|into|fluent|a (?:big|huge) fan|afraid|scared|originally)\b"
)
# "my work and love of music": a noun after all.
_NOUN = re.compile(r"(?:work|love|study|play|use)s?(?: and\b|[,.]|$| of\b| for\b| is\b)")
_INFINITIVE = re.compile(r"\bto (?!the\b|a\b|an\b|my\b|our\b|work\b|school\b|bed\b|[A-Z])\w+")


def links(text: str) -> Iterator[str]:
    """Yield the predicates of a chain: "live in Rome and work at Fiat" holds two."""
    introduction = _INTRODUCTION.match(text)
    if introduction:
        yield introduction[1]
        text = f"am {text[introduction.end() :]}"
    searched_from = 0
    while (match := _LINK.search(text, searched_from)) is not None:
        left, right = text[: match.start()], text[match.end() :]
        parsed = predicate(left)
        if parsed is None or not _continues(parsed, right):
            searched_from = match.end()
            continue
        yield left
        text, searched_from = _with_verb(parsed, right), 0
    yield text


def agreeing_chain(rest: str) -> str:
    """Let the verbs that follow "and" agree: "wakes up at six and goes for a run"."""
    if _INFINITIVE.search(rest.split(" and ", maxsplit=1)[0]):
        return rest
    return _agreement().sub(lambda match: match[1] + third_person(match[2]), rest)


def _continues(parsed: Predicate, right: str) -> bool:
    """Return true if the text after "and" is a separate fact about the same subject."""
    if parsed.lemma == "be" and parsed.tense is Tense.PRESENT and _TRAIT_NEXT.match(right):
        return True
    word = _first_verb(right)
    known = verb(word)
    if known is not None and Form.PAST in known.forms and Form.BASE not in known.forms:
        return parsed.tense is Tense.PAST and word in words("life_stages")
    if parsed.tense is not Tense.PRESENT or word not in words("chained") or not parsed.rest:
        return False
    infinitive = parsed.lemma in words("takes_infinitive") and re.search(r"\bto\b", parsed.rest)
    return not infinitive and not _NOUN.match(right)


def _first_verb(text: str) -> str:
    passed = words("kept") | words("dropped") | {"do", "not"}
    candidates = (word.strip(",.") for word in text.lower().split())
    return next((word for word in candidates if word not in passed), "")


def _with_verb(parsed: Predicate, right: str) -> str:
    """Repeat the copula that the next link leaves out ("am vegan and [am] allergic")."""
    if parsed.lemma == "be" and verb(_first_verb(right)) is None:
        return f"{parsed.words[parsed.finite]} {right}"
    return right


@cache
def _agreement() -> re.Pattern[str]:
    agreeing = "|".join(sorted(words("agreeing")))
    # Other words may be nouns; an article or a preposition after them tells a verb.
    bases = words("regular").union(base for base, _, _ in irregular_verbs())
    known = "|".join(sorted(bases - words("agreeing")))
    adverbs = "|".join(sorted(words("kept")))
    object_or_place = r"(?:an?|the|my|our|in|at|on|with|for|to|every|before)"
    return re.compile(
        rf"((?:,? and|, then|,? but|,) (?:(?:{adverbs}|then|just) )*)"
        rf"((?:{agreeing})\b(?! (?:and|of)\b|[,.]|$)|(?:{known})\b(?= {object_or_place}\b))"
    )
