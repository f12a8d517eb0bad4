"""Page and resume tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.contract.cursors import decode_cursor, encode_cursor
from agent_memory_services.kit.contract.errors import InvalidToken

_BINDING = st.lists(st.binary(max_size=8), max_size=3)


@given(st.binary(), _BINDING)
def test_a_token_gives_its_payload_back(payload: bytes, binding: list[bytes]) -> None:
    """With the same arguments, a token decodes to what went in, and is safe in URLs."""
    token = encode_cursor(payload, *binding)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert decode_cursor(token, *binding) == payload


@given(st.binary(), _BINDING, _BINDING)
def test_a_token_of_other_arguments_is_refused(
    payload: bytes, binding: list[bytes], other: list[bytes]
) -> None:
    """A token holds for the arguments it came from only, part borders included."""
    token = encode_cursor(payload, *binding)
    if binding != other:
        with pytest.raises(InvalidToken):
            decode_cursor(token, *other)


@given(st.binary(), st.data())
def test_a_changed_token_is_refused(payload: bytes, data: st.DataObject) -> None:
    """No other spelling of a token is accepted: not one character more, less or different."""
    token = encode_cursor(payload)
    at = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("abzAZ019-_=+/ \né"))
    for changed in (
        token[:at] + character + token[at + 1 :],
        token[:at] + token[at + 1 :],
        token[:at] + character + token[at:],
        token + "=",
    ):
        if changed != token:
            with pytest.raises(InvalidToken):
                decode_cursor(changed)


@given(st.text())
def test_nonsense_is_refused(text: str) -> None:
    """Whatever a caller sends, the answer is a refusal and not a fault."""
    with pytest.raises(InvalidToken):
        decode_cursor(text, b"no token was made with these arguments")
