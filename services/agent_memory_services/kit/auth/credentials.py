"""Credentials as a caller presents them, and the faults for which one is refused."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import Counter

from agent_memory_services.kit.contract.errors import Unauthenticated


class CredentialFault(StrEnum):
    """Faults of a credential."""

    NO_CREDENTIAL = "no_credential"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - names a fault
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_CLAIM = "wrong_claim"
    UNKNOWN_KID = "unknown_kid"
    UNKNOWN_CERTIFICATE = "unknown_certificate"


_REFUSED = Counter("agent_memory_auth_refused", "Credentials refused, by reason.", ("why",))
_COUNTED = {fault: _REFUSED.labels(fault.value) for fault in CredentialFault}


class Refused(Unauthenticated):
    """A credential is not valid.

    All look alike from outside: to tell a wrong secret from an unknown key, or a wrong audience
    from a bad signature, would help nobody but a guesser.
    """

    def __init__(self, fault: CredentialFault) -> None:
        super().__init__()
        self.fault = fault
        _COUNTED[fault].inc()


AUTHORIZATION = "authorization"
# Far above any token that fits the metadata of a call.
_MAX_TOKEN_CHARACTERS = 16 * 1024


@dataclass(frozen=True, slots=True)
class CallCredentials:
    """The parts of a call that can identify its caller.

    Attributes:
        metadata: what the caller sent along.
        connection: tells, when asked, what the transport verified: by property, its values.
    """

    metadata: Mapping[str, str | bytes]
    connection: Callable[[], Mapping[str, Iterable[bytes]]]

    @property
    def token(self) -> str | None:
        """The bearer token; None where the caller sent no authorization at all.

        Raises:
            Refused: there is an authorization of another kind.
        """
        given = self.metadata.get(AUTHORIZATION)
        if given is None:
            return None
        if not isinstance(given, str) or len(given) > _MAX_TOKEN_CHARACTERS:
            raise Refused(CredentialFault.MALFORMED)
        scheme, _, token = given.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or not token.isascii():
            raise Refused(CredentialFault.MALFORMED)
        return token
