"""Parameters of Lua scripts: how Python writes a value, and how Lua reads it.

    Python                      Lua
    Key                         string, one of KEYS
    str, bytes, unions of both  string
    int, float                  number; None is nil
    bool                        boolean
    frozen dataclass            table with the names of its fields; None is nil
    NamedTuple                  likewise, and quicker to make where there are many
    Sequence of any of these    array
    Mapping                     array of names and values in turn, as HSET takes them

Numbers are doubles in Lua, exact up to 2^53.
"""

import inspect
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from itertools import chain
from operator import attrgetter, itemgetter
from typing import (
    Annotated,
    Any,
    Final,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

KEY: Final = object()
"""Mark of a text, by `Annotated`, that is one of a script's KEYS."""


@dataclass(slots=True)
class Sent:
    """Keys and arguments of a call, as they are written."""

    keys: list[Any] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Position at which Lua reads next: from two local variables on, or from the start."""

    moving: bool
    keys: int
    args: int

    @property
    def key(self) -> str:
        """Lua for the next key."""
        return f"KEYS[{self._index('next_key', self.keys)}]"

    @property
    def arg(self) -> str:
        """Lua for the next argument."""
        return f"ARGV[{self._index('next_arg', self.args)}]"

    def after(self, width: tuple[int, int]) -> "_Place":
        """Return the place behind so many keys and arguments."""
        return _Place(self.moving, self.keys + width[0], self.args + width[1])

    def _index(self, base: str, offset: int) -> str:
        if not self.moving:
            return str(offset + 1)
        return f"{base} + {offset}" if offset else base


_MOVING: Final = _Place(moving=True, keys=0, args=0)


class _Kind(ABC):
    """A type of parameters: how Python writes a value and how Lua reads it.

    Attributes:
        width: how many keys and arguments a value takes; None where that depends on the value.
        plain: a value is one argument, as it is.
    """

    width: tuple[int, int] | None
    plain: bool = False

    @abstractmethod
    def write(self, value: Any, sent: Sent) -> None:
        """Append the keys and arguments of a value."""

    def expression(self, place: _Place) -> str:
        """Return Lua for a value of fixed width at a place."""
        raise NotImplementedError

    def statements(self, target: str, depth: int) -> list[str]:
        """Return Lua that reads a value at the moving place into `target`, and moves on."""
        keys, args = cast("tuple[int, int]", self.width)
        lines = [f"{target} = {self.expression(_MOVING)}"]
        lines += [f"next_key = next_key + {keys}"] if keys else []
        lines += [f"next_arg = next_arg + {args}"] if args else []
        return [_INDENT * depth + line for line in lines]


_INDENT: Final = "  "


class _KeyKind(_Kind):
    width = (1, 0)

    def write(self, value: Any, sent: Sent) -> None:
        sent.keys.append(value)

    def expression(self, place: _Place) -> str:
        return place.key


class _TextKind(_Kind):
    width = (0, 1)
    plain = True

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append(value)

    def expression(self, place: _Place) -> str:
        return place.arg


class _NumberKind(_Kind):
    width = (0, 1)

    def __init__(self, *, optional: bool) -> None:
        self.plain = not optional

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append("" if value is None else value)

    def expression(self, place: _Place) -> str:
        return f"tonumber({place.arg})"


class _FlagKind(_Kind):
    width = (0, 1)

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append(1 if value else 0)

    def expression(self, place: _Place) -> str:
        return f"{place.arg} == '1'"


class Record(_Kind):
    """Values by name: the fields of a dataclass or named tuple, or the parameters of a script.

    Those of a fixed width come first, so that Lua finds them without counting, and of these the
    plain ones and the keys, so that Python writes them at once.

    Attributes:
        kinds: the kind of each, in the order in which they travel.
        items: returns the arguments of a value whose fields are all plain; None where some are not.
    """

    def __init__(self, kinds: Mapping[str, _Kind]) -> None:
        ranked = sorted(kinds.items(), key=lambda item: _rank(item[1]))
        self.kinds: Final[Mapping[str, _Kind]] = dict(ranked)
        self._fixed = {name: kind for name, kind in ranked if kind.width is not None}
        self._varying = {name: kind for name, kind in ranked if kind.width is None}
        widths = [cast("tuple[int, int]", kind.width) for kind in self._fixed.values()]
        self._fixed_width = (sum(keys for keys, _ in widths), sum(args for _, args in widths))
        self.width = None if self._varying else self._fixed_width
        plain = _several(name for name, kind in ranked if kind.plain)
        keys = _several(name for name, kind in ranked if isinstance(kind, _KeyKind))
        self._others = [(name, kind) for name, kind in ranked if name not in (*plain, *keys)]
        self._plain_items = itemgetter(*plain) if plain else None
        self._plain_fields = attrgetter(*plain) if plain else None
        self._key_items = itemgetter(*keys) if keys else None
        self._key_fields = attrgetter(*keys) if keys else None
        self.items: Final = None if self._others or keys else self._plain_fields

    def write(self, value: Any, sent: Sent) -> None:
        """Append the fields of a dataclass or named tuple."""
        if self._plain_fields is not None:
            sent.args.extend(self._plain_fields(value))
        if self._key_fields is not None:
            sent.keys.extend(self._key_fields(value))
        for name, kind in self._others:
            kind.write(getattr(value, name), sent)

    def write_items(self, given: Mapping[str, Any], sent: Sent) -> None:
        """Append values that are known by name."""
        if self._plain_items is not None:
            sent.args.extend(self._plain_items(given))
        if self._key_items is not None:
            sent.keys.extend(self._key_items(given))
        for name, kind in self._others:
            kind.write(given[name], sent)

    def expression(self, place: _Place) -> str:
        """Return Lua for a table of the fields of fixed width."""
        parts = []
        for name, kind in self._fixed.items():
            parts.append(f"{name} = {kind.expression(place)}")
            place = place.after(cast("tuple[int, int]", kind.width))
        return f"{{ {', '.join(parts)} }}"

    def statements(self, target: str, depth: int) -> list[str]:
        """Return Lua that reads a table at the moving place."""
        fixed = Record(self._fixed)
        lines = _Kind.statements(fixed, target, depth)
        for name, kind in self._varying.items():
            lines += kind.statements(f"{target}.{name}", depth)
        return lines

    def lua(self) -> str:
        """Return Lua that reads each value into a local variable."""
        lines = []
        place = _Place(moving=False, keys=0, args=0)
        for name, kind in self._fixed.items():
            lines.append(f"local {name} = {kind.expression(place)}")
            place = place.after(cast("tuple[int, int]", kind.width))
        if self._varying:
            lines.append(f"local {', '.join(self._varying)}")
            lines.append("do")
            lines.append(f"{_INDENT}local next_key, next_arg = {place.keys + 1}, {place.args + 1}")
            for name, kind in self._varying.items():
                lines += kind.statements(name, 1)
            lines.append("end")
        return "\n".join(lines)


class _OptionalKind(_Kind):
    """A value that may be missing: a flag in front of it tells."""

    def __init__(self, kind: _Kind, nothing: Any) -> None:
        self._kind = kind
        self._nothing = nothing
        self.width = None if kind.width is None else (kind.width[0], kind.width[1] + 1)

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append(0 if value is None else 1)
        if value is not None:
            self._kind.write(value, sent)
        elif self._kind.width is None:
            self._kind.write(self._nothing, sent)
        else:
            sent.args.extend([""] * self._kind.width[1])

    def expression(self, place: _Place) -> str:
        value = self._kind.expression(place.after((0, 1)))
        return f"{place.arg} == '1' and {value} or nil"

    def statements(self, target: str, depth: int) -> list[str]:
        if self.width is not None:
            return super().statements(target, depth)
        indent = _INDENT * depth
        flag = f"given_{depth}"
        return [
            f"{indent}local {flag} = {_MOVING.arg} == '1'",
            f"{indent}next_arg = next_arg + 1",
            *self._kind.statements(target, depth),
            f"{indent}if not {flag} then {target} = nil end",
        ]


class _ListKind(_Kind):
    """Values in order, behind their number."""

    width = None

    def __init__(self, element: _Kind) -> None:
        self._element = element

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append(len(value))
        if self._element.plain:
            sent.args.extend(value)
            return
        if isinstance(self._element, Record) and self._element.items is not None:
            sent.args.extend(chain.from_iterable(map(self._element.items, value)))
            return
        write = self._element.write
        for each in value:
            write(each, sent)

    def statements(self, target: str, depth: int) -> list[str]:
        indent, at = _INDENT * depth, f"at_{depth}"
        return [
            f"{indent}{target} = {{}}",
            f"{indent}next_arg = next_arg + 1",
            f"{indent}for {at} = 1, tonumber(ARGV[next_arg - 1]) do",
            *self._element.statements(f"{target}[{at}]", depth + 1),
            f"{indent}end",
        ]


class _MappingKind(_ListKind):
    """Names and values in turn, behind the number of both."""

    def __init__(self) -> None:
        super().__init__(_TextKind())

    def write(self, value: Any, sent: Sent) -> None:
        sent.args.append(2 * len(value))
        for pair in value.items():
            sent.args.extend(pair)


def _rank(kind: _Kind) -> int:
    if kind.width is None:
        return 3
    if isinstance(kind, _KeyKind):
        return 1
    return 0 if kind.plain else 2


def _several(names: Iterable[str]) -> list[str]:
    """Return the names that are read together; a single one is read like any other."""
    found = list(names)
    return found if len(found) > 1 else []


def parameters_of(contract: Callable[..., Any]) -> Record:
    """Return the parameters of the function that declares a script.

    Raises:
        TypeError: one is of a type that does not travel.
    """
    hints = get_type_hints(contract, include_extras=True)
    return Record({name: _kind(hints[name]) for name in inspect.signature(contract).parameters})


_ENCODABLE: Final = frozenset({str, bytes, int, float})
_NUMBERS: Final = frozenset({int, float})


def _kind(hint: Any) -> _Kind:
    options = _options(hint)
    if type(None) in options:
        return _optional(hint, options - {type(None)})
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, tuple)):
        # Both declare their fields, and nothing else, by annotations of the class.
        own = get_type_hints(hint, include_extras=True)
        return Record({name: _kind(kind) for name, kind in own.items()})
    if get_origin(hint) is Sequence:
        return _ListKind(_kind(get_args(hint)[0]))
    if get_origin(hint) is Mapping:
        return _MappingKind()
    return _scalar(hint, options)


def _scalar(hint: Any, options: set[Any]) -> _Kind:
    if get_origin(hint) is Annotated and KEY in hint.__metadata__:
        return _KeyKind()
    if hint is bool:
        return _FlagKind()
    if options <= _NUMBERS:
        return _NumberKind(optional=False)
    if options <= _ENCODABLE:
        return _TextKind()
    raise TypeError(f"a script takes no {hint}")


def _options(hint: Any) -> set[Any]:
    return set(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else {hint}


def _optional(hint: Any, options: set[Any]) -> _Kind:
    if options <= _NUMBERS:
        return _NumberKind(optional=True)
    if len(options) == 1 and not options & _ENCODABLE:
        kind = _kind(next(iter(options)))
        if isinstance(kind, _ListKind):
            return _OptionalKind(kind, {} if isinstance(kind, _MappingKind) else ())
        if isinstance(kind, Record) and kind.width is not None and not kind.width[0]:
            return _OptionalKind(kind, None)
    raise TypeError(f"Lua could not tell None from a value of {hint}")
