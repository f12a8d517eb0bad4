"""Lua scripts: files whose arguments are declared once, as the signature of a function.

    @script("agent_memory_services.working_memory.store", "lua/prelude", "lua/append")
    def _append(log: Key, *, messages: Sequence[bytes], now: int) -> Any: ...

    await _append(client, "am:log", messages=[b"..."], now=now_micros())

The Lua code finds each parameter under its name, as a local variable. What travels where is the
concern of this module alone: it renders the lines that read `KEYS` and `ARGV`, and puts them in
front of the files.

    Python                      Lua
    Key                         string, one of KEYS
    str, bytes, unions of both  string
    int, float                  number; None is nil
    bool                        boolean
    frozen dataclass            table with the names of its fields; None is nil
    NamedTuple                  likewise, and quicker to make where there are many
    Sequence of any of these    array
    Mapping                     array of names and values in turn, as HSET takes them

Numbers are doubles in Lua, exact up to 2^53. All keys of a call share a hash slot.
"""

import hashlib
import inspect
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from importlib.resources import files
from itertools import chain
from operator import attrgetter, itemgetter
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    ParamSpec,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from agent_memory_services.kit.redis.client import SCRIPT_NAMES

P = ParamSpec("P")

_KEY: Final = object()
Key: TypeAlias = Annotated[str, _KEY]
"""Parameter that is one of a script's KEYS."""
Text: TypeAlias = str | bytes
"""Parameter that Lua takes as it is."""
Value: TypeAlias = str | bytes | int
"""Value of a mapping; a number travels as its digits."""


