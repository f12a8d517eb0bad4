"""Identifiers: 26 characters of Crockford's base 32."""

import hashlib

from ulid import ULID

_ULID_BYTES = 16


def new_id() -> str:
    """A ULID: unique, and sorted by the millisecond it was made."""
    return str(ULID())


def derived_id(*parts: str) -> str:
    """An id that depends on `parts` alone, so that doing a thing twice names it once.

    It looks like a ULID but carries no time; ("a", "bc") and ("ab", "c") have different ids.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return str(ULID(digest.digest()[:_ULID_BYTES]))


def message_memory_id(session_uid: str, message_id: str) -> str:
    """Return the id of the memory that holds a message of a session as it was said."""
    return derived_id("message", session_uid, message_id)


def fence_name(tenant: str, user: str, session_uid: str) -> str:
    """The name of what bars one user's incarnation of a session, and nobody else's.

    It does not show the user, who must not be found in the store. A session of nobody in
    particular has the empty user.
    """
    return derived_id("fence", tenant, user, session_uid)
