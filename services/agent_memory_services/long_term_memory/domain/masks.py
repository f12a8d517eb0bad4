"""Masks: which memories of an owner, as columns, meet a condition; and tags that columns lack."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields, traits
from agent_memory_services.long_term_memory.domain.columns import Floats, Table
from agent_memory_services.long_term_memory.domain.conditions import (
    AllOf,
    AnyOf,
    Node,
    Not,
    Prefix,
    Range,
    Tag,
)

Mask = npt.NDArray[np.bool_]

_FLAGS: Final = {fields.PINNED: traits.PINNED, fields.STANDING: traits.STANDING}
_TAGS: Final = frozenset(
    {
        *(fields.TENANT, fields.USER, fields.NAMESPACE, fields.SESSION, fields.ID, fields.TYPE),
        *(fields.HIDDEN, *_FLAGS),
    }
)


_BYTES_PER_VALUE: Final = 100


class Tags:
    """Values of some tag fields, each with the places of the memories that have it.

    Attributes:
        fields: the fields.
        nbytes: bytes that they take, roughly.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Begin empty."""
        self.fields = tuple(names)
        self.nbytes = 0
        self._places: dict[str, dict[str, array[int]]] = {name: {} for name in names}
        self._ordered: dict[str, list[str]] = {name: [] for name in names}

    def add(self, at: int, spelled: Sequence[bytes | None]) -> None:
        """Add the values of the memory at a place, each field's as its hash has them."""
        for name, values in zip(self.fields, spelled, strict=True):
            places = self._places[name]
            for value in (values or b"").decode().split(fields.SEPARATOR):
                self.nbytes += array("i").itemsize
                if (listed := places.get(value)) is None:
                    listed = places[value] = array("i")
                    insort(self._ordered[name], value)
                    self.nbytes += _BYTES_PER_VALUE + len(value)
                listed.append(at)

    def having(self, asked: Tag) -> "Iterator[array[int]]":
        """Yield the places of each value that is asked for."""
        places = self._places[asked.field]
        return filter(None, map(places.get, map(encode, asked.values)))

    def beginning(self, asked: Prefix) -> "Iterator[array[int]]":
        """Yield the places of each value that begins in the way that is asked for."""
        start, ordered = encode(asked.start), self._ordered[asked.field]
        for value in islice(ordered, bisect_left(ordered, start), None):
            if not value.startswith(start):
                return
            yield self._places[asked.field][value]


def is_maskable(condition: Node) -> bool:
    """Return true if columns tell which memories meet a condition."""
    match condition:
        case AllOf() | AnyOf():
            return all(map(is_maskable, condition.parts))
        case Not():
            return is_maskable(condition.part)
        case Tag():
            return condition.field in _TAGS
        case Range():
            return True
        case Prefix():
            return False


@dataclass(frozen=True, slots=True)
class Masks:
    """Marks of the memories of an owner that meet conditions.

    Attributes:
        table: the memories.
        tenant: whose they are.
        user: their owner.
        tags: values of more fields, where they are known.
    """

    table: Table
    tenant: str
    user: str
    tags: Tags | None = None

    def of(self, condition: Node) -> Mask:
        """Return a mark for each memory that meets a condition; it is one that columns tell."""
        match condition:
            case Tag():
                return self._tag(condition)
            case Range():
                return _within(condition, self._numbers(condition.field))
            case Not():
                return ~self.of(condition.part)
            case AllOf():
                return reduce(np.logical_and, map(self.of, condition.parts), self._all(held=True))
            case AnyOf():
                return reduce(np.logical_or, map(self.of, condition.parts), self._all(held=False))
            case Prefix():
                return self._at(self._tags_of(condition.field).beginning(condition))

    def _all(self, *, held: bool) -> Mask:
        return np.full(len(self.table), held)

    def _tag(self, asked: Tag) -> Mask:
        table, values = self.table, asked.values
        met: Mask
        match asked.field:
            case fields.TENANT | fields.USER:
                whose = self.tenant if asked.field == fields.TENANT else self.user
                met = self._all(held=whose in values)
            case fields.ID:
                sought = frozenset(values)
                met = np.array([each in sought for each in table.ids], dtype=bool)
            case fields.TYPE:
                met = np.isin(table.numbers("type"), list(map(int, values)))
            case fields.NAMESPACE:
                met = table.of_group(2, values)
            case fields.SESSION:
                met = table.of_group(1, values)
            case fields.HIDDEN:
                marks = {"1": traits.HIDDEN, fields.ARCHIVED: traits.ARCHIVED}
                met = self._flagged(values, marks, traits.HIDDEN)
            case fields.PINNED | fields.STANDING:
                flag = _FLAGS[asked.field]
                met = self._flagged(values, {"1": flag}, flag)
            case _:
                met = self._at(self._tags_of(asked.field).having(asked))
        return met

    def _tags_of(self, field: str) -> Tags:
        if self.tags is None or field not in self.tags.fields:
            raise KeyError(field)
        return self.tags

    def _at(self, listed: "Iterator[array[int]]") -> Mask:
        """Return the marks of the memories at some places."""
        met, at = self._all(held=False), self.table.at
        for places in listed:
            found = np.array(places)
            # What came in since the table was made is not in it.
            rows = at[found[found < len(at)]]
            met[rows[rows >= 0]] = True
        return met

    def _flagged(self, values: Sequence[str], marks: dict[str, int], unset: int) -> Mask:
        met = [self.table.flag(marks[value]) for value in values if value in marks]
        met += [~self.table.flag(unset)] if "0" in values else []
        return reduce(np.logical_or, met, self._all(held=False))

    def _numbers(self, field: str) -> Floats:
        if field == fields.ACCESS:
            return self.table.beside[:, 0]
        if field == fields.ACCESS_COUNT:
            return self.table.beside[:, 1]
        numbers: Floats = self.table.numbers(field)
        return numbers


def _within(asked: Range, numbers: Floats) -> Mask:
    # A number that is not set is none, and neither within bounds nor beyond.
    bounds: list[Mask] = []
    if asked.low is not None:
        bounds.append(numbers >= asked.low)
    if asked.high is not None:
        bounds.append(numbers <= asked.high)
    return reduce(np.logical_and, bounds) if bounds else ~np.isnan(numbers)
