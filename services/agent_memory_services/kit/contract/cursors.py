"""Page tokens that are bound to their query, and page sizes.

A token grants nothing: the call that brings it is authorised like any other. The checksum
therefore guards against mistakes and needs no secret.
"""

import binascii
import hashlib
import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from agent_memory_services.kit.contract.errors import InvalidToken
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.kit.contract.numbers import LARGEST_EXACT

_CHECKSUM_BYTES = 8
_PERSON = b"am-cursor"

T = TypeVar("T")


def encode_cursor(payload: bytes, *binding: bytes) -> str:
    """A token that carries `payload` and holds for the arguments in `binding` only."""
    return urlsafe_b64encode(_checksum(payload, binding) + payload).rstrip(b"=").decode()


def decode_cursor(token: str, *binding: bytes) -> bytes:
    """The payload of a token.

    Raises:
        InvalidToken: the token is damaged, or came with other arguments.
    """
    try:
        data = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken from None
    payload = data[_CHECKSUM_BYTES:]
    # Comparing the spelling too refuses a token that differs only in its unused last bits.
    if data[:_CHECKSUM_BYTES] != _checksum(payload, binding) or token != encode_cursor(
        payload, *binding
    ):
        raise InvalidToken
    return payload


def read_cursor(token: str, read: Callable[[bytes], T], *binding: bytes) -> T:
    """Return what `read` makes of the payload of a token.

    Raises:
        InvalidToken: as `decode_cursor`, or `read` cannot read it.
    """
    return understood(decode_cursor(token, *binding), read)


def understood(payload: bytes, read: Callable[[bytes], T]) -> T:
    """Return what `read` makes of a payload, which may be anything.

    The checksum keeps nobody from writing a token of their own.

    Raises:
        InvalidToken: `read` cannot read it.
    """
    try:
        return read(payload)
    except (ValueError, OverflowError, struct.error):
        raise InvalidToken from None


def whole_number(text: bytes | str) -> int:
    """A number in a payload, which every store can hold.

    Raises:
        ValueError: it is none, or too large.
    """
    found = int(text)
    if not 0 <= found <= LARGEST_EXACT:
        raise ValueError("out of range")
    return found


def _checksum(payload: bytes, binding: tuple[bytes, ...]) -> bytes:
    digest = hashlib.blake2b(digest_size=_CHECKSUM_BYTES, person=_PERSON)
    for part in (*binding, payload):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


PositionT = TypeVar("PositionT")
RequestT = TypeVar("RequestT", bound=Message)


def page_size(asked: int, *, default: int, largest: int = 1000) -> int:
    """Return the number of items of a page; 0 asks for the default."""
    return min(asked or default, largest)


def unpaged(request: RequestT) -> RequestT:
    """Return a request without its page, so that all pages of a query are equal."""
    asked = copied(request)
    for field in ("page_size", "page_token"):
        asked.ClearField(field)
    return asked


class PageTokens:
    """Tokens that continue one query of one tenant, and no other.

    What may differ from page to page, such as the page's size, is no part of `query`.

    Attributes:
        binding: what tells the query from others.
    """

    def __init__(self, kind: str, tenant: str, query: Message, *flags: bool) -> None:
        self.binding = (
            kind.encode(),
            tenant.encode(),
            query.SerializeToString(deterministic=True),
            bytes(flags),
        )

    def position(self, token: str, unpack: Callable[[bytes], PositionT]) -> PositionT | None:
        """Return where a token continues; None for the empty token of a first page.

        Raises:
            InvalidToken: the token is damaged, or continues another query.
        """
        return read_cursor(token, unpack, *self.binding) if token else None

    def token(self, payload: bytes | None) -> str:
        """The token that continues at a place; empty where nothing follows."""
        return "" if payload is None else encode_cursor(payload, *self.binding)
