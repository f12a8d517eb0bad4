"""Tokens of an issuer, and its keys."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import Identity, Role
from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySet, KeySourceError, read_keys
from agent_memory_services.kit.auth.json_web_tokens.verifier import (
    ClaimNames,
    JwtVerifier,
    identity_of,
)
from agent_memory_services.kit.contract.errors import DependencyUnavailable
from tests.support.credentials import AUDIENCE, ISSUER, Issuer

NAMES = ClaimNames()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Source:
    """A key set that can be away."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.readings = 0
        self.away = False

    async def __call__(self) -> bytes:
        """The key set now."""
        self.readings += 1
        if self.away:
            raise KeySourceError("URLError")
        return json.dumps(self.issuer.key_set()).encode()


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """An issuer with one key of each kind."""
    issuer = Issuer(tmp_path / "keys.json")
    issuer.publish(one="ES256", two="RS256")
    return issuer


@asynccontextmanager
async def _verifying(
    source: Source, *, on_change: Callable[[], None] = lambda: None, **changes: Any
) -> AsyncIterator[tuple[JwtVerifier, Clock]]:
    clock = Clock()
    keys = KeySet(
        source, ["RS256", "ES256"], refresh_seconds=300, on_change=on_change, monotonic=clock
    )
    async with keys.refreshed():
        terms: dict[str, Any] = {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "algorithms": ["RS256", "ES256"],
            "names": NAMES,
            "leeway_seconds": 30.0,
            "monotonic": clock,
        }
        yield JwtVerifier(keys, **{**terms, **changes}), clock


async def _fault_of(verifier: JwtVerifier, token: str) -> CredentialFault:
    with pytest.raises(Refused) as refused:
        await verifier.verify(token)
    assert refused.value.message == "no valid credential"
    return refused.value.fault


@pytest.mark.parametrize("kid", ["one", "two"])
async def test_a_good_token_identifies_its_holder(issuer: Issuer, kid: str) -> None:
    """Until it expires, by our clock and the leeway."""
    async with _verifying(Source(issuer)) as (verifier, clock):
        token = issuer.token(kid, role="writer", users=["alice"], namespaces="chat")
        verified = await verifier.verify(token)
    assert verified.identity == Identity(
        "jwt:somebody", Role.WRITER, "acme", frozenset({"alice"}), frozenset({"chat"})
    )
    assert verified.until == pytest.approx(clock.now + 330, abs=3)


async def test_a_token_may_expire_as_late_as_its_issuer_says(issuer: Issuer) -> None:
    """Later than a float can tell, too."""
    async with _verifying(Source(issuer)) as (verifier, clock):
        verified = await verifier.verify(issuer.token(role="writer", exp=10**400))
    assert verified.until > clock.now


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"exp": 1}, CredentialFault.EXPIRED),
        ({"exp": None}, CredentialFault.WRONG_CLAIM),
        ({"nbf": 2**40}, CredentialFault.NOT_YET_VALID),
        ({"iat": 2**40}, CredentialFault.NOT_YET_VALID),
        ({"iss": "https://other.test/"}, CredentialFault.WRONG_ISSUER),
        ({"iss": None}, CredentialFault.WRONG_CLAIM),
        ({"aud": "another"}, CredentialFault.WRONG_AUDIENCE),
        ({"aud": ["another"]}, CredentialFault.WRONG_AUDIENCE),
        ({"aud": None}, CredentialFault.WRONG_CLAIM),
        ({"sub": None}, CredentialFault.WRONG_CLAIM),
        ({"tenant": None}, CredentialFault.WRONG_CLAIM),
        ({"tenant": ["acme"]}, CredentialFault.WRONG_CLAIM),
        ({"tenant": "a b"}, CredentialFault.WRONG_CLAIM),
        ({"role": None}, CredentialFault.WRONG_CLAIM),
        ({"role": "root"}, CredentialFault.WRONG_CLAIM),
        ({"role": ["service"]}, CredentialFault.WRONG_CLAIM),
        ({"role": "service"}, CredentialFault.WRONG_CLAIM),  # has a tenant
        ({"users": 7}, CredentialFault.WRONG_CLAIM),
        ({"users": [None]}, CredentialFault.WRONG_CLAIM),
        ({"namespaces": {"chat": True}}, CredentialFault.WRONG_CLAIM),
    ],
)
async def test_a_token_that_is_not_for_us_is_refused(
    issuer: Issuer, claims: dict[str, Any], fault: CredentialFault
) -> None:
    """For the right reason, which only the operator learns."""
    async with _verifying(Source(issuer)) as (verifier, _):
        assert await _fault_of(verifier, issuer.token(**claims)) is fault


