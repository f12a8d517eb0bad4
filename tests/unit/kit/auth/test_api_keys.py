"""API keys as strings and as records."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.auth.api_keys.key import ApiKey, State, Token, is_key_id
from agent_memory_services.kit.auth.api_keys.verifier import PepperError, read_pepper
from agent_memory_services.kit.auth.identity import Role

PEPPER = bytes(range(32))
LIMITS = st.none() | st.frozensets(st.text(max_size=16), max_size=4)
TIMES = st.none() | st.integers(0, 2**60)


def _key(**changes: Any) -> ApiKey:
    defaults = {
        "key_id": "a" * 16,
        "name": "",
        "role": Role.READER,
        "tenant": "acme",
        "digest": b"d" * 32,
        "create_time": 0,
    }
    return ApiKey(**{**defaults, **changes})


def test_a_token_says_which_key_it_is_of() -> None:
    """So that checking it reads one record, whatever the number of keys."""
    token = Token.new()
    assert Token.read(token.text) == token
    assert token.text.startswith(f"am_{token.key_id}_")
    assert is_key_id(token.key_id)
    assert Token.new().text != Token.new().text


def test_another_token_of_a_key_has_its_id() -> None:
    """Rotation changes the secret alone."""
    first = Token.new()
    second = Token.new(first.key_id)
    assert second.key_id == first.key_id
    assert second.text != first.text


def test_a_token_does_not_show_its_secret() -> None:
    """Not even in a traceback that prints it."""
    token = Token.new()
    assert token.text.rpartition("_")[2] not in repr(token)


@given(st.text(max_size=80) | st.from_regex(r"am_[a-z0-9]{14,18}_[a-z0-9]{50,54}", fullmatch=True))
def test_reading_a_token_takes_any_text(text: str) -> None:
    """It is a token exactly as one is written, or None."""
    token = Token.read(text)
    assert token is None or (token.text == text and len(text) == 72)


def test_a_digest_needs_the_pepper() -> None:
    """Without it, nobody who can write to the store can make a key that works."""
    token = Token.new()
    assert token.digest(PEPPER) == token.digest(PEPPER)
    assert token.digest(PEPPER) != token.digest(bytes(32))
    assert len(token.digest(PEPPER)) == 32


@given(
    name=st.text(),
    users=LIMITS,
    namespaces=LIMITS,
    create_time=st.integers(0, 2**60),
    expire_time=TIMES,
    revoke_time=TIMES,
    last_use_time=TIMES,
    previous=st.none() | st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**60)),
)
def test_a_record_is_read_as_it_was_written(previous: Any, **values: Any) -> None:
    """With an empty list of users still being no users, and not all of them."""
    rotated = (
        {}
        if previous is None
        else dict(zip(("previous_digest", "previous_until"), previous, strict=True))
    )
    key = _key(**values, **rotated)
    written = {name.encode(): data for name, data in key.to_hash().items()}
    assert ApiKey.from_hash(key.key_id, written) == key


def test_a_key_ends_by_time_or_by_hand() -> None:
    """And a revoked one stays revoked."""
    assert _key().state(10**18) is State.ACTIVE
    assert _key(expire_time=10).state(9) is State.ACTIVE
    assert _key(expire_time=10).state(10) is State.EXPIRED
    assert _key(revoke_time=5, expire_time=10).state(10) is State.REVOKED


def test_a_rotated_key_takes_both_tokens_until_the_overlap_is_over() -> None:
    """And is looked up again when the older one ends."""
    key = _key(digest=b"n" * 32, previous_digest=b"o" * 32, previous_until=10, expire_time=20)
    assert key.matches(b"n" * 32, 0)
    assert key.matches(b"o" * 32, 9)
    assert not key.matches(b"o" * 32, 10)
    assert not key.matches(b"x" * 32, 0)
    assert (key.holds_until(b"n" * 32), key.holds_until(b"o" * 32)) == (20, 10)


def test_a_key_that_was_never_rotated_has_no_second_token() -> None:
    """No digest stands for its absence."""
    assert not _key().matches(bytes(32), 0)


def test_limits_fit_the_metadata_they_travel_in() -> None:
    """A key that no service could pass on is not made."""
    with pytest.raises(ValueError, match="4096 bytes"):
        _key(users=frozenset(f"user-{number:04}" for number in range(400)))


def test_a_pepper_is_long_enough(tmp_path: Path) -> None:
    """And its file may end with a line end."""
    path = tmp_path / "pepper"
    with pytest.raises(PepperError, match="cannot read"):
        read_pepper(path)
    path.write_bytes(b"s3cret\n")
    with pytest.raises(PepperError, match="shorter than 32 bytes") as short:
        read_pepper(path)
    assert "s3cret" not in str(short.value)
    path.write_bytes(b"x" * 32 + b"\n")
    assert read_pepper(path) == b"x" * 32
