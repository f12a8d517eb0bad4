"""Where a page of this service's lists ends, as its token spells it."""

from agent_memory_services.runtime.cursors import whole_number
from agent_memory_services.runtime.errors import InvalidToken
from agent_memory_services.working_memory.listings import Position


def spell_position(position: Position) -> bytes:
    """A session's place in a listing."""
    return b"%d:%b" % position


def read_position(payload: bytes) -> Position:
    """The inverse of `spell_position`.

    Raises:
        ValueError: it is none.
    """
    updated, _, member = payload.partition(b":")
    return Position(whole_number(updated), member)


def spell_sequence(uid: str, sequence: int) -> bytes:
    """A place in the log of one incarnation of a session."""
    return f"{uid}:{sequence}".encode()


def read_sequence(payload: bytes) -> tuple[str, int]:
    """The inverse of `spell_sequence`.

    Raises:
        ValueError: it is none.
    """
    uid, _, sequence = payload.partition(b":")
    return uid.decode(), whole_number(sequence)


def check_incarnation(expected: str, found: str) -> None:
    """Refuse to go on in the log of a session that was created anew since.

    Raises:
        InvalidToken: it was.
    """
    if expected and expected != found:
        raise InvalidToken("the session was created anew since the token was given out")