class Script(Generic[P]):
    """A Lua script that is called like the function that declares it, with a client in front."""

    def __init__(self, contract: Callable[P, Any], package: str, names: Sequence[str]) -> None:
        """Load `<name>.lua` of each name from the package, joined in order.

        Raises:
            TypeError: a parameter is of a type that does not travel.
        """
        self._signature = inspect.signature(contract)
        self._names = tuple(self._signature.parameters)
        self.parameters: Final = _parameters(contract)
        self.files: Final = tuple(files(package).joinpath(f"{name}.lua") for name in names)
        parts = [self.parameters.lua(), *(file.read_text() for file in self.files)]
        self.source: Final = "\n".join(parts)
        self.name: Final = _name(package, names[-1])
        # The protocol names scripts by SHA-1; nothing rests on its strength.
        self._sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        SCRIPT_NAMES[self._sha] = SCRIPT_NAMES[self.source] = self.name

    async def __call__(self, client: Redis, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run it in one round trip; a store that lost its scripts is given the source again."""
        return await self.call(*args, **kwargs).run(client)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> "ScriptCall":
        """Return a run of it, to be made later or together with others."""
        given = dict(zip(self._names, args, strict=False))
        given.update(kwargs)
        if len(given) != len(self._names):
            self._signature.bind(*args, **kwargs)
        sent = _Sent()
        self.parameters.write_items(given, sent)
        parts = (len(sent.keys), *sent.keys, *sent.args)
        return ScriptCall(self.source, self._sha, parts)


def script(package: str, *names: str) -> Callable[[Callable[P, Any]], Script[P]]:
    """Return the decorator of a function without a body, which declares what a script takes.

    Args:
        package: such as `agent_memory_services.working_memory.store`.
        names: files without `.lua`, joined in order, so that scripts can share local functions;
            the last one names the script.
    """

    def declare(contract: Callable[P, Any]) -> Script[P]:
        return Script(contract, package, names)

    return declare


def _name(package: str, name: str) -> str:
    """Return the name that operators know a script by, such as `working_memory/session/write`."""
    path = "/".join([*package.split(".")[1:], name])
    return path.replace("/store/lua/", "/").replace("/lua/", "/")


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """One run of a script, with its keys and arguments."""

    source: str
    sha: str
    parts: tuple[Any, ...]

    async def run(self, client: Redis) -> Any:
        """Run it in one round trip; a store that lost its scripts is given the source again."""
        try:
            return await cast("Any", client.evalsha(self.sha, *self.parts))
        except NoScriptError:
            return await cast("Any", client.eval(self.source, *self.parts))

    def queue(self, pipeline: Redis) -> None:
        """Add it to a pipeline; it answers `NoScriptError` where the store lost its scripts."""
        # A pipeline of a cluster has no method for this, but takes the command.
        run: Any = pipeline.execute_command
        run("EVALSHA", self.sha, *self.parts)


async def run_each(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    """Run calls of one script in order; others may run between two of them.

    Returns:
        The answer of each call, or the error that the store answered it with.

    Raises:
        RedisError: the store went away; what ran and what did not is unknown.
    """
    answers = await _pipelined(client, calls)
    unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        # The first run by itself hands the store the source.
        first, *rest = unknown
        answers[first] = await _alone(client, calls[first])
        again = await _pipelined(client, [calls[at] for at in rest])
        for at, answer in zip(rest, again, strict=True):
            answers[at] = answer
    return answers


async def _alone(client: Redis, call: ScriptCall) -> Any:
    try:
        return await call.run(client)
    except ResponseError as error:
        return error


async def _pipelined(client: Redis, calls: Sequence[ScriptCall]) -> list[Any]:
    if not calls:
        return []
    async with client.pipeline(transaction=False) as pipeline:
        for call in calls:
            call.queue(pipeline)
        return list(await pipeline.execute(raise_on_error=False))


def mapping_of(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return an answer by name that alternates names and values, as HGETALL and FT.INFO do."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


@dataclass(slots=True)
class _Sent:
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
    def write(self, value: Any, sent: _Sent) -> None:
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

    def write(self, value: Any, sent: _Sent) -> None:
        sent.keys.append(value)

    def expression(self, place: _Place) -> str:
        return place.key


class _TextKind(_Kind):
    width = (0, 1)
    plain = True

    def write(self, value: Any, sent: _Sent) -> None:
        sent.args.append(value)

    def expression(self, place: _Place) -> str:
        return place.arg


class _NumberKind(_Kind):
    width = (0, 1)

    def __init__(self, *, optional: bool) -> None:
        self.plain = not optional

    def write(self, value: Any, sent: _Sent) -> None:
        sent.args.append("" if value is None else value)

    def expression(self, place: _Place) -> str:
        return f"tonumber({place.arg})"


class _FlagKind(_Kind):
    width = (0, 1)

    def write(self, value: Any, sent: _Sent) -> None:
        sent.args.append(1 if value else 0)

    def expression(self, place: _Place) -> str:
        return f"{place.arg} == '1'"


class Record(_Kind):
    """Values by name: the fields of a dataclass or named tuple, or the parameters of a script.

    Those of a fixed width come first, so that Lua finds them without counting, and of these the
    plain ones, so that Python writes them at once.

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
        plain = [name for name, kind in ranked if kind.plain]
        if len(plain) == 1:
            plain = []
        self._others = [(name, kind) for name, kind in ranked if name not in plain]
        self._plain_items = itemgetter(*plain) if plain else None
        self._plain_fields = attrgetter(*plain) if plain else None
        self.items: Final = None if self._others else self._plain_fields

    def write(self, value: Any, sent: _Sent) -> None:
        """Append the fields of a dataclass or named tuple."""
        if self._plain_fields is not None:
            sent.args.extend(self._plain_fields(value))
        for name, kind in self._others:
            kind.write(getattr(value, name), sent)

    def write_items(self, given: Mapping[str, Any], sent: _Sent) -> None:
        """Append values that are known by name."""
        if self._plain_items is not None:
            sent.args.extend(self._plain_items(given))
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

    def write(self, value: Any, sent: _Sent) -> None:
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

    def write(self, value: Any, sent: _Sent) -> None:
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

    def write(self, value: Any, sent: _Sent) -> None:
        sent.args.append(2 * len(value))
        for pair in value.items():
            sent.args.extend(pair)


def _rank(kind: _Kind) -> int:
    if kind.width is None:
        return 2
    return 0 if kind.plain else 1


def _parameters(contract: Callable[..., Any]) -> Record:
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
    if get_origin(hint) is Annotated and _KEY in hint.__metadata__:
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
