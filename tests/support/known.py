"""What is known of somebody, and what a session's log holds."""

from collections.abc import Sequence

from agent_memory_client import MemoryAPIClient
from agent_memory_client.models import MemoryMessage

_PAGE = 1000


async def known_of(memory: MemoryAPIClient, user: str) -> list[str]:
    """Every fact of a user, in alphabetical order; one that is stored twice comes twice."""
    found = await memory.search_long_term_memory(
        text="", filters={"user_id": {"eq": user}, "memory_type": {"ne": "message"}}, limit=100
    )
    assert not found.next_cursor, "more memories than one page holds"
    return sorted(record.text for record in found.memories)


async def log_of(
    memory: MemoryAPIClient, session_id: str, *, limit: int = _PAGE
) -> Sequence[MemoryMessage]:
    """A session's whole log, read in pages of `limit` messages."""
    messages: list[MemoryMessage] = []
    cursor: str | None = None
    while True:
        page = await memory.list_messages(session_id, limit=limit, cursor=cursor)
        messages += page.messages
        if (cursor := page.next_cursor) is None:
            return messages
