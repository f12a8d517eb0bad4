"""The rules that the contracts state for the fields of their messages."""

from typing import Any

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from agent_memory_services.runtime.errors import FieldViolation
from agent_memory_services.runtime.value_rules import ValueRules, subscript

# Each violation costs as much as the check of a thousand sound fields.
_FULLY_TOLD_BYTES = 16 * 1024


class ContractRules:
    """Holds messages against the rules of their contract."""

    def __init__(self) -> None:
        self._meaningless = ValueRules().violations
        self._validator = Validator()

    def violations(self, message: Message) -> list[FieldViolation]:
        """The fields that break a rule, by their paths from the message's root.

        Values that mean nothing are told alone: the contract's rules cannot be applied to them.
        Of a large message only the first fault is told, so that no message costs more than a sound
        one of its size.
        """
        if meaningless := self._meaningless(message):
            return meaningless
        return [_spelled(violation.proto) for violation in self._broken(message)]

    def _broken(self, message: Message) -> list[Violation]:
        found = self._validator.collect_violations(message, fail_fast=True)
        if found and message.ByteSize() <= _FULLY_TOLD_BYTES:
            return self._validator.collect_violations(message)
        return found


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
