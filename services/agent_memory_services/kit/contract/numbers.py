"""Bounds of whole numbers."""

from typing import Final

LARGEST_EXACT: Final = 2**53 - 1
"""The largest whole number up to which a double, and so Lua and the query engine, holds each one.

The contracts bound every whole number of 64 bits by it.
"""

LONGEST_SECONDS: Final = 100 * 365 * 86_400
"""The longest span, a hundred years: the microseconds of a moment that far ahead are exact."""


def is_exact(number: int) -> bool:
    """Tell whether a double holds the number and its neighbours apart."""
    return -LARGEST_EXACT <= number <= LARGEST_EXACT
