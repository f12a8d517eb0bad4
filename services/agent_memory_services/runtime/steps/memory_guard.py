"""Refuses calls before the container's limit would end them all."""

import asyncio
import time

import structlog

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import Overloaded
from agent_memory_services.runtime.limits.memory import (
    MemoryGauge,
    container_limit,
    give_back,
)
from agent_memory_services.runtime.limits.settings import LimitSettings
from agent_memory_services.runtime.steps.base import Step

log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_GIVE_BACK_SECONDS = 2.0


class MemoryGuard(Step):
    """Lets no call begin while the process uses nearly all it may.

    What runs goes on, and health checks never come here.
    """

    name = "memory"

    def __init__(self, gauge: MemoryGauge) -> None:
        self._gauge = gauge
        self._given_back = float("-inf")

    def enter(self, call: Call) -> None:  # noqa: ARG002 - every call weighs the same
        """Refuse while memory is short."""
        if self._gauge.full:
            self._give_back()
            raise Overloaded(_RETRY_SECONDS)

    def _give_back(self) -> None:
        now = time.monotonic()
        if now - self._given_back >= _GIVE_BACK_SECONDS:
            self._given_back = now
            log.warning("memory.short")
            asyncio.get_running_loop().run_in_executor(None, give_back)


def memory_guard(settings: LimitSettings) -> MemoryGuard | None:
    """The guard that the settings ask for; None where there is no limit to guard."""
    limit = settings.memory_limit_bytes or container_limit()
    if not limit or not settings.max_memory_fraction:
        return None
    return MemoryGuard(MemoryGauge(limit * settings.max_memory_fraction))
