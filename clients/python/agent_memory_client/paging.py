"""Windows of a listing, by offset or by cursor, over pages that only know cursors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent_memory_client.errors import invalid

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One answer of the server; the cursor is empty on the last page."""

    items: list[Item]
    next_cursor: str
    total: int


@dataclass(frozen=True, slots=True)
class Window(Generic[Item]):
    """What the caller asked for.

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


Fetch = Callable[[str], Awaitable[Page[Item]]]


async def pages(fetch: Fetch[Item], cursor: str = "") -> AsyncIterator[Page[Item]]:
    """The pages from a cursor on, to the last."""
    while True:
        page = await fetch(cursor)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


async def window(
    fetch: Fetch[Item], limit: int, *, offset: int = 0, cursor: str | None = None
) -> Window[Item]:
    """Gather `limit` items after the first `offset`, or from a cursor on.

    Raises:
        MemoryValidationError: The limit is not positive, the offset is negative, or both an
            offset and a cursor are given.
    """
    check_limit(limit)
    if offset < 0 or (offset and cursor):
        raise invalid("offset", "needs a number from 0, and no cursor beside it")
    items: list[Item] = []
    skip = offset
    async for page in pages(fetch, cursor or ""):
        kept = page.items[skip:]
        skip = max(0, skip - len(page.items))
        taken = kept[: limit - len(items)]
        items += taken
        if len(items) == limit:
            break
    inside = len(taken) < len(kept)
    more = inside or bool(page.next_cursor)
    return Window(
        items=items,
        total=page.total,
        next_cursor=None if inside else page.next_cursor or None,
        next_offset=offset + len(items) if more and cursor is None else None,
    )


def check_limit(limit: int) -> None:
    """Refuse a limit below one, which the services would take for their default."""
    if limit < 1:
        raise invalid("limit", "needs at least 1")
