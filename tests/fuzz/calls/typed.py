"""Requests from the descriptors: valid ones in which a few fields are extreme."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from agent_memory_services.kit.contract.methods import MethodPolicy
from tests.fuzz.calls.known import Known
from tests.fuzz.calls.values import MANY, count, special, text, value
from tests.support.contracts import POLICIES, descriptor_of, message_type_of
from tests.support.example_requests import example

Path = tuple[FieldDescriptor, ...]
DEPTH = 3
_EDITS = (0, 0, 1, 1, 2, 5)
_FILLED = tuple(each for each in POLICIES if descriptor_of(each.request_type).fields)


def turn(number: int) -> tuple[MethodPolicy, Path]:
    """The method and the field whose turn it is; every field to the depth has one."""
    policy = _FILLED[number % len(_FILLED)]
    # A step that shares no factor with the count spreads what follows over the whole.
    paths = _paths_of(policy.request_type)  # type: ignore[arg-type] # its metaclass hides the hash
    return policy, paths[number // len(_FILLED) * 7919 % len(paths)]


def request(policy: MethodPolicy, path: Path, known: Known, chance: random.Random) -> Message:
    """A request with an extreme value at `path` and maybe at others."""
    words = known.words(chance)
    made = policy.request_type()
    if chance.random() < 0.95:
        made.CopyFrom(_valid(policy.request_type, tuple(words.items())))  # type: ignore[arg-type] # its metaclass hides the hash
        known.use(made, chance)
    others = _paths_of(policy.request_type)  # type: ignore[arg-type] # its metaclass hides the hash
    for each in (path, *(chance.choice(others) for _ in range(chance.choice(_EDITS)))):
        _edit(made, each, chance)
    return made


@cache
def _valid(kind: type[Message], words: tuple[tuple[str, Any], ...]) -> Message:
    return example(kind, dict(words))


@cache
def _paths_of(kind: type[Message]) -> Sequence[Path]:
    """Every field of a request, in an order that does not group neighbours."""
    found = list(_paths(descriptor_of(kind), DEPTH))
    random.Random(len(found)).shuffle(found)
    # The step of a turn must share no factor with the count.
    return found if len(found) % 7919 else found[:-1]


def _paths(descriptor: Descriptor, depth: int) -> Iterator[Path]:
    for field in descriptor.fields:
        yield (field,)
        inner = field.message_type
        if inner is None or _is_map(field) or inner.full_name.startswith("google.protobuf."):
            continue
        if depth > 1:
            yield from ((field, *path) for path in _paths(inner, depth - 1))


def _edit(message: Message, path: Path, chance: random.Random) -> None:
    *outer, field = path
    for step in outer:
        message = _inside(message, step, chance)
    _put(message, field, chance)


def _inside(message: Message, field: FieldDescriptor, chance: random.Random) -> Message:
    held = getattr(message, field.name)
    if field.is_repeated:
        return chance.choice(held) if held and chance.random() < 0.8 else held.add()
    held.SetInParent()
    return held


def _put(message: Message, field: FieldDescriptor, chance: random.Random) -> None:
    if _is_map(field):
        _put_entries(getattr(message, field.name), field, chance)
    elif field.is_repeated:
        _put_items(getattr(message, field.name), field, chance)
    elif field.message_type is None:
        setattr(message, field.name, value(field, chance))
    elif (made := special(field.message_type, chance)) is not None:
        getattr(message, field.name).CopyFrom(made)
    elif chance.random() < 0.5:
        message.ClearField(field.name)
    else:
        getattr(message, field.name).SetInParent()


def _put_entries(entries: Any, field: FieldDescriptor, chance: random.Random) -> None:
    key, held = (message_type_of(field).fields_by_name[part] for part in ("key", "value"))
    for number in range(count(field, chance)):
        name: str | int = text(None, chance) if number < 3 else str(number)
        if key.cpp_type != key.CPPTYPE_STRING:
            name = number
        if held.message_type is None:
            entries[name] = value(held, chance)
        else:
            entries[name].SetInParent()


def _put_items(items: Any, field: FieldDescriptor, chance: random.Random) -> None:
    wanted = count(field, chance)
    if field.message_type is None:
        del items[:]
        distinct = [value(field, chance) for _ in range(min(wanted, 3))]
        if wanted >= MANY:
            distinct = [each[:20] if isinstance(each, str) else each for each in distinct]
        items.extend([distinct[number % len(distinct)] for number in range(wanted)])
        return
    made = special(field.message_type, chance)
    if made is None:
        made = items[0] if items else items.add()
        if wanted >= MANY and made.ByteSize() > 100:
            made.Clear()
    # The list may hold what is copied.
    kept = type(made)()
    kept.CopyFrom(made)
    del items[:]
    items.extend([kept] * wanted)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def smaller(message: Message) -> Iterator[Message]:
    """The same request with one thing less each; big things first."""
    for path in _set_paths(message):
        less = type(message)()
        less.CopyFrom(message)
        if _without(less, path):
            yield less


def _set_paths(message: Message, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of what is set: fields, halves of long lists, items, and inside of them."""
    inner: list[tuple[tuple[Any, ...], Message]] = []
    for field, held in message.ListFields():
        here = (*before, field.name)
        yield here
        if _is_map(field):
            continue
        if field.is_repeated:
            if len(held) > 1:
                yield (*here, slice(len(held) // 2, None))
                yield (*here, slice(0, len(held) // 2))
            if field.message_type is not None:
                inner += [((*here, number), each) for number, each in enumerate(held[:3])]
        elif field.message_type is not None:
            inner.append((here, held))
        elif isinstance(held, str | bytes) and len(held) > 1:
            yield (*here, slice(0, len(held) // 2))
    for here, child in inner:
        yield from _set_paths(child, here)


def _without(message: Any, path: tuple[Any, ...]) -> bool:
    *outer, last = path
    parent = message
    for number, step in enumerate(outer):
        if number == len(outer) - 1 and isinstance(last, slice):
            return _cut(parent, step, last)
        parent = parent[step] if isinstance(step, int) else getattr(parent, step)
    if isinstance(last, slice):
        return False
    parent.ClearField(last)
    return True


def _cut(parent: Any, name: str, part: slice) -> bool:
    held = getattr(parent, name)
    if isinstance(held, str | bytes):
        setattr(parent, name, held[part])
    else:
        del held[part]
    return True
