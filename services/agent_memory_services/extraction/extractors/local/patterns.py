"""Pattern packs: data that says which clauses are facts, compiled once."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from agent_memory_services.extraction.extractors.local.grammar import words
from agent_memory_services.extraction.extractors.local.predicates import Tense
from agent_memory_services.extraction.extractors.local.rules import Company, Family, Rule, Said
from agent_memory_services.extraction.extractors.local.subjects import About

_ANY_VERB: Final = "*"
# What really is, was or will be; "would" and "may" are asked for by name.
_REAL: Final = (
    Tense.PRESENT,
    Tense.PAST,
    Tense.PERFECT,
    Tense.PROGRESSIVE,
    Tense.PAST_PROGRESSIVE,
    Tense.USED_TO,
    Tense.FUTURE,
)
_MACRO = re.compile(r"@(\w+)@")


@dataclass(frozen=True, slots=True)
class Instruction:
    """A sentence form that tells the assistant how to behave from now on."""

    name: str
    pattern: re.Pattern[str]
    text: str
    slot: str


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of a language.

    Attributes:
        by_verb: For every base form, the rules that know it, in order.
        any_verb: The rules for verbs no rule names.
        often: Finds how often something happens.
        instructions: The sentence forms of standing instructions, in order.
    """

    by_verb: dict[str, tuple[Rule, ...]]
    any_verb: tuple[Rule, ...]
    often: re.Pattern[str]
    instructions: tuple[Instruction, ...]

    def rule(self, said: Said) -> Rule | None:
        """Return the rule that decides about a clause; None when it holds no fact."""
        for rule in self.by_verb.get(said.predicate.lemma, self.any_verb):
            if rule.fits(said):
                return None if rule.refuses else rule
        return None


def pack(*extensions: Path) -> Pack:
    """Return the built-in English pack, with the rules of `extensions` tried before it.

    Raises:
        ValueError: a pack holds an unknown key or a pattern that does not compile.
    """
    return _pack(extensions)


@cache
def _pack(extensions: Sequence[Path]) -> Pack:
    built_in = files(__package__).joinpath("data", "patterns_en.toml").read_text(encoding="utf-8")
    base = tomllib.loads(built_in)
    tables = [*(tomllib.loads(path.read_text(encoding="utf-8")) for path in extensions), base]
    demonyms, never = words("demonyms"), words("never_names")
    macros = {
        "demonym": "|".join(sorted(demonyms)),
        "never_names": rf"^(?:{'|'.join(sorted(never | demonyms))})\b",
    }
    for table in reversed(tables):
        macros |= table.get("macros", {})
    rules = [_rule(entry, macros) for table in tables for entry in table.get("rule", ())]
    instructions = tuple(
        Instruction(
            name=entry["name"],
            pattern=_compiled(entry["pattern"], macros),
            text=entry["text"],
            slot=entry.get("slot", ""),
        )
        for table in tables
        for entry in table.get("instruction", ())
    )
    return _indexed(rules, _compiled(macros["often"], macros), instructions)


def _indexed(
    rules: Sequence[Rule], often: re.Pattern[str], instructions: tuple[Instruction, ...]
) -> Pack:
    by_verb: dict[str, list[Rule]] = defaultdict(list)
    verbs = {verb for rule in rules for verb in rule.verbs} - {_ANY_VERB}
    for rule in rules:
        for verb in verbs if _ANY_VERB in rule.verbs else rule.verbs:
            by_verb[verb].append(rule)
    return Pack(
        by_verb={verb: tuple(known) for verb, known in by_verb.items()},
        any_verb=tuple(rule for rule in rules if _ANY_VERB in rule.verbs),
        often=often,
        instructions=instructions,
    )


def _rule(entry: dict[str, Any], macros: dict[str, str]) -> Rule:
    unknown = entry.keys() - {field.name for field in fields(Rule)} - {"in_chats_of", "refuse"}
    if unknown:
        raise ValueError(f"rule {entry.get('name')!r} has unknown keys: {sorted(unknown)}")
    family = None if entry.get("refuse") else Family(entry["family"])
    company = entry.get("in_chats_of")

    def pattern(key: str) -> re.Pattern[str] | None:
        return _compiled(entry[key], macros) if key in entry else None

    return Rule(
        name=entry["name"],
        family=family,
        about=frozenset(map(About, entry.get("about", ["self"]))),
        verbs=frozenset(entry["verbs"].split()),
        tenses=frozenset(map(Tense, entry.get("tenses", _REAL if family else Tense))),
        rest=pattern("rest"),
        unless=pattern("unless"),
        noun_or_rest=pattern("noun_or_rest"),
        nouns=pattern("nouns"),
        nouns_unless=pattern("nouns_unless"),
        negated=entry.get("negated"),
        company=Company(company) if company else None,
        dated=entry.get("dated", False),
        upcoming=entry.get("upcoming", False),
        habitual=entry.get("habitual", False),
        limited=entry.get("limited", False),
        bare=entry.get("bare", False),
        recurring=entry.get("recurring", False),
        listener=entry.get("listener", False),
        expires=entry.get("expires", False),
        standing=entry.get("standing", family is Family.PREFERENCE),
        slot=entry.get("slot", ""),
        topics=tuple(entry.get("topics", ())),
        text=entry.get("text", ""),
    )


def _compiled(pattern: str, macros: dict[str, str]) -> re.Pattern[str]:
    try:
        expanded = _MACRO.sub(lambda match: macros[match[1]], pattern)
        # Macros may name one another once.
        expanded = _MACRO.sub(lambda match: macros[match[1]], expanded)
        return re.compile(expanded, re.IGNORECASE)
    except KeyError as error:
        raise ValueError(f"there is no macro {error}: {pattern}") from error
    except re.error as error:
        raise ValueError(f"pattern does not compile: {error}: {pattern}") from error
