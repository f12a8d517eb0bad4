"""Page sizes and page tokens."""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from agent_memory_services.runtime.cursors import encode_cursor, read_cursor

PlaceT = TypeVar("PlaceT")
RequestT = TypeVar("RequestT", bound=Message)


def page_size(asked: int, *, default: int, largest: int = 1000) -> int:
    """How many to answer; 0 means the default."""
    return min(asked or default, largest)


def unpaged(request: RequestT) -> RequestT:
    """What a request asks for, whichever page of it."""
    asked = type(request)()
    asked.CopyFrom(request)
    for field in ("page_size", "page_token"):
        asked.ClearField(field)
    return asked


class PageTokens:
    """Tokens that continue one query of one tenant, and no other.

    What may differ from page to page, such as the page's size, is no part of `query`.
    """

    def __init__(self, kind: str, tenant: str, query: Message, *flags: bool) -> None:
        self._binding = (
            kind.encode(),
            tenant.encode(),
            query.SerializeToString(deterministic=True),
            bytes(flags),
        )

    def place(self, token: str, unpack: Callable[[bytes], PlaceT]) -> PlaceT | None:
        """Where a token continues; None for the empty token of a first page.

        Raises:
            InvalidToken: the token is damaged, or continues another query.
        """
        return read_cursor(token, unpack, *self._binding) if token else None

    def token(self, payload: bytes | None) -> str:
        """The token that continues at a place; empty where nothing follows."""
        return "" if payload is None else encode_cursor(payload, *self._binding)
