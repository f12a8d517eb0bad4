"""Requests in which every text is a word of its own, to find again wherever it turns up."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.support.contracts import descriptor_of, message_type_of
from tests.support.example_requests import example

_WORD = re.compile(rb"canary\d+x")
_DEPTH = 4
# Their texts are no texts: an answer to them would only say that they are malformed.
_OPAQUE = "google.protobuf."


class Canaries:
    """Gives out words and remembers what each stands for."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def word(self, place: str) -> str:
        """A new word."""
        word = f"canary{len(self._places)}x"
        self._places[word] = place
        return word

    def found_in(self, text: bytes | str) -> list[str]:
        """What the words in a text stand for."""
        data = text.encode() if isinstance(text, str) else text
        words = dict.fromkeys(word.decode() for word in _WORD.findall(data))
        return [self._places[word] for word in words]

    def allowed(self, kind: type[Message], place: str) -> Message:
        """A request that its contract allows, with words where it takes any text."""
        names = {name: self.word(f"{place} {name}") for name in _FREE}
        return example(kind, names)

    def stuffed(self, kind: type[Message], place: str) -> Message:
        """A request with a word in every text it can hold, whatever its contract says."""
        message = kind()
        self._stuff(message, place, _DEPTH)
        return message

    def _stuff(self, message: Message, place: str, depth: int) -> None:
        for field in descriptor_of(message).fields:
            at = f"{place}.{field.name}"
            if field.type == field.TYPE_STRING:
                _say(message, field, self.word(at))
            elif field.type == field.TYPE_MESSAGE and depth and not _opaque(field):
                for child in _children(message, field, self.word(at)):
                    self._stuff(child, at, depth - 1)


_FREE = (
    *("content", "text", "query", "namespace", "session_id", "user_id", "session_uid", "id"),
    *("memory_id", "memory_ids", "job_id", "view_id"),
)


def _opaque(field: FieldDescriptor) -> bool:
    return message_type_of(field).full_name.startswith(_OPAQUE)


def _say(message: Message, field: FieldDescriptor, word: str) -> None:
    if field.is_repeated:
        getattr(message, field.name).append(word)
    else:
        setattr(message, field.name, word)


def _children(message: Message, field: FieldDescriptor, key: str) -> Iterator[Message]:
    value: Any = getattr(message, field.name)
    if message_type_of(field).GetOptions().map_entry:
        entry: Mapping[str, FieldDescriptor] = message_type_of(field).fields_by_name
        if entry["value"].type == FieldDescriptor.TYPE_STRING:
            value[key] = key
        elif entry["value"].type == FieldDescriptor.TYPE_MESSAGE and not _opaque(entry["value"]):
            yield value[key]
    elif field.is_repeated:
        yield value.add()
    else:
        value.SetInParent()
        yield value
