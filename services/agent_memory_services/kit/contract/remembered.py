"""Memory of what functions of one text returned, bounded in bytes.

A bound on the number of texts alone is none where callers write them: a thousand may be a hundred
kilobytes or a hundred megabytes.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

ResultT = TypeVar("ResultT")


def remembered(
    texts: int, *, longest: int
) -> Callable[[Callable[[str], ResultT]], Callable[[str], ResultT]]:
    """Remember the results for the texts that were asked for last.

    Args:
        texts: how many of them.
        longest: characters of a text that is remembered; a longer one is looked at each time.
    """

    def decorated(function: Callable[[str], ResultT]) -> Callable[[str], ResultT]:
        known = lru_cache(texts)(function)

        @wraps(function)
        def answer(text: str) -> ResultT:
            return known(text) if len(text) <= longest else function(text)

        return answer

    return decorated
