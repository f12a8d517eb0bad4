"""Copies of messages."""

from typing import TypeVar

from google.protobuf.message import Message

MessageT = TypeVar("MessageT", bound=Message)


def copied(message: MessageT) -> MessageT:
    """Return a copy of a message, to be changed without changing the message."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
