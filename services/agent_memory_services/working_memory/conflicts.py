"""What happens when two writers plan a change of one session at the same time."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from agent_memory_services.runtime.errors import Overloaded
from agent_memory_services.working_memory.changes import StaleSessionError

_T = TypeVar("_T")

_ATTEMPTS: Final = 24
_FIRST_WAIT_SECONDS: Final = 0.001
_LONGEST_WAIT_SECONDS: Final = 0.05


async def settle(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Plan and write until no other writer came between; in every round one of them succeeds.

    Raises:
        Overloaded: too many others came between.
    """
    longest = _FIRST_WAIT_SECONDS
    for _ in range(_ATTEMPTS):
        try:
            return await attempt()
        except StaleSessionError:
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - only spreads writers
            longest = min(2 * longest, _LONGEST_WAIT_SECONDS)
    raise Overloaded(retry_after=_LONGEST_WAIT_SECONDS)
