"""How an API key looks to its holder, and what of it is kept."""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Self

# Ids and secrets are in base32 without padding: no character needs quoting in any shell, header
# or URL, and the prefix lets scanners of repositories find a leaked key.
_TOKEN = re.compile(r"am_([a-z2-7]{16})_([a-z2-7]{52})").fullmatch
_ID = re.compile(r"[a-z2-7]{16}").fullmatch
_ID_BYTES = 10
_SECRET_BYTES = 32
PREFIX = "am_"


@dataclass(frozen=True, slots=True)
class Token:
    """The one string that is a key: `am_<id>_<secret>`, with 256 random bits of secret.

    Attributes:
        key_id: names the key; not secret.
        text: the whole; never stored and never logged.
    """

    key_id: str
    text: str

    def __repr__(self) -> str:
        return f"Token({PREFIX}{self.key_id}_...)"

    @classmethod
    def new(cls, key_id: str | None = None) -> Self:
        """A token with a new secret, for a new key or another one for the key of this id."""
        key_id = key_id or _random(_ID_BYTES)
        return cls(key_id, f"{PREFIX}{key_id}_{_random(_SECRET_BYTES)}")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The token that `text` is, or None."""
        parts = _TOKEN(text)
        return cls(parts[1], text) if parts else None

    def digest(self, pepper: bytes) -> bytes:
        """What is kept of the token: HMAC-SHA-256 under the servers' pepper, 32 bytes.

        The secret is as long as the digest and random, so a slow hash would add nothing. The
        pepper is what keeps somebody who can write to the store from making keys of their own.
        """
        return hmac.digest(pepper, self.text.encode(), "sha256")


def is_key_id(text: str) -> bool:
    """Whether `text` can be the id of a key."""
    return _ID(text) is not None


def _random(count: int) -> str:
    return base64.b32encode(secrets.token_bytes(count)).decode().rstrip("=").lower()
