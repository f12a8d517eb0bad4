"""Windows over pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory_client import MemoryValidationError
from agent_memory_client._async.base import pages, window
from agent_memory_client._operations.operation import Page


def source(count: int, size: int, *, gap: bool = False) -> Callable[[str], Awaitable[Page[int]]]:
    """Numbers in pages; `gap` puts an empty page before each."""

    async def fetch(cursor: str) -> Page[int]:
        if gap and not cursor.endswith("!"):
            return Page([], f"{cursor or 0}!", count)
        start = int(cursor.rstrip("!") or 0)
        end = min(start + size, count)
        return Page(list(range(start, end)), str(end) if end < count else "", count)

    return fetch


@given(
    count=st.integers(0, 30),
    size=st.integers(1, 7),
    limit=st.integers(1, 12),
    offset=st.integers(0, 35),
    gap=st.booleans(),
)
async def test_a_window_is_a_slice(
    *, count: int, size: int, limit: int, offset: int, gap: bool
) -> None:
    """Whatever the size of the pages, the window holds what the slice holds."""
    found = await window(source(count, size, gap=gap), limit, offset=offset)
    assert found.items == list(range(count))[offset : offset + limit]
    assert found.total == count
    if found.next_offset is None:
        assert offset + limit >= count
    else:
        assert found.next_offset == offset + len(found.items)


@given(count=st.integers(0, 30), size=st.integers(1, 7))
async def test_cursors_visit_everything_once(count: int, size: int) -> None:
    """Following `next_cursor` ends, and misses nothing."""
    fetch = source(count, size)
    seen, cursor = [], None
    while True:
        found = await window(fetch, size, cursor=cursor)
        seen += found.items
        if (cursor := found.next_cursor) is None:
            break
    assert seen == list(range(count))
    assert [item async for page in pages(fetch) for item in page.items] == seen


@pytest.mark.parametrize(
    "arguments",
    [{"limit": 0}, {"limit": 1, "offset": -1}, {"limit": 1, "offset": 1, "cursor": "1"}],
)
async def test_windows_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    """A position is either counted or followed."""
    with pytest.raises(MemoryValidationError):
        await window(source(3, 1), **arguments)
