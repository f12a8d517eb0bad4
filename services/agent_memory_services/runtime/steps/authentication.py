"""Who calls, and whether they may call this."""

from agent_memory.common.v1.policy_pb2 import Access
from agent_memory_services.runtime import principal
from agent_memory_services.runtime.authenticators import Authenticator
from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import AccessDenied
from agent_memory_services.runtime.steps.base import Step

_NAMES = {number: name.removeprefix("ACCESS_").lower() for name, number in Access.items()}


class Authentication(Step):
    """Sets the principal of the call; a method without a declared access is open to nobody."""

    name = "auth"

    def __init__(self, authenticator: Authenticator) -> None:
        self._principal_of = authenticator.principal_of

    def enter(self, call: Call) -> None:
        """Recognise the caller and compare what they may do with what the method needs."""
        caller = self._principal_of(call.metadata)
        needed = call.policy.access
        if needed == Access.ACCESS_UNSPECIFIED or caller.access < needed:
            raise AccessDenied(_NAMES[needed])
        call.principal = caller
        principal.current.set(caller)
