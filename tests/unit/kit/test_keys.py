"""Identities in keys."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.redis.keys import decode, encode, partition_of


@given(st.text(), st.text())
def test_two_parts_never_share_a_spelling(one: str, other: str) -> None:
    """The encoding is injective, the empty part included."""
    assert (encode(one) == encode(other)) == (one == other)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_joined_parts_never_share_a_key(one: list[str], other: list[str]) -> None:
    """Parts joined by the separator of keys can be told apart, wherever a colon stood."""
    keys = [":".join(map(encode, parts)) for parts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@given(st.text())
def test_the_spelling_is_special_to_nothing(part: str) -> None:
    """Only letters, digits and underscores occur, and there is always something."""
    assert re.fullmatch(r"[A-Za-z0-9_]+", encode(part))


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_prefix_stays_a_prefix(prefix: str, text: str) -> None:
    """A non-empty part starts with another exactly where its spelling does."""
    assert encode(text).startswith(encode(prefix)) == text.startswith(prefix)
    assert encode(prefix + text).startswith(encode(prefix))


def test_known_spellings() -> None:
    """The spellings are part of the stored data and never change."""
    assert encode("") == "__"
    assert encode("Alice42") == "Alice42"
    assert encode("a_b:c") == "a_5fb_3ac"
    assert encode("é") == "_c3_a9"


@given(st.integers(1, 64), st.lists(st.text(), min_size=1, max_size=3))
def test_partitions_are_in_range(count: int, parts: list[str]) -> None:
    """Every identity has a partition."""
    assert 0 <= partition_of(count, *parts) < count


def test_partitions_are_stable_and_tell_parts_apart() -> None:
    """The partition never changes between releases, and part borders count."""
    assert partition_of(16, "default", "chat", "s1") == 15
    assert partition_of(1 << 32, "a", "bc") != partition_of(1 << 32, "ab", "c")


def test_partitions_are_even() -> None:
    """No partition of sixteen gets twice its share of four thousand sessions."""
    counts = [0] * 16
    for number in range(4000):
        counts[partition_of(16, "default", "", f"session-{number}")] += 1
    assert max(counts) < 2 * 4000 / 16


@given(st.text())
def test_a_spelling_is_read_back(part: str) -> None:
    """`decode` is the inverse of `encode`, for every text that can be spelled."""
    assert decode(encode(part)) == part
