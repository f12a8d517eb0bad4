"""What a caller shows of itself with a call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agent_memory_services.runtime.auth.refusals import Refused, Why

AUTHORIZATION = "authorization"
# Far above any token that fits the metadata of a call.
_MAX_TOKEN_CHARACTERS = 16 * 1024


@dataclass(frozen=True, slots=True)
class Presented:
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
            raise Refused(Why.MALFORMED)
        scheme, _, token = given.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or not token.isascii():
            raise Refused(Why.MALFORMED)
        return token
