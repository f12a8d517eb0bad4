"""Verification of API keys against keyed digests."""

import time
from collections.abc import Callable
from pathlib import Path

from agent_memory_services.kit.auth.api_keys.key import PREFIX, ApiKey, State, Token
from agent_memory_services.kit.auth.api_keys.store import ApiKeyStore, LastUse
from agent_memory_services.kit.auth.credentials import CredentialFault, Refused
from agent_memory_services.kit.auth.identity import Verified
from agent_memory_services.kit.contract.clock import now_micros

_MICROS = 1_000_000
_ENDED = {State.REVOKED: CredentialFault.REVOKED, State.EXPIRED: CredentialFault.EXPIRED}


class ApiKeyVerifier:
    """Looks a key up by its id, and again every `recheck_seconds`.

    That bounds how long a key outlives its revocation.
    """

    def __init__(
        self,
        store: ApiKeyStore,
        pepper: bytes,
        last_use: LastUse,
        *,
        recheck_seconds: float,
        clock: Callable[[], int] = now_micros,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._pepper = pepper
        self._last_use = last_use
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._monotonic = monotonic

    def takes(self, token: str) -> bool:
        """Return true if it begins like a key."""
        return token.startswith(PREFIX)

    async def verify(self, token: str) -> Verified:
        """Verify a key and return its holder; the same work is done whatever is wrong with it.

        Raises:
            Refused: the key is unknown, ended, or not the one of its id.
        """
        given = Token.read(token)
        if given is None:
            raise Refused(CredentialFault.MALFORMED)
        asked = self._monotonic()
        digest = given.digest(self._pepper)
        found = await self._store.get(given.key_id)
        now = self._clock()
        key = _accepted(found, digest, now)
        self._last_use.record(given.key_id, now)
        return Verified(key.identity(), asked + self._seconds(key, digest, now))

    def _seconds(self, key: ApiKey, digest: bytes, now: int) -> float:
        ends = key.holds_until(digest)
        if ends is None:
            return self._recheck_seconds
        return min(self._recheck_seconds, (ends - now) / _MICROS)


def _accepted(key: ApiKey | None, digest: bytes, now: int) -> ApiKey:
    if key is None:
        raise Refused(CredentialFault.UNKNOWN_KEY)
    if not key.matches(digest, now):
        raise Refused(CredentialFault.WRONG_SECRET)
    if (ended := _ENDED.get(key.state(now))) is not None:
        raise Refused(ended)
    return key


_MIN_BYTES = 32


class PepperError(Exception):
    """The pepper cannot be used; the message says why and never holds it."""


def read_pepper(path: Path) -> bytes:
    """Read the pepper from its file; blanks and line ends around it do not count.

    Raises:
        PepperError: there is no such file, or it holds fewer than 32 bytes.
    """
    try:
        pepper = path.read_bytes().strip()
    except OSError as error:
        raise PepperError(f"cannot read the pepper from {path}: {error.strerror}") from None
    if len(pepper) < _MIN_BYTES:
        raise PepperError(
            f"the pepper in {path} is shorter than {_MIN_BYTES} bytes; "
            "`openssl rand -hex 32` writes a good one"
        )
    return pepper
