"""Forms of one call: a request, and how its response is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from agent_memory_client import _types, errors
from agent_memory_client._types import checked

Response = TypeVar("Response", bound=Message)
Result_co = TypeVar("Result_co", covariant=True)
Item = TypeVar("Item")

LARGEST_PAGE: Final = 1000
"""Most items that the services answer in one call of a listing."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[Response, Result_co]):
    """A call of the method that takes the request, or a stream of its responses.

    Attributes:
        request: The request.
        read: Reads a response.
    """

    request: Message
    read: Callable[[Response], Result_co]

    def result(self, response: Response) -> Result_co:
        """Read a response.

        Raises:
            MemoryServerError: It holds what this version of the client cannot understand.
        """
        return _understood(self.read, response)


@dataclass(frozen=True, slots=True)
class Upload(Generic[Item, Response, Result_co]):
    """A call whose requests are a stream.

    Attributes:
        kind: Type of the requests.
        shape: Makes the request of an item, given its position.
        read: Reads the response.
        path: Where the items stand in the caller's arguments, for errors.
    """

    kind: type[Message]
    shape: Callable[[Item, int], Message]
    read: Callable[[Response], Result_co]
    path: str

    def result(self, response: Response) -> Result_co:
        """Read the response; see `Operation.result`."""
        return _understood(self.read, response)


@dataclass(frozen=True, slots=True)
class Watch(Generic[Response, Result_co]):
    """A stream without an end, which is taken up again where its connection broke.

    Attributes:
        request: What to watch; its `resume_token` keeps the place.
        read: Reads a response.
        patience: Seconds to try for when nobody answers.
        passes: Tells whether a response is news.
    """

    request: Any
    read: Callable[[Response], Result_co]
    patience: float
    passes: Callable[[Response], bool] = lambda _: True

    def result(self, response: Response) -> Result_co:
        """Read a response; see `Operation.result`."""
        return _understood(self.read, response)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a listing; the cursor is empty on the last one."""

    items: list[Item]
    next_cursor: str
    total: int


@dataclass(frozen=True, slots=True)
class Window(Generic[Item]):
    """Part of a listing that the caller asked for.

    Attributes:
        items: At most as many as asked.
        total: How many there are in all.
        next_cursor: Asks for what follows; none at the end, or inside a page of the server.
        next_offset: The same as a number, for callers that count from the start.
    """

    items: list[Item]
    total: int
    next_cursor: str | None
    next_offset: int | None


@checked
def check_window(limit: _types.Limit, offset: _types.Position, cursor: _types.Text | None) -> None:  # noqa: ARG001 - its type is the check
    """Refuse a part of a listing that makes no sense.

    Raises:
        MemoryValidationError: The limit is below 1, which the services would take for their
            default, the offset is negative, or both an offset and a cursor are given.
    """
    if offset and cursor:
        raise errors.invalid("offset", "needs no cursor beside it")


def as_it_is(response: Response) -> Response:
    """Answer a response as it is, for callers that read it themselves."""
    return response


def _understood(read: Callable[[Response], Result_co], response: Response) -> Result_co:
    try:
        return read(response)
    except (ValueError, TypeError, OverflowError) as error:
        raise errors.MemoryServerError(f"the answer cannot be understood: {error}") from error
