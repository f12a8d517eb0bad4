"""Page sizes and page tokens of this service's lists."""

from google.protobuf.message import Message

from agent_memory_services.runtime.cursors import encode_cursor, read_cursor, whole_number
from agent_memory_services.runtime.errors import InvalidToken
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.working_memory.listings import Position

MOST_PER_PAGE = 1000


def page_size(asked: int, default: int) -> int:
    """How many to answer: the default for 0, and never more than `MOST_PER_PAGE`."""
    return min(asked or default, MOST_PER_PAGE)


class PageTokens:
    """Tokens of one list call; they hold for the same arguments and the same tenant only."""

    def __init__(self, request: Message, caller: Principal) -> None:
        """Bind tokens to everything in the request but the paging itself."""
        bound = type(request)()
        bound.CopyFrom(request)
        for field in ("page_size", "page_token"):
            bound.ClearField(field)
        name = request.DESCRIPTOR.full_name.encode()
        self._binding = (name, caller.tenant.encode(), bound.SerializeToString(deterministic=True))

    def for_position(self, position: Position) -> str:
        """A token that goes on after a session of a listing."""
        return encode_cursor(b"%d:%b" % position, *self._binding)

    def to_position(self, token: str) -> Position:
        """The inverse of `for_position`.

        Raises:
            InvalidToken: it is damaged or comes from another call.
        """
        return read_cursor(token, _read_position, *self._binding)

    def for_sequence(self, uid: str, sequence: int) -> str:
        """A token that goes on at a position of the log of one incarnation."""
        return encode_cursor(f"{uid}:{sequence}".encode(), *self._binding)

    def to_sequence(self, token: str) -> tuple[str, int]:
        """The inverse of `for_sequence`: the incarnation and the position.

        Raises:
            InvalidToken: it is damaged or comes from another call.
        """
        return read_cursor(token, _read_sequence, *self._binding)


def _read_position(payload: bytes) -> Position:
    updated, _, member = payload.partition(b":")
    return Position(whole_number(updated), member)


def _read_sequence(payload: bytes) -> tuple[str, int]:
    uid, _, sequence = payload.partition(b":")
    return uid.decode(), whole_number(sequence)


def check_incarnation(expected: str, found: str) -> None:
    """Refuse to go on in the log of a session that was created anew since.

    Raises:
        InvalidToken: it was.
    """
    if expected and expected != found:
        raise InvalidToken("the session was created anew since the token was given out")
