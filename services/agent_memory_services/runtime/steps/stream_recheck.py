"""Ends streams whose callers may no longer have them."""

import asyncio

import structlog

from agent_memory_services.runtime.auth.authenticator import Authenticator
from agent_memory_services.runtime.auth.presented import Presented
from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import (
    AccessDenied,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.runtime.steps.base import Step

log = structlog.get_logger()


class StreamRecheck(Step):
    """Asks for the caller of an open stream again and again.

    A stream may outlive its token, or the key that opened it; a unary call is too short to
    matter. While it cannot be told who the caller is, the stream goes on.
    """

    name = "auth recheck"

    def __init__(self, authenticator: Authenticator, every_seconds: float) -> None:
        self._recognise = authenticator.recognise
        self._every_seconds = every_seconds
        self._tasks: dict[Call, asyncio.Task[None]] = {}

    def enter(self, call: Call) -> None:
        """Begin to watch a stream."""
        if call.policy.streaming:
            call.task = asyncio.current_task()
            self._tasks[call] = asyncio.create_task(self._watch(call))

    def exit(self, call: Call) -> None:
        """Stop watching."""
        if task := self._tasks.pop(call, None):
            task.cancel()

    async def _watch(self, call: Call) -> None:
        presented = Presented(call.metadata, call.context.auth_context)
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                why = await self._changed(call, presented)
            except Unavailable as error:
                log.warning("auth.unchecked", reason=type(error).__name__)
                continue
            if why is not None:
                call.end(why)
                return

    async def _changed(self, call: Call, presented: Presented) -> ServiceError | None:
        """Why the stream has to end, if it has to."""
        try:
            caller = self._recognise(presented)
            if not isinstance(caller, Principal):
                caller = await caller
        except (Unauthenticated, AccessDenied) as refused:
            return refused
        if caller != call.principal:
            return Unauthenticated("what the credential allows has changed; call again")
        return None
