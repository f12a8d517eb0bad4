"""Cuts texts of mixed length into forwards that waste little padding and bound memory."""

from collections.abc import Iterator, Sequence
from typing import Final

MAX_PADDED_TOKENS: Final = 1024
MAX_TEXTS: Final = 32


def pack(
    lengths: Sequence[int], *, max_tokens: int = MAX_PADDED_TOKENS, max_texts: int = MAX_TEXTS
) -> Iterator[list[int]]:
    """Group positions by length, shortest first.

    A group costs its size times its longest member. A text that is longer than `max_tokens` by
    itself gets a group of its own.

    Args:
        lengths: Tokens of each text.
        max_tokens: Most tokens of a group, padding included.
        max_texts: Most texts of a group.

    Yields:
        Positions in `lengths`; every position exactly once.
    """
    group: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) == max_texts or (len(group) + 1) * lengths[position] > max_tokens):
            yield group
            group = []
        group.append(position)
    if group:
        yield group
