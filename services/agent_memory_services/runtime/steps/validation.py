"""Holds every request message against the rules of its contract."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import Message
from protovalidate import Validator

from agent_memory_services.runtime.call import Call
from agent_memory_services.runtime.errors import FieldViolation, InvalidFields
from agent_memory_services.runtime.methods import MethodPolicy
from agent_memory_services.runtime.steps.base import Step


class Validation(Step):
    """Refuses a message that breaks a rule, naming every field at fault."""

    name = "validation"

    def __init__(self, policies: Iterable[MethodPolicy]) -> None:
        """Compile the rules of every method's requests, so that a faulty rule stops the start."""
        validator = Validator()
        self._violations = validator.collect_violations
        for policy in policies:
            self._violations(policy.request_type())

    def received(self, call: Call, message: Message) -> None:  # noqa: ARG002 - rules are static
        """Check one message."""
        if violations := self._violations(message):
            raise InvalidFields([_spelled(violation.proto) for violation in violations])


def _spelled(violation: Any) -> FieldViolation:
    return FieldViolation(_path(violation.field), violation.message)


def _path(field: Any) -> str:
    """The path from the request's root, such as `messages[3].role` or `labels["a"]`."""
    if field is None:
        return ""
    return ".".join(
        element.field_name + _subscript(element.subscript) for element in field.elements
    )


def _subscript(subscript: Any) -> str:
    if subscript is None:
        return ""
    if subscript.field == "string_key":
        escaped = subscript.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'["{escaped}"]'
    return f"[{subscript.value}]"
