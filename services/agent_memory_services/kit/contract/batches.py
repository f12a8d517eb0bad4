"""Batches of items, for steps that take a limited number of them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

ItemT = TypeVar("ItemT")


def batched(items: Iterable[ItemT], size: int) -> Iterator[list[ItemT]]:
    """Yield the items in lists of `size`, the last one shorter.

    `itertools.batched` needs Python 3.12.
    """
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
