"""Rendering of an accepted clause as a statement in the third person."""

import re
from dataclasses import replace
from typing import Final

from agent_memory_services.extraction.extractors.local.chains import agreeing_chain
from agent_memory_services.extraction.extractors.local.person import (
    Voice,
    about_another,
    about_self,
    about_thing,
    speaks_to_listener,
)
from agent_memory_services.extraction.extractors.local.predicates import Predicate, Tense
from agent_memory_services.extraction.extractors.local.rules import Rule, Said
from agent_memory_services.extraction.extractors.local.subjects import About, Subject
from agent_memory_services.extraction.extractors.local.wording import trimmed

# "As a Product Manager" is a title; "as a nurse" is not.
_TITLE_ARTICLE = re.compile(r"\bas an? (?=[A-Z])")
_USING = re.compile(r"^using (?=\w)")
_BEFORE_STOP = re.compile(r"\s+([,.;:])")
_MOST_WORDS: Final = 45


def written(said: Said, rule: Rule, voice: Voice) -> str | None:
    """Write a statement out.

    Returns:
        The statement, or None when it holds an unresolved "you".
    """
    if rule.text:
        return rule.text.format(subject=said.subject.name, **rule.groups(said.rest))
    if speaks_to_listener(said.rest) and not voice.listener:
        if not rule.listener:
            return None
        voice = replace(voice, listener="the assistant")
    words = (said.subject.name, _verb_group(said.subject, said.predicate), _rest(said, voice))
    text = _BEFORE_STOP.sub(r"\1", " ".join(" ".join(words).split()))
    return text if len(text.split()) <= _MOST_WORDS else _shortened(text)


def _verb_group(subject: Subject, predicate: Predicate) -> str:
    if subject.plural:
        return predicate.plural()
    return predicate.agreeing() if subject.about is About.SELF else " ".join(predicate.words)


def _rest(said: Said, voice: Voice) -> str:
    rest, subject, predicate = said.rest, said.subject, said.predicate
    if predicate.lemma == "prefer":
        rest = _USING.sub("", rest)
    if subject.about is About.SELF and predicate.tense is Tense.PRESENT and not subject.plural:
        rest = agreeing_chain(rest)
    return _TITLE_ARTICLE.sub("as ", _in_third_person(rest, subject.about, voice))


def _in_third_person(rest: str, about: About, voice: Voice) -> str:
    match about:
        case About.SELF:
            return about_self(rest, voice)
        case About.KIN:
            return about_another(rest, voice)
        case _:
            return about_thing(rest, voice, named=about is About.OWN)


def _shortened(text: str) -> str:
    """Cut a long statement at its last comma within the limit."""
    cut = " ".join(text.split()[:_MOST_WORDS])
    return trimmed(cut[: cut.rfind(",")] if "," in cut else cut)
