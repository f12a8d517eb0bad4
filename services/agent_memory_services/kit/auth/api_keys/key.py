"""An API key: the token a caller holds and the record the store keeps."""

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from google.protobuf.struct_pb2 import ListValue

from agent_memory_services.kit.auth.identity import Identity, Role

# Users and namespaces travel to other services in metadata, which holds 8 KB in all.
_MAX_LIMITS_BYTES = 4096


class State(StrEnum):
    """Validity of a key."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key, without anything by which it could be used. Times are microseconds since the epoch.

    Attributes:
        key_id: names the key.
        name: what its owner calls it.
        role: what it is for.
        tenant: whose data it reaches; empty for a service.
        users: the users it may act for, or None for all.
        namespaces: the namespaces it may touch, or None for all.
        digest: of the current token.
        create_time: when it was made.
        expire_time: from when on it is refused, or None.
        revoke_time: when it was revoked, or None.
        previous_digest: of the token before the last rotation.
        previous_until: until when that token is still accepted.
        last_use_time: when it was last verified, to about a minute, or None.
    """

    key_id: str
    name: str
    role: Role
    tenant: str
    digest: bytes
    create_time: int
    users: frozenset[str] | None = None
    namespaces: frozenset[str] | None = None
    expire_time: int | None = None
    revoke_time: int | None = None
    previous_digest: bytes | None = None
    previous_until: int | None = None
    last_use_time: int | None = None

    def __post_init__(self) -> None:
        """Refuse a key that could not be used.

        Raises:
            ValueError: role and tenant do not fit, or the limits are too long.
        """
        if len(_packed(self.users)) + len(_packed(self.namespaces)) > _MAX_LIMITS_BYTES:
            raise ValueError(f"users and namespaces take more than {_MAX_LIMITS_BYTES} bytes")
        self.identity()

    def identity(self) -> Identity:
        """The holder of the key."""
        return Identity(f"key:{self.key_id}", self.role, self.tenant, self.users, self.namespaces)

    def state(self, now: int) -> State:
        """Return the validity of the key at a moment."""
        if self.revoke_time is not None:
            return State.REVOKED
        if self.expire_time is not None and self.expire_time <= now:
            return State.EXPIRED
        return State.ACTIVE

    def matches(self, digest: bytes, now: int) -> bool:
        """Return true if a token of this digest is the key's, compared in constant time."""
        current = hmac.compare_digest(self.digest, digest)
        previous = hmac.compare_digest(self.previous_digest or bytes(len(digest)), digest)
        return current or (previous and now < (self.previous_until or 0))

    def holds_until(self, digest: bytes) -> int | None:
        """Return when a token of this digest, which matches, ends automatically."""
        ends = [self.expire_time]
        if not hmac.compare_digest(self.digest, digest):
            ends.append(self.previous_until)
        return min((end for end in ends if end is not None), default=None)

    def to_hash(self) -> dict[str, bytes]:
        """The key as the fields of a Redis hash; what is None has no field."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        del values["key_id"]
        return {name: _packed(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_hash(cls, key_id: str, found: Mapping[bytes, bytes]) -> "ApiKey":
        """The key of that id from its hash."""
        kept = {name: found.get(name.encode()) for name in _READ}
        read: dict[str, Any] = {
            name: None if value is None else _READ[name](value) for name, value in kept.items()
        }
        return cls(key_id=key_id, **read)


def _packed(value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, frozenset):
        texts = ListValue()
        texts.extend(sorted(value))
        return texts.SerializeToString()
    return str(value).encode()


def _names(data: bytes) -> frozenset[str]:
    return frozenset(value.string_value for value in ListValue.FromString(data).values)


_READ: dict[str, Any] = {
    "name": bytes.decode,
    "role": lambda data: Role(data.decode()),
    "tenant": bytes.decode,
    "digest": bytes,
    "create_time": int,
    "users": _names,
    "namespaces": _names,
    "expire_time": int,
    "revoke_time": int,
    "previous_digest": bytes,
    "previous_until": int,
    "last_use_time": int,
}


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
        """Return what is kept of the token: HMAC-SHA-256 under the servers' pepper, 32 bytes.

        The secret is as long as the digest and random, so a slow hash would add nothing. The
        pepper is what keeps somebody who can write to the store from making keys of their own.
        """
        return hmac.digest(pepper, self.text.encode(), "sha256")


def is_key_id(text: str) -> bool:
    """Return true if `text` can be the id of a key."""
    return _ID(text) is not None


def _random(count: int) -> str:
    return base64.b32encode(secrets.token_bytes(count)).decode().rstrip("=").lower()
