"""Files of JSON lines, a record of the progress in one, and errors about them."""

import json
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToJson, Parse, ParseError, SerializeToJsonError

from agent_memory.common.v1.memory_pb2 import Memory


class TransferError(Exception):
    """A file cannot be written or read as asked; the text says what to do."""


class UnreadableLineError(Exception):
    """A line is no memory; the text says why."""


class UnwritableMemoryError(Exception):
    """A memory holds what JSON cannot spell."""


def memory_of(line: bytes) -> Memory:
    """Return the memory that a line spells.

    Raises:
        UnreadableLineError: the line spells none.
    """
    if not line.lstrip().startswith(b"{"):
        # The parser takes an empty list for an empty object.
        raise UnreadableLineError("not an object")
    try:
        memory: Memory = Parse(line.decode(), Memory())
        # The parser takes half of a surrogate pair, which nothing can encode.
        memory.SerializeToString()
    except UnicodeError:
        raise UnreadableLineError("not UTF-8") from None
    except RecursionError:
        raise UnreadableLineError("nested too deep") from None
    except (ParseError, ValueError, TypeError) as error:
        raise UnreadableLineError(str(error)) from None
    return memory


def line_of(memory: Memory) -> bytes:
    """Return the line that spells a memory, with its end.

    Raises:
        UnwritableMemoryError: the memory's own data holds an infinite number or none at all.
    """
    try:
        # The names of the contracts, as in the gateway's JSON.
        spelled = MessageToJson(
            memory, indent=None, ensure_ascii=False, preserving_proto_field_name=True
        )
    except (SerializeToJsonError, ValueError) as error:
        raise UnwritableMemoryError(f"memory {memory.id}: {error}") from None
    return spelled.encode() + b"\n"


class TransferMark:
    """A small file next to the one that is moved; it exists while the move is not finished."""

    def __init__(self, path: Path, suffix: str) -> None:
        """Keep the place of `path` under its name with a suffix."""
        self.path = path.with_name(path.name + suffix)

    def read(self) -> dict[str, Any] | None:
        """Return the recorded progress; None where none is recorded."""
        try:
            noted: dict[str, Any] = json.loads(self.path.read_text())
        except FileNotFoundError:
            return None
        return noted

    def note(self, **place: object) -> None:
        """Note a place in one step, so that a crash leaves the old one or the new one."""
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.write_text(json.dumps(place))
        fresh.replace(self.path)

    def forget(self) -> None:
        """Delete the mark of a finished transfer."""
        self.path.unlink(missing_ok=True)
