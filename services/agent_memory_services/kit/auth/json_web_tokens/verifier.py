"""Verification of JSON Web Tokens, and the identity their claims give."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWK

from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import Identity, Role, Verified
from agent_memory_services.kit.auth.json_web_tokens.key_set import KeySet
from agent_memory_services.kit.contract.numbers import LARGEST_EXACT

# The most that a list of roles allows; the role of a service is never one of several.
_BY_POWER = (Role.ADMIN, Role.WRITER, Role.READER)


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Names of the claims in which an issuer puts what we need to know.

    Attributes:
        tenant: the claim with the tenant.
        role: the claim with a role, or a list that holds one.
        users: the claim with the user or users the holder is confined to.
        namespaces: the claim with the namespace or namespaces it is confined to.
    """

    tenant: str = "tenant"
    role: str = "role"
    users: str = "users"
    namespaces: str = "namespaces"


def identity_of(claims: Mapping[str, Any], names: ClaimNames) -> Identity:
    """Return the holder of a token of these claims.

    Raises:
        Refused: a claim is missing or is not what it should be.
    """
    role = _role(claims.get(names.role))
    tenant = claims.get(names.tenant, "")
    subject = claims.get("sub")
    if not isinstance(tenant, str) or not isinstance(subject, str) or not subject:
        raise Refused(CredentialFault.WRONG_CLAIM)
    try:
        return Identity(
            f"jwt:{subject}",
            role,
            tenant,
            _limits(claims, names.users),
            _limits(claims, names.namespaces),
        )
    except ValueError:
        raise Refused(CredentialFault.WRONG_CLAIM) from None


def _role(claim: Any) -> Role:
    if claim == Role.SERVICE:
        return Role.SERVICE
    held = claim if isinstance(claim, list) else [claim]
    for role in _BY_POWER:
        if role in held:
            return role
    raise Refused(CredentialFault.WRONG_CLAIM)


def _limits(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    """The values of a claim; None only where the token does not have it at all."""
    if name not in claims:
        return None
    claim = claims[name]
    values: Sequence[Any] = claim if isinstance(claim, list) else [claim]
    if not all(isinstance(value, str) for value in values):
        raise Refused(CredentialFault.WRONG_CLAIM)
    return frozenset(values)


_REQUIRED = ("exp", "iss", "aud", "sub")
_FAULTS = (
    (jwt.ExpiredSignatureError, CredentialFault.EXPIRED),
    (jwt.ImmatureSignatureError, CredentialFault.NOT_YET_VALID),
    (jwt.InvalidIssuerError, CredentialFault.WRONG_ISSUER),
    (jwt.InvalidAudienceError, CredentialFault.WRONG_AUDIENCE),
    (jwt.InvalidAlgorithmError, CredentialFault.WRONG_ALGORITHM),
    (jwt.MissingRequiredClaimError, CredentialFault.WRONG_CLAIM),
    (jwt.InvalidSignatureError, CredentialFault.WRONG_SIGNATURE),
)


class JwtVerifier:
    """Accepts tokens of one issuer, for one audience, signed by one of its keys."""

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str,
        audience: str,
        algorithms: Collection[str],
        names: ClaimNames,
        required: Sequence[str] = (),
        leeway_seconds: float = 0.0,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Check by the pinned `algorithms`; `required` claims must be there besides the usual."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._algorithms = frozenset(algorithms)
        self._names = names
        self._options: Any = {
            "require": [*_REQUIRED, *required],
            "enforce_minimum_key_length": True,
        }
        self._leeway = leeway_seconds
        self._clock = clock
        self._monotonic = monotonic

    def takes(self, token: str) -> bool:
        """Return true if it has the three parts of a signed token."""
        return token.count(".") == 2  # noqa: PLR2004 - header, payload, signature

    async def verify(self, token: str) -> Verified:
        """Verify a token and return its holder, until it expires.

        Raises:
            Refused: it is not valid.
            DependencyUnavailable: the issuer's keys have never been read.
        """
        key = await self._key(token)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway,
                options=self._options,
            )
        except jwt.PyJWTError as error:
            raise Refused(_fault_of(error)) from None
        left = min(int(claims["exp"]), LARGEST_EXACT) + self._leeway - self._clock()
        return Verified(identity_of(claims, self._names), self._monotonic() + left)

    async def _key(self, token: str) -> PyJWK:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Refused(CredentialFault.MALFORMED) from None
        # The algorithm first: a token that can never be valid makes nobody read keys.
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._algorithms:
            raise Refused(CredentialFault.WRONG_ALGORITHM)
        if not isinstance(kid, str):
            raise Refused(CredentialFault.UNKNOWN_KID)
        known = self._keys.find(kid) or await self._keys.find_anew(kid)
        if known is None:
            raise Refused(CredentialFault.UNKNOWN_KID)
        if algorithm not in known:
            raise Refused(CredentialFault.WRONG_ALGORITHM)
        return known[algorithm]


def _fault_of(error: jwt.PyJWTError) -> CredentialFault:
    return next(
        (fault for kind, fault in _FAULTS if isinstance(error, kind)), CredentialFault.MALFORMED
    )
