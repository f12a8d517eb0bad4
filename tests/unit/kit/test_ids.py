"""Identifiers."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from agent_memory_services.kit.contract.ids import derived_id, new_id

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def test_new_ids_are_different_and_sorted_by_time() -> None:
    """Ids of one millisecond count up, so that what was made one after the other stays so."""
    ids = [new_id() for _ in range(10_000)]
    assert len(set(ids)) == 10_000
    assert all(_ID.fullmatch(name) for name in ids)
    assert ids == sorted(ids)


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_derived_ids_depend_on_the_parts_alone(one: list[str], other: list[str]) -> None:
    """Equal parts make one id, and different parts, however joined, make different ones."""
    assert _ID.fullmatch(derived_id(*one))
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


def test_a_derived_id_never_changes() -> None:
    """Derived ids are stored; another release must find the same."""
    assert derived_id("a", "b") == "1WKNCH0HDWH1VFKM1SKEZV0Q3A"


def test_a_new_id_is_a_ulid_of_now() -> None:
    """The library reads what is spelled here."""
    before = time.time_ns() // 1_000_000
    read = ULID.from_str(spelled := new_id())
    assert str(read) == spelled
    assert before <= read.milliseconds <= time.time_ns() // 1_000_000
