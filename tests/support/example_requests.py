"""A valid request of any method, made from the contract alone."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from protovalidate import Validator

from tests.support.contracts import descriptor_of

# What a field of such a name holds, wherever it stands.
WORDS: Mapping[str, Any] = {
    "content": "I moved to Lisbon.",
    "field": 4,
    "id": "a-thing",
    "job_id": "a-job",
    "memory_id": "a-memory",
    "memory_ids": "a-memory",
    "namespace": "lobby",
    "new_session_id": "a-fork",
    "path": "agent",
    "query": "Where do I live?",
    "role": "user",
    "sequence": 1,
    "session_id": "a-session",
    "session_uid": "an-incarnation",
    "text": "Lives in Lisbon.",
    "user_id": "bob",
    "view_id": "a-view",
}
# Messages that say what a request is about, and so are filled although nothing requires them.
_TELLING = frozenset(
    {"LongTermSearch", "MemoryFilter", "PromptSession", "SearchQuery", "SessionRef", "SummaryGroup"}
)
_FILTERED = frozenset({"namespace", "user_id"})


def example(kind: type[Message], words: Mapping[str, Any] = WORDS) -> Message:
    """A request of a kind that says `words` where a field of that name allows it.

    An empty word leaves its field out where the contract allows that.
    """
    return completed(kind(), words)


def completed(message: Message, words: Mapping[str, Any] = WORDS) -> Message:
    """The message, with what is there already and with `words` in what its contract misses."""
    words = {**WORDS, **words}
    _fill(message, words)
    for _ in range(5):
        violations = _validator().collect_violations(message)
        missing = [violation.proto.field for violation in violations]
        for path in missing:
            _fill_at(message, list(path.elements) if path else [], words)
        if not missing:
            return message
    raise AssertionError(f"{message.DESCRIPTOR.full_name} needs a word for {missing}")


@cache
def _validator() -> Validator:
    return Validator()


def _fill(message: Message, words: Mapping[str, Any]) -> None:
    """Say every word that has a field, and fill what tells more."""
    for field in descriptor_of(message).fields:
        if field.message_type is None:
            if field.name in words:
                _put(message, field, words[field.name])
        elif field.message_type.name == "TagFilter":
            if field.name in _FILTERED:
                getattr(message, field.name).eq = words[field.name]
        elif field.message_type.name in _TELLING and not field.is_repeated:
            _add(message, field, words)


def _fill_at(message: Message, path: list[Any], words: Mapping[str, Any]) -> None:
    """Fill what a rule misses."""
    if not path:
        return
    first, *rest = path
    field = descriptor_of(message).fields_by_name[first.field_name]
    if field.message_type is None:
        _put(message, field, words[field.name] or WORDS[field.name])
    elif (child := _existing(message, field, first.subscript)) is None:
        _add(message, field, words)
    elif rest:
        _fill_at(child, rest, words)
    else:
        # It is there, and lacks what an empty word left out.
        _fill(child, {name: word or WORDS.get(name) for name, word in words.items()})


def _existing(message: Message, field: FieldDescriptor, subscript: Any) -> Message | None:
    if field.is_repeated:
        return None if subscript is None else getattr(message, field.name)[subscript.value]
    return getattr(message, field.name) if message.HasField(field.name) else None


def _add(message: Message, field: FieldDescriptor, words: Mapping[str, Any]) -> None:
    child = getattr(message, field.name)
    child = child.add() if field.is_repeated else child
    child.SetInParent()
    _fill(child, words)


def _put(message: Message, field: FieldDescriptor, value: Any) -> None:
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)
