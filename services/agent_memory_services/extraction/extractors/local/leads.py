"""Placement of fronted adverbials ("Last Friday, I ...") within a statement."""

import re

from agent_memory_services.extraction.extractors.local.wording import trimmed

_ADVERB = re.compile(
    r"(?:recently|lately|currently|usually|sometimes|often|finally|occasionally|eventually"
    r"|originally|mostly|normally|typically|also|later|afterwards)$",
    re.IGNORECASE,
)
# Tells of the conversation, not of the event.
_IDLE = re.compile(
    r"^(?:since (?:we|I) last|as (?:I|we) |when (?:I|we) last|once|then|now|so far|also"
    r"|before that|after that|since then|as well as"
    r"|for (?:future )?(?:reference|context|the record|what it))\b",
    re.IGNORECASE,
)


def before_verb(lead: str, predicate: str) -> str:
    """Return a predicate with a single leading adverb put in front of its verb."""
    return f"{lead.lower()} {predicate}" if _ADVERB.match(lead) else predicate


def after_object(lead: str, rest: str) -> str:
    """Return what follows a verb with a longer lead put at its end."""
    if not lead or _ADVERB.match(lead) or _IDLE.match(lead):
        return rest
    lowered = lead[:1].lower() + lead[1:]
    return f"{trimmed(rest)} {lowered}".strip()