async def test_clocks_may_differ_by_the_leeway(issuer: Issuer) -> None:
    """Both ways, and no further."""
    now = time.time()
    async with _verifying(Source(issuer)) as (verifier, _):
        await verifier.verify(issuer.token(exp=int(now) - 20, nbf=int(now) + 20))
        assert await _fault_of(verifier, issuer.token(exp=int(now) - 40)) is CredentialFault.EXPIRED
        assert (
            await _fault_of(verifier, issuer.token(nbf=int(now) + 40))
            is CredentialFault.NOT_YET_VALID
        )


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
async def test_the_algorithm_is_ours_to_choose(issuer: Issuer, algorithm: str) -> None:
    """Neither no signature nor one by the public key as a secret is looked at."""
    source = Source(issuer)
    async with _verifying(source) as (verifier, clock):
        clock.now += 100
        assert (
            await _fault_of(verifier, issuer.forged(algorithm)) is CredentialFault.WRONG_ALGORITHM
        )
        assert source.readings == 1


async def test_a_key_serves_its_own_algorithm_only(issuer: Issuer) -> None:
    """A token cannot pair a key with another pinned algorithm."""
    async with _verifying(Source(issuer)) as (verifier, _):
        good = issuer.token("one")
        issuer.keys["two"] = issuer.keys["one"]
        assert await _fault_of(verifier, issuer.token("two")) is CredentialFault.WRONG_ALGORITHM
        await verifier.verify(good)


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        lambda token: token.replace(".", ".e30", 1),
        lambda _: "a.b.c",
        lambda _: "..",
        lambda token: token.rpartition(".")[0] + ".",
    ],
)
async def test_a_damaged_token_is_refused(issuer: Issuer, damage: Callable[[str], str]) -> None:
    """Whatever part of it is changed."""
    async with _verifying(Source(issuer)) as (verifier, _):
        fault = await _fault_of(verifier, damage(issuer.token()))
    assert fault in {CredentialFault.WRONG_SIGNATURE, CredentialFault.MALFORMED}


async def test_claims_can_be_made_required(issuer: Issuer) -> None:
    """An issuer that forgets to confine a holder does not let it out."""
    async with _verifying(Source(issuer), required=["users"]) as (verifier, _):
        assert await _fault_of(verifier, issuer.token()) is CredentialFault.WRONG_CLAIM
        await verifier.verify(issuer.token(users=["alice"]))


async def test_claims_can_have_the_issuers_own_names(issuer: Issuer) -> None:
    """A user's own token is confined by its subject."""
    names = ClaimNames("https://acme.test/tenant", "roles", "sub", "spaces")
    claims: dict[str, Any] = {
        "tenant": None,
        "role": None,
        "https://acme.test/tenant": "acme",
        "roles": ["offline", "reader", "writer"],
    }
    async with _verifying(Source(issuer), names=names) as (verifier, _):
        verified = await verifier.verify(issuer.token(**claims))
    assert verified.identity == Identity(
        "jwt:somebody", Role.WRITER, "acme", frozenset({"somebody"})
    )


@given(st.dictionaries(st.sampled_from(["sub", "tenant", "role", "users", "namespaces"]), JSON))
def test_any_claims_are_understood_or_refused(claims: dict[str, Any]) -> None:
    """Nothing that an issuer signs makes anybody more than it says."""
    try:
        identity = identity_of(claims, NAMES)
    except Refused:
        return
    assert identity.tenant == claims.get("tenant", "")
    assert (identity.users is None) == ("users" not in claims)


async def test_a_new_key_is_found_by_its_first_token(issuer: Issuer) -> None:
    """And what was verified by the old keys is forgotten, at once."""
    source, changes = Source(issuer), []
    async with _verifying(source, on_change=lambda: changes.append(1)) as (verifier, clock):
        issuer.publish(three="ES256")
        clock.now += 10
        await verifier.verify(issuer.token("three"))
        assert (source.readings, len(changes)) == (2, 2)


