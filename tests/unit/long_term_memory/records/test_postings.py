"""Lists of numbers that memories have many of."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.long_term_memory.domain.columns import Postings

_numbers = st.integers(0, 6)


@given(st.lists(st.lists(_numbers, max_size=6), max_size=30), st.lists(_numbers, max_size=8))
def test_what_is_sought_is_found_wherever_it_was_added(
    lots: list[list[int]], sought: list[int]
) -> None:
    """A look between two additions changes nothing, and a number may be sought twice."""
    postings, added = Postings(), list[tuple[int, int, int]]()
    asked = np.array(sought, dtype=np.uint32)
    for place, lot in enumerate(lots):
        more = np.arange(len(lot), dtype=np.uint32)
        postings.extend(np.array(lot, dtype=np.uint32), np.array([len(lot)]), place, more)
        added += [(number, place, at) for at, number in enumerate(lot)]
        found = zip(*(each.tolist() for each in postings.find(asked)), strict=True)
        assert sorted(found) == sorted(
            (which, place, at)
            for which, each in enumerate(sought)
            for number, place, at in added
            if number == each
        )
