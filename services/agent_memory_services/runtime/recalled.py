"""How prompts introduce what comes from memory, and how that is known again.

An application may store a prompt that it was given, or an answer's whole history with it. What
memory put there is nobody's statement: to extract it again would turn one fact into many, and an
old one into a new one.
"""

import re
from typing import Final

STANDING_TITLE: Final = "Preferences and instructions to keep in mind:"
MEMORIES_TITLE: Final = "Memories that may help to answer:"
SUMMARY_TITLE: Final = "Summary of the conversation so far:"

_TITLES: Final = "|".join(map(re.escape, (STANDING_TITLE, MEMORIES_TITLE)))
_LISTS: Final = re.compile(rf"^[ \t]*(?:{_TITLES})[ \t]*(?:\n[ \t]*- .*)*(?:\n|$)", re.MULTILINE)


def without_recalled(text: str) -> str:
    """What is left of a text without the lists and the summary that memory put into it.

    A summary has no end that could be seen, so it takes the rest of its text.
    """
    if not any(title in text for title in (STANDING_TITLE, MEMORIES_TITLE, SUMMARY_TITLE)):
        return text
    said, _, _ = _LISTS.sub("", text).partition(SUMMARY_TITLE)
    return said.strip()
