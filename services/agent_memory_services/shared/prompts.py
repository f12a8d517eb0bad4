"""Prompts that several services know: checks of custom ones, and marks of recalled memories.

They go to a model as they are, in the place of instructions, while conversations and memories go
as data; nothing is filled into them. So they are held against what they could not do there, and
against what would end their place: the marks by which chat templates tell roles apart. No word is
forbidden.

An application may store a prompt that it was given, or an answer's whole history with it. What
memory put there is not a statement: to extract it again would turn one fact into many, and an
old one into a new one.
"""

import re
from typing import Final

from agent_memory.common.v1.strategy_pb2 import ExtractionConfig, ExtractionStrategy
from agent_memory_services.kit.contract.errors import InvalidField

LARGEST_PROMPT: Final = 10_000
"""In bytes."""
_FIELD: Final = re.compile(r"\{\{?\s*[A-Za-z_][\w.]{0,63}\s*\}\}?")
_ROLE_MARK: Final = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028-\u202e\u2066-\u2069]")


def check_extraction(config: ExtractionConfig, field: str) -> None:
    """Refuse an extraction whose instructions could not be followed.

    Args:
        config: How messages are to become memories.
        field: Where it stands in the request.

    Raises:
        InvalidField: the instructions break a rule.
    """
    if config.strategy == ExtractionStrategy.EXTRACTION_STRATEGY_CUSTOM:
        check_prompt(config.custom_prompt, f"{field}.custom_prompt")


def check_prompt(prompt: str, field: str) -> None:
    """Refuse instructions that could not be followed as they are.

    Raises:
        InvalidField: they are empty or too long, ask for something to be filled in, or hold
            marks that would end their place.
    """
    for problem in (_size, _fields, _marks):
        if description := problem(prompt):
            raise InvalidField(field, description)


def _size(prompt: str) -> str:
    if not prompt.strip():
        return "must not be empty"
    if len(prompt.encode()) > LARGEST_PROMPT:
        return f"must take at most {LARGEST_PROMPT} bytes"
    return ""


def _fields(prompt: str) -> str:
    found = _FIELD.search(prompt)
    if found is None:
        return ""
    return (
        f"must not hold a field in braces, as at character {found.start() + 1}: nothing is filled "
        "in, and the messages come beside the instructions"
    )


def _marks(prompt: str) -> str:
    if mark := _ROLE_MARK.search(prompt):
        return (
            f"must not hold a mark by which chat templates tell roles apart, as at character "
            f"{mark.start() + 1}"
        )
    if mark := _CONTROL.search(prompt):
        return f"must not hold the control character U+{ord(mark.group()):04X}"
    return ""


STANDING_TITLE: Final = "Preferences and instructions to keep in mind:"
MEMORIES_TITLE: Final = "Memories that may help to answer:"
SUMMARY_TITLE: Final = "Summary of the conversation so far:"

_TITLES: Final = "|".join(map(re.escape, (STANDING_TITLE, MEMORIES_TITLE)))
_LISTS: Final = re.compile(rf"^[ \t]*(?:{_TITLES})[ \t]*(?:\n[ \t]*- .*)*(?:\n|$)", re.MULTILINE)


def without_recalled(text: str) -> str:
    """Return a text without the lists and the summary that memory put into it.

    A summary has no end that could be seen, so it takes the rest of its text.
    """
    if not any(title in text for title in (STANDING_TITLE, MEMORIES_TITLE, SUMMARY_TITLE)):
        return text
    said, _, _ = _LISTS.sub("", text).partition(SUMMARY_TITLE)
    return said.strip()
