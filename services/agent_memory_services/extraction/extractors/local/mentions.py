"""People and animals that a text introduces."""

import re
from typing import Final

from agent_memory_services.extraction.extractors.local.person import possessive
from agent_memory_services.extraction.extractors.local.references import References, pronouns_for

_DETERMINED: Final = re.compile(
    r"\b(?:a|an|my|our|the|one|two|three|another|this|that) "
    r"(?=(?P<nouns>[a-z][\w-]*(?: [a-z][\w-]*){0,3}))"
)
_NAME_AFTER: Final = re.compile(r"(?:,? (?:named|called))?,? (?P<name>[A-Z]\w+)")
_NAMED: Final = re.compile(
    r"(?:\bnamed (?:it|him|her|them)|\b(?:named|called)|\b(?:dogs|cats|kids|sons|daughters|children"
    r"|twins|puppies|kittens|boys|girls|pets|brothers|sisters|friends)[,:]?) "
    r"(?P<names>[A-Z]\w+(?:(?:, | and |, and )[A-Z]\w+)*)"
)
_BY_NAME_ONLY: Final = frozenset({"named"})


def note_mentions(text: str, owner: str, references: References) -> None:
    """Record the people and animals that a text introduces: "a cat named Luna", "my sister Anna".

    Args:
        text: What was said, in the first person.
        owner: How the speaker is written.
        references: Where they are noted, as the owner's.
    """
    for match in _DETERMINED.finditer(text):
        end = match.start("nouns")
        for noun in match["nouns"].split():
            end = text.index(noun, end) + len(noun)
            pronouns = pronouns_for(noun)
            if pronouns:
                named = _NAME_AFTER.match(text, end)
                name = f" {named['name']}" if named else ""
                references.mention(f"{possessive(owner)} {noun}{name}", pronouns)
                break
    for match in _NAMED.finditer(text):
        for name in re.findall(r"[A-Z]\w+", match["names"]):
            references.mention(name, _BY_NAME_ONLY)
