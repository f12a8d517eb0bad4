"""The rules that the contracts state for the fields of their messages."""

from typing import Any

from google.protobuf.message import Message
from protovalidate import Validator

from agent_memory_services.runtime.errors import FieldViolation
from agent_memory_services.runtime.value_rules import ValueRules, subscript


class ContractRules:
    """Holds messages against the rules of their contract."""

    def __init__(self) -> None:
        self._meaningless = ValueRules().violations
        self._violations = Validator().collect_violations

    def violations(self, message: Message) -> list[FieldViolation]:
        """Every field that breaks a rule, by its path from the message's root.

        Values that mean nothing are told alone: the contract's rules cannot be applied to them.
        """
        if meaningless := self._meaningless(message):
            return meaningless
        return [_spelled(violation.proto) for violation in self._violations(message)]


def _spelled(violation: Any) -> FieldViolation:
    return FieldViolation(_path(violation.field), violation.message)


def _path(field: Any) -> str:
    """The path from the root, such as `messages[3].role` or `labels["a"]`."""
    if field is None:
        return ""
    return ".".join(
        element.field_name + _subscript(element.subscript) for element in field.elements
    )


def _subscript(element: Any) -> str:
    return "" if element is None else subscript(element.value)
