"""Why a credential was refused: told to the operator, and never to the caller."""

from enum import StrEnum

from prometheus_client import Counter

from agent_memory_services.runtime.errors import Unauthenticated


class Why(StrEnum):
    """What is wrong with a credential."""

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
_COUNTED = {why: _REFUSED.labels(why.value) for why in Why}


class Refused(Unauthenticated):
    """A credential is not valid.

    All look alike from outside: to tell a wrong secret from an unknown key, or a wrong audience
    from a bad signature, would help nobody but a guesser.
    """

    def __init__(self, why: Why) -> None:
        super().__init__()
        self.why = why
        _COUNTED[why].inc()
