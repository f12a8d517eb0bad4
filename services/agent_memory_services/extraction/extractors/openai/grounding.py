"""Sees to it that a model's statement can be understood alone, whatever the model was told.

Days that it left relative are written out against the time of the message; a statement about
somebody or something that it does not name is no statement.
"""

import re
from datetime import datetime
from typing import Final

from agent_memory_services.extraction.extractors.local.dates import ground

_UNNAMED: Final = re.compile(
    r"^(?:(?:he|she|they|it|his|her|hers|their|its|these|those)\b"
    r"|(?:this|that|there|here)(?: (?:is|was|will|has|had|went|happened|makes?|made)\b|'s\b))",
    re.IGNORECASE,
)
_PERIOD: Final = (
    r"(?:night|week|weekend|month|year|spring|summer|autumn|fall|winter"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
)
_RELATIVE: Final = re.compile(
    r"\b(?:(?:yesterday|today|tonight|tomorrow)(?!'s\b|\w)|(?:last|next) "
    rf"{_PERIOD}\b|this (?:morning|afternoon|evening)\b"
    r"|(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of) "
    r"(?:day|week|month|year)s? ago\b)",
    re.IGNORECASE,
)
_PAST: Final = re.compile(r"\b(?:yesterday|last|ago|\w+ed|was|were|had|went|did|got)\b")
_QUOTED: Final = re.compile(r"[\"\u201c\u00ab]")


def grounded(text: str, said: datetime | None) -> str | None:
    """A statement with its days written out; None where it cannot be understood alone.

    Args:
        text: What the model wrote.
        said: When the latest of its messages was said, in the user's zone; None is not known.
    """
    if _UNNAMED.match(text):
        return None
    # What is quoted, such as a title, is nobody's day.
    if _QUOTED.search(text) or not _RELATIVE.search(text):
        return text
    if said is None:
        return None
    written = ground(text, said, past=_PAST.search(text) is not None).text
    return None if _RELATIVE.search(written) else written
