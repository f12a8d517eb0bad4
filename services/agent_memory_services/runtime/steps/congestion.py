"""Keeps the calls that are let in quick when more come than can be answered."""

import asyncio
import time
from collections.abc import Iterable

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import DeadlineExceeded, Overloaded
from agent_memory_services.runtime.limits.congestion import CongestionLimit
from agent_memory_services.runtime.limits.settings import LimitSettings
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.steps.base import Step

_RETRY_SECONDS = 0.5
# Beyond as many of a method in one process, more at a time only wait for each other.
_FEWEST = 16


class Congestion(Step):
    """Refuses calls of a method while those that run take much longer than they would alone.

    Each method is judged by its own times, so that a costly one is refused sooner than a cheap
    one. Streams take as long as they take and are not judged.
    """

    name = "congestion"

    def __init__(self, limits: dict[str, CongestionLimit]) -> None:
        """Limit methods by their paths."""
        self._limits = limits

    def enter(self, call: Call) -> None:
        """Take a place or refuse."""
        if (limit := self._limits.get(call.policy.full_name)) is None:
            return
        if not limit.begin(call, call.started):
            raise Overloaded(_RETRY_SECONDS)

    def exit(self, call: Call) -> None:
        """Give the place back, and learn how long it took."""
        if (limit := self._limits.get(call.policy.full_name)) is None:
            return
        limit.end(call)
        # What was refused tells nothing about the time that an answer takes.
        if call.error is None or isinstance(call.error, _TOO_LATE):
            now = time.monotonic()
            limit.learn(now - call.started, now)


_TOO_LATE = (asyncio.CancelledError, DeadlineExceeded)


def congestion(settings: LimitSettings, policies: Iterable[MethodPolicy]) -> Congestion | None:
    """The limits that the settings ask for; None where they ask for none."""
    if not settings.max_slowdown:
        return None
    now, most = time.monotonic(), settings.max_concurrent_calls
    limits = {
        policy.full_name: CongestionLimit(_FEWEST, most, settings.max_slowdown, now)
        for policy in policies
        if not policy.streaming
    }
    return Congestion(limits)
