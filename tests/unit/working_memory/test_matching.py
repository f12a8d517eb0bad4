"""Which given messages are in view already."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.working_memory.domain.views import Statement, common_subsequence, match

letters = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=12)


def nameless(text: str) -> list[Statement]:
    """Messages without ids, one per letter."""
    return [Statement("", letter.encode()) for letter in text]


def longest(one: list[bytes], other: list[bytes]) -> int:
    """The length of the longest common subsequence, by the textbook's table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
            )
    return table[-1][-1]


@given(letters, letters)
def test_common_subsequence_is_a_longest_one(one: list[bytes], other: list[bytes]) -> None:
    """Pairs are equal elements, rise on both sides, and are as many as can be."""
    pairs = common_subsequence(one, other)
    assert all(one[a] == other[b] for a, b in pairs)
    assert all(p[0] < q[0] and p[1] < q[1] for p, q in pairwise(pairs))
    assert len(pairs) == longest(one, other)


@given(letters, letters, st.data())
def test_match_gives_every_position_once(
    one: list[bytes], other: list[bytes], data: st.DataObject
) -> None:
    """No place in the view stands for two given messages, and each says what was given."""
    ids = st.sampled_from(["", "", "x", "y", "z"])
    view = [Statement(data.draw(ids), digest) for digest in one]
    wanted = [Statement(data.draw(ids), digest) for digest in other]
    wanted = [w for i, w in enumerate(wanted) if not w.id or w.id not in {v.id for v in wanted[:i]}]
    found = match(view, wanted)
    used = [at for at in found if at is not None]
    assert len(used) == len(set(used))
    for at, statement in zip(found, wanted, strict=True):
        if at is not None:
            assert view[at].digest == statement.digest
            assert not statement.id or view[at].id == statement.id


def test_an_extended_view_keeps_all_of_it() -> None:
    """Sending the whole history and one turn more finds the history."""
    assert match(nameless("abcd"), nameless("abcdef")) == [0, 1, 2, 3, None, None]


def test_a_late_match_does_not_swallow_earlier_ones() -> None:
    """A message that was said again at the end does not hide what stands between."""
    assert match(nameless("abcb"), nameless("bcx")) == [1, 2, None]
    assert match(nameless("okxyok"), nameless("xyok")) == [2, 3, 4, 5]


def test_order_counts_for_messages_without_ids() -> None:
    """Two messages in the other order are not both the ones in view."""
    assert [at is None for at in match(nameless("ab"), nameless("ba"))].count(True) == 1


def test_an_id_finds_its_message_out_of_order() -> None:
    """Messages with ids may change places."""
    view = [Statement("1", b"a"), Statement("2", b"b")]
    assert match(view, [Statement("2", b"b"), Statement("1", b"a")]) == [1, 0]


def test_an_id_with_other_content_is_a_new_message() -> None:
    """An edited message is not the one in view."""
    assert match([Statement("1", b"a")], [Statement("1", b"b")]) == [None]


def test_a_named_message_is_not_given_away() -> None:
    """A message that an id claims is not free for an equal one without an id."""
    view = [Statement("1", b"a"), Statement("2", b"a")]
    assert match(view, [Statement("", b"a"), Statement("1", b"a")]) == [1, 0]


def test_two_thousand_repetitions_are_matched_at_once() -> None:
    """The worst case of a full request is no comparison of each with each."""
    compared = 0

    class Digest(bytes):
        __hash__ = bytes.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return bytes.__eq__(self, other)

    view = [Statement("", Digest(b"ok" if i % 2 else b"a%d" % i)) for i in range(2000)]
    wanted = [Statement("", Digest(b"ok" if i % 3 else b"b%d" % i)) for i in range(2000)]
    assert sum(found is not None for found in match(view, wanted)) == 1000
    assert 2000 < compared < 20_000