async def test_unknown_keys_cause_one_reading_in_ten_seconds(issuer: Issuer) -> None:
    """However many tokens name them, and however many at once."""
    source = Source(issuer)
    async with _verifying(source) as (verifier, clock):
        issuer.keys["unknown"] = issuer.keys.pop("one")
        token = issuer.token("unknown")
        issuer.keys["one"] = issuer.keys.pop("unknown")
        assert await _fault_of(verifier, token) is CredentialFault.UNKNOWN_KID
        assert source.readings == 1, "just read"
        clock.now += 10
        answers = await asyncio.gather(*(_fault_of(verifier, token) for _ in range(20)))
        assert set(answers) == {CredentialFault.UNKNOWN_KID}
        assert source.readings == 2


async def test_keys_outlive_a_reading_that_fails(issuer: Issuer) -> None:
    """An issuer that is away locks out nobody who holds a token."""
    source = Source(issuer)
    async with _verifying(source) as (verifier, clock):
        source.away = True
        clock.now += 10
        issuer.keys["unknown"] = issuer.keys["one"]
        assert await _fault_of(verifier, issuer.token("unknown")) is CredentialFault.UNKNOWN_KID
        assert source.readings == 2
        await verifier.verify(issuer.token("one"))


async def test_without_any_key_nobody_is_called_an_impostor(issuer: Issuer) -> None:
    """Tokens cannot be judged yet, which is not the caller's fault."""
    source = Source(issuer)
    source.away = True
    async with _verifying(source) as (verifier, clock):
        with pytest.raises(DependencyUnavailable):
            await verifier.verify(issuer.token())
        source.away = False
        clock.now += 10
        await verifier.verify(issuer.token())


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]}',
        b'{"keys": [{"kty": "EC", "kid": "s"}]}',
        b'{"keys": [7, {"kty": "RSA"}]}',
    ],
)
async def test_a_set_without_a_usable_key_counts_as_none(source: bytes) -> None:
    """Shared secrets among them."""

    async def read() -> bytes:
        return source

    keys = KeySet(read, ["RS256", "ES256"], refresh_seconds=300, on_change=lambda: None)
    async with keys.refreshed():
        assert keys.find("s") is None
        with pytest.raises(DependencyUnavailable):
            await keys.find_anew("s")


async def test_keys_are_read_from_a_file(issuer: Issuer) -> None:
    """As large as a key set can be, and no larger."""
    read = partial(read_keys, issuer.location, timeout=1)
    assert json.loads(await read()) == issuer.key_set()
    issuer.path.write_bytes(bytes(1024 * 1024 + 1))
    with pytest.raises(KeySourceError):
        await read()
    issuer.path.unlink()
    with pytest.raises(KeySourceError):
        await read()


FIELDS = st.sampled_from(["kty", "kid", "alg", "use", "crv", "n", "e", "x", "y", "d", "key_ops"])
VALUES = JSON | st.sampled_from(
    ["RSA", "EC", "OKP", "oct", "P-256", "P-384", "secp256k1", "Ed25519", "sig", "AQAB", "AA"]
)


@given(st.binary() | st.lists(st.dictionaries(FIELDS, VALUES) | JSON, max_size=3))
async def test_any_key_set_is_understood_or_left_alone(given: bytes | list[Any]) -> None:
    """What an issuer, or whoever stands in for it, publishes never stops the refreshing."""
    source = given if isinstance(given, bytes) else json.dumps({"keys": given}).encode()

    async def read() -> bytes:
        return source

    algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
    keys = KeySet(read, algorithms, refresh_seconds=300, on_change=lambda: None)
    await keys._refresh()
    await keys._refresh()


@given(
    st.text(max_size=200)
    | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}")
)
async def test_any_token_is_refused_in_order(token: str) -> None:
    """Nothing a caller sends as a token is an incident."""

    async def read() -> bytes:
        return b'{"keys": []}'

    keys = KeySet(read, ["ES256"], refresh_seconds=300, on_change=lambda: None)
    verifier = JwtVerifier(
        keys, issuer=ISSUER, audience=AUDIENCE, algorithms=["ES256"], names=NAMES
    )
    with pytest.raises((Refused, DependencyUnavailable)):
        await verifier.verify(token)
