"""Batches of items, for steps that take a limited number of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

ItemT = TypeVar("ItemT")


def _one(_: object) -> int:
    """Weigh every item alike."""
    return 1


def batched(
    items: Iterable[ItemT], size: int, *, weight: Callable[[ItemT], int] = _one
) -> Iterator[list[ItemT]]:
    """Yield the items in lists that weigh `size` at most; what weighs more alone is alone.

    Without a weight they are lists of `size` items, the last one shorter.
    """
    batch: list[ItemT] = []
    left = size
    for item in items:
        heavy = weight(item)
        if batch and heavy > left:
            yield batch
            batch, left = [], size
        batch.append(item)
        left -= heavy
    if batch:
        yield batch
