"""Copies and batches of messages, and update masks with the semantics that the API documents."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from agent_memory_services.kit.contract.errors import InvalidFieldMask

MessageT = TypeVar("MessageT", bound=Message)


def copied(message: MessageT) -> MessageT:
    """Return a copy of a message, to be changed without changing the message."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


_ALL = "*"


def apply_mask(
    target: Message, source: Message, paths: Sequence[str], allowed: frozenset[str]
) -> tuple[str, ...]:
    """Copy the fields that `paths` name from `source` to `target`, a message of the same type.

    A named field takes the source's value, whole: lists and maps are replaced, and a field that
    is not set in the source is cleared. `*` names every allowed field; no paths at all name the
    allowed fields that are set in the source. A path may go down into single messages.

    Args:
        target: the message to change.
        source: the new values.
        paths: the mask.
        allowed: the paths that may be changed, each with everything below it.

    Returns:
        The top-level fields whose value is another one now, in the mask's order.

    Raises:
        InvalidFieldMask: a path is unknown or read-only. The target is then unchanged.
    """
    named = _expand(source, paths, allowed)
    routes = [list(_route(target, path)) for path in named]
    before = copied(target)
    for route in routes:
        _replace(target, source, route)
    tops = dict.fromkeys(route[0] for route in routes)
    return tuple(field.name for field in tops if not _equal(before, target, field))


def _expand(source: Message, paths: Sequence[str], allowed: frozenset[str]) -> list[str]:
    if not paths:
        return [path for path in sorted(allowed) if _is_set(source, list(_route(source, path)))]
    if list(paths) == [_ALL]:
        return sorted(allowed)
    for path in paths:
        _check(source, path, allowed)
    return list(paths)


def _check(source: Message, path: str, allowed: frozenset[str]) -> None:
    if path == _ALL:
        raise InvalidFieldMask(path, "must stand alone")
    for _ in _route(source, path):
        pass
    parts = path.split(".")
    if not any(".".join(parts[:end]) in allowed for end in range(1, len(parts) + 1)):
        raise InvalidFieldMask(path, "cannot be changed by the caller")


def _route(message: Message, path: str) -> Iterator[FieldDescriptor]:
    """The fields that lead to `path`, outermost first."""
    descriptor: Any = message.DESCRIPTOR
    for name in path.split("."):
        field = descriptor.fields_by_name.get(name) if descriptor else None
        if field is None:
            raise InvalidFieldMask(path, "names no field")
        yield field
        descriptor = None if field.is_repeated else field.message_type


def _is_set(message: Message, route: Sequence[FieldDescriptor]) -> bool:
    for field in route:
        if not _holds(message, field):
            return False
        message = getattr(message, field.name)
    return True


def _holds(message: Message, field: FieldDescriptor) -> bool:
    if field.has_presence:
        return message.HasField(field.name)
    value = getattr(message, field.name)
    return bool(len(value)) if field.is_repeated else value != field.default_value


def _replace(target: Message, source: Message, route: Sequence[FieldDescriptor]) -> None:
    *parents, leaf = route
    if not _is_set(source, route):
        # Clearing below a message that is absent must not bring that message to life.
        if _is_set(target, route):
            _descend(target, parents).ClearField(leaf.name)
        return
    parent = _descend(target, parents)
    value: Any = getattr(_descend(source, parents), leaf.name)
    if leaf.is_repeated:
        parent.ClearField(leaf.name)
        getattr(parent, leaf.name).MergeFrom(value)
    elif leaf.message_type is not None:
        getattr(parent, leaf.name).CopyFrom(value)
        getattr(parent, leaf.name).SetInParent()
    else:
        setattr(parent, leaf.name, value)


def _descend(message: Message, route: Sequence[FieldDescriptor]) -> Message:
    for field in route:
        message = getattr(message, field.name)
    return message


def _equal(one: Message, other: Message, field: FieldDescriptor) -> bool:
    return _holds(one, field) == _holds(other, field) and bool(
        getattr(one, field.name) == getattr(other, field.name)
    )


ItemT = TypeVar("ItemT")


def _one(_: object) -> int:
    """Weigh every item alike."""
    return 1


def batched(
    items: Iterable[ItemT], size: int, *, weight: Callable[[ItemT], int] = _one
) -> Iterator[list[ItemT]]:
    """Yield the items in lists that weigh `size` at most; what weighs more alone is alone.

    Without a weight they are lists of `size` items, the last one shorter.
    """
    batch: list[ItemT] = []
    left = size
    for item in items:
        heavy = weight(item)
        if batch and heavy > left:
            yield batch
            batch, left = [], size
        batch.append(item)
        left -= heavy
    if batch:
        yield batch
