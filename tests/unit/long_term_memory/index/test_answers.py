"""What the engine answers to a query."""

from agent_memory_services.long_term_memory.store.index.index import Answer, Row, answer_of


def test_rows_have_keys_and_fields() -> None:
    """Fields come by name, in the order of the rows."""
    reply = [9, b"k1", [b"a", b"1", b"b", b"2"], b"k2", [b"a", b"3"]]
    assert answer_of(reply, scored=False) == Answer(
        9, [Row(b"k1", None, {b"a": b"1", b"b": b"2"}), Row(b"k2", None, {b"a": b"3"})]
    )


def test_scored_rows_have_scores() -> None:
    """A query that asked for scores has one in each row."""
    reply = [2, b"k1", b"1.5", [b"a", b"1"], b"k2", b"0", []]
    assert answer_of(reply, scored=True) == Answer(
        2, [Row(b"k1", 1.5, {b"a": b"1"}), Row(b"k2", 0.0, {})]
    )


def test_a_hash_that_went_away_has_no_fields() -> None:
    """What was deleted while the query ran is a row without anything in it."""
    assert answer_of([1, b"k1", None], scored=False).rows == [Row(b"k1", None, {})]


def test_a_count_has_no_rows() -> None:
    """Only the total was asked for."""
    assert answer_of([7], scored=False) == Answer(7, [])
