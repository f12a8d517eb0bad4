"""Tokens of watches, which callers keep across releases."""

import pytest

from agent_memory_services.kit.contract.cursors import encode_cursor
from agent_memory_services.kit.contract.errors import InvalidToken
from agent_memory_services.kit.redis.feed.tail import Position
from agent_memory_services.kit.redis.watch import WatchTokens

ONE, ANOTHER = Position(1700000000000, 3), Position(0, 0)


def test_a_place_in_one_stream_is_spelled_as_the_store_spells_it() -> None:
    """As tokens of watches on a session and on memories always were."""
    tokens = WatchTokens(b"watch", b"acme")
    token = encode_cursor(b"1700000000000-3", b"watch", b"acme")
    assert tokens.write({"": ONE}) == token
    assert tokens.read(token) == {"": ONE}


def test_places_in_numbered_streams_are_spelled_with_their_numbers() -> None:
    """As tokens of watches on jobs always were."""
    tokens = WatchTokens(b"thread", labelled=True)
    token = encode_cursor(b"0=1700000000000-3,15=0-0", b"thread")
    assert tokens.write({"0": ONE, "15": ANOTHER}) == token
    assert tokens.read(token) == {"0": ONE, "15": ANOTHER}


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("spelled", [b"", b"x", b"1-", b"=1-2", b"0=", b"0=1-2,", b"-1=1-2"])
def test_a_token_of_no_place_is_refused(spelled: bytes, *, labelled: bool) -> None:
    """Whoever made it."""
    with pytest.raises(InvalidToken):
        WatchTokens(b"x", labelled=labelled).read(encode_cursor(spelled, b"x"))


def test_a_token_of_another_watch_is_refused() -> None:
    """It would continue somewhere else."""
    with pytest.raises(InvalidToken):
        WatchTokens(b"x").read(WatchTokens(b"y").write({"": ONE}))
