"""Steps that authenticate the caller of a call, and of an open stream again and again."""

import asyncio
from collections.abc import Awaitable

import structlog

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.kit.auth.authenticator import Authenticator
from agent_memory_services.kit.auth.credentials import CallCredentials
from agent_memory_services.kit.contract import context, errors
from agent_memory_services.kit.server.call import Call, Pending, Step

_UNSPECIFIED = Access.ACCESS_UNSPECIFIED
_NAMES = {number: name.removeprefix("ACCESS_").lower() for name, number in Access.items()}


class Authentication(Step):
    """Sets the principal of the call; a method without a declared access is open to nobody."""

    name = "auth"

    def __init__(self, authenticator: Authenticator) -> None:
        self._recognise = authenticator.recognise

    def enter(self, call: Call) -> Pending:
        """Recognise the caller and compare what they may do with what the method needs."""
        caller = self._recognise(CallCredentials(call.metadata, call.context.auth_context))
        if isinstance(caller, context.Principal):
            _admit(call, caller)
            return None
        return _admit_later(call, caller)


async def _admit_later(call: Call, pending: Awaitable[context.Principal]) -> None:
    _admit(call, await pending)


def _admit(call: Call, caller: context.Principal) -> None:
    needed = call.policy.access
    if needed == _UNSPECIFIED or caller.access < needed:
        raise errors.AccessDenied(_NAMES[needed])
    call.principal = caller
    context.principal_var.set(caller)


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
        credentials = CallCredentials(call.metadata, call.context.auth_context)
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                why = await self._changed(call, credentials)
            except errors.Unavailable as error:
                log.warning("auth.unchecked", reason=type(error).__name__)
                continue
            if why is not None:
                call.end(why)
                return

    async def _changed(
        self, call: Call, credentials: CallCredentials
    ) -> errors.ServiceError | None:
        """Return the reason why the stream has to end; None where it goes on."""
        try:
            caller = self._recognise(credentials)
            if not isinstance(caller, context.Principal):
                caller = await caller
        except (errors.Unauthenticated, errors.AccessDenied) as refused:
            return refused
        if caller != call.principal:
            return errors.Unauthenticated("what the credential allows has changed; call again")
        return None
