"""Memories out of the store, oldest first."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.long_term_memory.filtering.expression import Node
from agent_memory_services.long_term_memory.listing.listing import Position
from agent_memory_services.long_term_memory.listing.walk import Walk
from agent_memory_services.long_term_memory.scope import Scope

_READ_AT_A_TIME: Final = 100
_SENT_AT_A_TIME: Final = 1024 * 1024
"""Bytes of one part, so that large memories fit into the messages of any caller."""


async def exported(
    walk: Walk, scope: Scope, condition: Node, after: Position | None
) -> AsyncIterator[Sequence[Memory]]:
    """The memories behind a position, in parts; each is read when the one before was taken.

    A caller that takes them slowly slows the reading down, and no more than one page is held.
    """
    pages = walk.pages(scope, condition, size=_READ_AT_A_TIME, after=after)
    async for page in pages:
        for part in parts(page, _SENT_AT_A_TIME):
            yield part


def parts(memories: Sequence[Memory], limit: int) -> Iterator[Sequence[Memory]]:
    """The memories in order, in parts of at most `limit` bytes or of a single memory."""
    part: list[Memory] = []
    size = 0
    for memory in memories:
        bytes_ = memory.ByteSize()
        if part and size + bytes_ > limit:
            yield part
            part, size = [], 0
        part.append(memory)
        size += bytes_
    if part:
        yield part
