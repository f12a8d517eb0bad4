"""Conditions on a record as a tree, and their spelling in the engine's query language.

Values appear in the spelled query only in their encoded form or as whole numbers, so no text of a
caller is ever read as syntax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields

# `_0` is no encoded value and no prefix of one that a filter could name whole.
_IMPOSSIBLE: Final = f"@{fields.TENANT}:{{_0}}"


@dataclass(frozen=True, slots=True)
class Tag:
    """The field holds at least one of the values; the empty value means that it holds none."""

    field: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"@{self.field}:{{{'|'.join(map(encode, self.values))}}}"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The field holds a value that starts with `start`, which is not empty."""

    field: str
    start: str

    def __str__(self) -> str:
        return f"@{self.field}:{{{encode(self.start)}*}}"


@dataclass(frozen=True, slots=True)
class Range:
    """The number is set and lies between `low` and `high`, both included; None is no bound."""

    field: str
    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        low = "-inf" if self.low is None else self.low
        high = "+inf" if self.high is None else self.high
        return f"@{self.field}:[{low} {high}]"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    part: "Tag | Prefix | Range"

    def __str__(self) -> str:
        return f"-({self.part})"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; of no parts, always."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any:
    """Some part holds; of no parts, never."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return _either(map(_below_or, self.parts)) or _IMPOSSIBLE


Node = Tag | Prefix | Range | Not | All | Any


def _either(spelled: Iterable[str]) -> str:
    return "|".join(f"({part})" for part in spelled)


def _below_or(part: Node) -> str:
    """Return a part of an OR in the engine's words.

    RediSearch 2.10 loses records where an OR holds an AND that a NOT takes part in, at any depth.
    It is right about the same condition put as the NOT of an OR.
    """
    if isinstance(part, All) and _has_not(part):
        return f"-({_either(map(_opposite, part.parts))})"
    return str(part)


def _opposite(part: Node) -> str:
    return str(part.part) if isinstance(part, Not) else f"-({_below_or(part)})"


def _has_not(part: Node) -> bool:
    match part:
        case Not():
            return True
        case All() | Any():
            return any(map(_has_not, part.parts))
    return False


ALWAYS: Final = All(())
NEVER: Final = Any(())


def every(parts: Iterable[Node]) -> Node:
    """Return the parts joined by AND, without constants and needless nesting."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, All) else (part,))
    if NEVER in flat:
        return NEVER
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def some(parts: Iterable[Node]) -> Node:
    """Return the parts joined by OR, without constants and needless nesting."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Any) else (part,))
    if ALWAYS in flat:
        return ALWAYS
    return flat[0] if len(flat) == 1 else Any(tuple(flat))


def negated(part: Node) -> Node:
    """Return the opposite of a part, with every NOT down at a single condition."""
    match part:
        case Not():
            return part.part
        case All():
            return some(map(negated, part.parts))
        case Any():
            return every(map(negated, part.parts))
    return Not(part)


def between(field: str, low: int | None, high: int | None) -> Node:
    """Return the condition that the number is set and within the bounds."""
    if low is not None and high is not None and low > high:
        return NEVER
    return Range(field, low, high)
