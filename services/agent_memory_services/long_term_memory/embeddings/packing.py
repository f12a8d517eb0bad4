"""Cuts texts of mixed length into the forwards that cost least, and bounds their memory.

A forward costs a fixed part plus its padded tokens, on one thread and on two alike. So texts are
sorted by length and the cheapest cuts are found exactly: a few long texts are not worth padding
for, many texts of almost one length are not worth splitting.
"""

from collections.abc import Iterator, Sequence
from typing import Final

MAX_PADDED_TOKENS: Final = 1024
MAX_TEXTS: Final = 32
FORWARD_TOKENS: Final = 20
"""What a forward costs before its first token, in tokens; measured between 10 and 25."""


def pack(
    lengths: Sequence[int], *, max_tokens: int = MAX_PADDED_TOKENS, max_texts: int = MAX_TEXTS
) -> Iterator[list[int]]:
    """Group positions by length, shortest first.

    A group's padded tokens are its size times its longest member. A text that is longer than
    `max_tokens` by itself gets a group of its own. Takes time of O(texts x `max_texts`).

    Args:
        lengths: Tokens of each text.
        max_tokens: Most tokens of a group, padding included.
        max_texts: Most texts of a group.

    Yields:
        Positions in `lengths`; every position exactly once.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    start = 0
    for end in _cuts([lengths[position] for position in order], max_tokens, max_texts):
        yield order[start:end]
        start = end


def _cuts(ascending: Sequence[int], max_tokens: int, max_texts: int) -> list[int]:
    """End of each group, by dynamic programming over where the last group starts."""
    cost = [0]
    starts = [0]
    for end, longest in enumerate(ascending, start=1):
        largest = max(1, min(max_texts, max_tokens // longest, end))
        total, start = min(
            (cost[end - size] + FORWARD_TOKENS + size * longest, end - size)
            for size in range(1, largest + 1)
        )
        cost.append(total)
        starts.append(start)
    cuts = []
    end = len(ascending)
    while end:
        cuts.append(end)
        end = starts[end]
    return cuts[::-1]
