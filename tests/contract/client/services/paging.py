"""Pages whose tokens are positions."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def page(items: Sequence[Item], size: int, token: str) -> tuple[Sequence[Item], str]:
    """One page, and the token of the next; empty when there is none."""
    start = int(token or 0)
    end = start + size
    return items[start:end], str(end) if end < len(items) else ""
