"""Step that holds every request message against the rules of its contract."""

from collections.abc import Iterable

from google.protobuf.message import Message

from agent_memory_services.kit.contract.errors import InvalidFields
from agent_memory_services.kit.contract.methods import MethodPolicy
from agent_memory_services.kit.contract.rules import ContractRules
from agent_memory_services.kit.server.call import Call, Step


class Validation(Step):
    """Refuses a message that breaks a rule, naming every field at fault.

    The rows of a stream that has one answer are judged by whoever takes them, who answers for
    each: a bad one must not end the stream.
    """

    name = "validation"

    def __init__(self, policies: Iterable[MethodPolicy]) -> None:
        """Compile the rules of every method's requests, so that a faulty rule stops the start."""
        self._rules = ContractRules()
        for policy in policies:
            self._rules.violations(policy.request_type())

    def received(self, call: Call, message: Message) -> None:
        """Check one message."""
        if call.policy.client_streaming and not call.policy.server_streaming:
            return
        if violations := self._rules.violations(message):
            raise InvalidFields(violations)
