"""Memories as lines of JSON, in the spelling that the contract gives them."""

from google.protobuf.json_format import MessageToJson, Parse, ParseError, SerializeToJsonError

from agent_memory.common.v1.memory_pb2 import Memory


class UnreadableLineError(Exception):
    """A line is no memory; the text says why."""


class UnwritableMemoryError(Exception):
    """A memory holds what JSON cannot spell."""


def memory_of(line: bytes) -> Memory:
    """The memory that a line spells.

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
    """The line that spells a memory, with its end.

    Raises:
        UnwritableMemoryError: the memory's own data holds an infinite number or none at all.
    """
    try:
        spelled = MessageToJson(memory, indent=None, ensure_ascii=False)
    except (SerializeToJsonError, ValueError) as error:
        raise UnwritableMemoryError(f"memory {memory.id}: {error}") from None
    return spelled.encode() + b"\n"
