"""Attributes that have one value at a time, where a memory's words leave no doubt.

A slot that comes with a memory, from an extractor or a caller, always counts. Only for memories
without one the sentences of `slots_en.toml` are tried, and what does not match one from its first
word to its last has no slot.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory.long_term_memory.v1 import long_term_memory_pb2 as ltm
from agent_memory_services.kit.contract.clock import now_micros
from agent_memory_services.kit.contract.remembered import remembered
from agent_memory_services.long_term_memory.consolidation.rules.periods import is_fact
from agent_memory_services.long_term_memory.domain.memory import Change, normalise
from agent_memory_services.long_term_memory.domain.terms import words

_LONGEST: Final = 200
"""Characters of a text that may be one plain sentence."""
_SPEAKER: Final = frozenset({"i", "my", "user", "the user"})
_POSSESSIVE: Final = "'s"


@dataclass(frozen=True, slots=True)
class Slot:
    """An attribute and its value.

    Attributes:
        name: `subject/attribute`.
        value: the words of the value, case-folded.
    """

    name: str
    value: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sentence:
    attribute: str
    pattern: re.Pattern[str]
    not_values: frozenset[str]


@remembered(1024, longest=_LONGEST)
def slot_of(text: str) -> Slot | None:
    """Return the slot that a text fills; None where it fills none for certain."""
    plain = text.replace("\u2019", "'").strip().rstrip(".!").rstrip()
    if len(plain) > _LONGEST or _UNLESS.search(plain):
        return None
    for sentence in _SENTENCES:
        match = sentence.pattern.fullmatch(plain)
        if match and (slot := _slot(sentence, match)):
            return slot
    return None


def follow_words(before: Memory, after: Memory) -> None:
    """Let a slot that was read from a text follow the text; one that was given stays."""
    if before.text == after.text:
        return
    was, is_now = slot_of(before.text), slot_of(after.text)
    if was is not None and was.name == before.slot:
        after.slot = is_now.name if is_now else ""


def _slot(sentence: _Sentence, match: re.Match[str]) -> Slot | None:
    who = match["who"].removesuffix(_POSSESSIVE)
    value = match["value"].split()
    if who.split()[0] in _NOBODY and who.lower() not in _SPEAKER:
        return None
    if not value or not sentence.not_values.isdisjoint(value[:1]):
        return None
    subject = "user" if who.lower() in _SPEAKER else who.lower()
    return Slot(f"{subject}/{sentence.attribute}", frozenset(words(" ".join(value))) - {"the"})


def _sentences(rules: Mapping[str, Any]) -> Iterator[_Sentence]:
    shared = {name: value for name, value in rules.items() if isinstance(value, str)}
    for slot in rules["slot"]:
        parts = shared | {name: value for name, value in slot.items() if isinstance(value, str)}
        for sentence in slot["sentences"]:
            pattern = sentence
            for name, part in parts.items():
                pattern = pattern.replace(f"{{{name}}}", part)
            yield _Sentence(
                slot["attribute"],
                re.compile(pattern),
                frozenset(slot.get("not_values", "").split()),
            )


_RULES: Final = tomllib.loads(
    files(__package__ or "").joinpath("slots_en.toml").read_text(encoding="utf-8")
)
_NOBODY: Final = frozenset(_RULES["nobody"].split())
_UNLESS: Final = re.compile(_RULES["unless"], re.IGNORECASE)
_SENTENCES: Final = tuple(_sentences(_RULES))


def with_slot(memory: Memory) -> Memory:
    """Return the memory with the slot that its words fill, where it has none."""
    settled = memory.slot or memory.pinned or not is_fact(memory)
    slot = None if settled else slot_of(memory.text)
    if slot is None:
        return memory
    after = Memory()
    after.CopyFrom(memory)
    after.slot = slot.name
    return after


def read_change(before: Memory, after: Memory) -> Change:
    """Return the change that stores with a memory what was read from its text."""
    read = [name for name in ("slot", "claims") if getattr(before, name) != getattr(after, name)]
    normalise(after, now_micros())
    reason = f"read from the text: {', '.join(read)}"
    return Change(before, after, ltm.REVISION_CAUSE_UPDATE, reason=reason, compared=True)
