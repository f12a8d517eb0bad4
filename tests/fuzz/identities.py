"""What names things and grants things: keys, tokens of pages, credentials, headers."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.api_keys.key import Token
from agent_memory_services.kit.auth.credentials import CallCredentials, Refused
from agent_memory_services.kit.auth.identity import Role
from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySet
from agent_memory_services.kit.auth.json_web_tokens.verifier import ClaimNames, JwtVerifier
from agent_memory_services.kit.auth.scope import narrowed, tenant_named
from agent_memory_services.kit.contract import context
from agent_memory_services.kit.contract.context import Principal
from agent_memory_services.kit.contract.cursors import (
    decode_cursor,
    encode_cursor,
    read_cursor,
    whole_number,
)
from agent_memory_services.kit.contract.errors import InvalidToken, Unauthenticated
from agent_memory_services.kit.contract.transport import parse_address
from agent_memory_services.kit.observe.tracing.rpcs import received
from agent_memory_services.kit.redis.feed.tail import Position as StreamPosition
from agent_memory_services.kit.redis.keys import decode, encode, partition_of
from agent_memory_services.kit.redis.watch import read_labelled
from agent_memory_services.long_term_memory.listing import ListingCursor as ListedPosition
from agent_memory_services.long_term_memory.search.search import SearchCursor
from agent_memory_services.working_memory.api.translate import read_position, read_sequence
from tests.fuzz.inputs import BYTES, JSON, TEXT
from tests.fuzz.target import Target

_READERS = (
    *(bytes.decode, whole_number, read_labelled, ListedPosition.unpack, SearchCursor.unpack),
    *(read_position, read_sequence, StreamPosition.read),
)
_WHOLE = Principal("acme", "key:service", Access.ACCESS_ADMIN)


def _feed_keys(parts: tuple[str, str]) -> None:
    one, other = map(encode, parts)
    assert (one == other) == (parts[0] == parts[1])
    assert one.replace("_", "").isalnum() or one == "__"
    assert decode(one) == parts[0]
    assert 0 <= partition_of(16, *parts) < 16


def _feed_damaged_token(given: tuple[str, bytes]) -> None:
    text, binding = given
    with suppress(InvalidToken):
        assert encode_cursor(decode_cursor(text, binding), binding) == text


def _feed_forged_token(given: tuple[bytes, bytes]) -> None:
    """Anybody can compute the checksum, so what is inside may be anything."""
    payload, binding = given
    token = encode_cursor(payload, binding)
    for read in _READERS:
        with suppress(InvalidToken):
            read_cursor(token, read, binding)
        with suppress(InvalidToken):
            read_cursor(token, read, binding + b"x")
            raise AssertionError("a token of other arguments was taken")


class _Issuer:
    """One key of an issuer, whose tokens say anything."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._set = json.dumps({"keys": [{**public, "kid": "one", "alg": "ES256"}]}).encode()
        self._runner = asyncio.Runner()
        self._verifier = self._runner.run(self._opened())

    def sign(self, claims: dict[str, Any]) -> str:
        """A token of these claims, with what else a token has to say."""
        usual = {"iss": "us", "aud": "us", "sub": "a", "exp": int(time.time()) + 60}
        return jwt.encode({**usual, **claims}, self._key, "ES256", {"kid": "one"})

    def check(self, token: str) -> None:
        """Verify a token; it is good for something definite or refused."""
        try:
            verified = self._runner.run(self._verifier.verify(token))
        except Refused:
            return
        assert verified.identity.role in Role
        assert isinstance(verified.identity.tenant, str)

    async def _opened(self) -> JwtVerifier:
        async def source() -> bytes:
            return self._set

        keys = KeySet(source, ["ES256"], refresh_seconds=1e9, on_change=lambda: None)
        await keys.find_anew("one")
        return JwtVerifier(
            keys, issuer="us", audience="us", algorithms=["ES256"], names=ClaimNames()
        )


class _Tokens:
    """Feeds an issuer that is made when first needed."""

    def __init__(self) -> None:
        self._issuer: _Issuer | None = None

    def __call__(self, given: str | dict[str, Any]) -> None:
        issuer = self._issuer = self._issuer or _Issuer()
        if isinstance(given, str):
            issuer.check(given)
            return
        try:
            token = issuer.sign(given)
        except (TypeError, ValueError):
            return  # what no issuer could sign either
        issuer.check(token)


def _feed_headers(given: tuple[dict[str, Any], bytes]) -> None:
    headers, scope = given
    with suppress(Refused):
        if token := CallCredentials(headers, dict).token:
            Token.read(token)
    with suppress(Unauthenticated):
        tenant_named(headers.get("x-agent-memory-tenant"))
    with suppress(Refused):
        assert narrowed(_WHOLE, scope).access <= _WHOLE.access
    assert len(context.accept_request_id(headers.get("x-request-id"))) <= 128
    received(headers)


def _feed_address(text: str) -> None:
    with suppress(ValueError):
        assert parse_address(str(parse_address(text))) == parse_address(text)


_CLAIMS = st.sampled_from(
    ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "tenant", "role", "users", "namespaces"]
)
_JWT_LIKE = st.lists(
    st.one_of(st.text(alphabet="abcXYZ019-_=", max_size=40), TEXT), min_size=3, max_size=3
).map(".".join)
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["authorization", "x-agent-memory-tenant", "x-request-id", "traceparent", "tracestate"]
    ),
    TEXT | TEXT.map(lambda text: f"Bearer am_{text}_") | st.just("00-" + "0" * 50),
)

TARGETS = (
    Target("keys", st.tuples(TEXT, TEXT), _feed_keys),
    Target(
        "damaged-tokens",
        st.tuples(
            st.text(alphabet="abcXYZ019-_=", max_size=60) | TEXT,
            BYTES,
        ),
        _feed_damaged_token,
    ),
    Target("forged-tokens", st.tuples(BYTES | TEXT.map(str.encode), BYTES), _feed_forged_token),
    Target("json-web-tokens", _JWT_LIKE | st.dictionaries(_CLAIMS, JSON, max_size=6), _Tokens()),
    Target("headers", st.tuples(_HEADERS, BYTES), _feed_headers),
    Target("addresses", TEXT | st.from_regex(r"[\[\]:a-z0-9.]*:[0-9]{1,6}"), _feed_address),
)
