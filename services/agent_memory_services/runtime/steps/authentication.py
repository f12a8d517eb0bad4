"""Who calls, and whether they may call this."""

from collections.abc import Awaitable

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime import principal
from agent_memory_services.runtime.auth.authenticator import Authenticator
from agent_memory_services.runtime.auth.presented import Presented
from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import AccessDenied
from agent_memory_services.runtime.principal import Principal
from agent_memory_services.runtime.steps.base import Pending, Step

_NAMES = {number: name.removeprefix("ACCESS_").lower() for name, number in Access.items()}


class Authentication(Step):
    """Sets the principal of the call; a method without a declared access is open to nobody."""

    name = "auth"

    def __init__(self, authenticator: Authenticator) -> None:
        self._recognise = authenticator.recognise

    def enter(self, call: Call) -> Pending:
        """Recognise the caller and compare what they may do with what the method needs."""
        caller = self._recognise(Presented(call.metadata, call.context.auth_context))
        if isinstance(caller, Principal):
            _admit(call, caller)
            return None
        return _admit_later(call, caller)


async def _admit_later(call: Call, pending: Awaitable[Principal]) -> None:
    _admit(call, await pending)


def _admit(call: Call, caller: Principal) -> None:
    needed = call.policy.access
    if needed == Access.ACCESS_UNSPECIFIED or caller.access < needed:
        raise AccessDenied(_NAMES[needed])
    call.principal = caller
    principal.current.set(caller)
