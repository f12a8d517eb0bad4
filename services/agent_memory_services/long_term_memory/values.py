"""Values that a field has among memories, with how many memories have each.

The engine is asked for a stretch of memories at a time, and for so many in all: nobody waits for a
tenant with many memories, and who asks is told where not all of them were looked at.
"""

import re
import struct
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from redis.commands.search.aggregation import AggregateRequest

from agent_memory_services.kit.contract.numbers import LARGEST_EXACT
from agent_memory_services.kit.redis.keys import decode, encode
from agent_memory_services.kit.redis.scripts import mapping_of
from agent_memory_services.long_term_memory.domain import conditions, fields
from agent_memory_services.long_term_memory.domain.scope import Scope, Selection
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex

LEVELS: Final = "/"
"""Between the levels of a text, such as a namespace."""

FieldValue: TypeAlias = str | float | bool


@dataclass(frozen=True, slots=True)
class ValuesRequest:
    """Request for the values of a field.

    Attributes:
        field: name of the field in the index.
        condition: whose values.
        path: of the metadata, where its values are asked for; empty for its keys.
        prefix: how the values begin; empty for all of them.
        depth: levels of texts that are told apart; 0 for all.
    """

    field: str
    condition: conditions.Node
    path: str = ""
    prefix: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """The place of a value in the order of listings: most memories first, ties by value.

    Attributes:
        memories: how many memories have it.
        spelled: the value and its type as a text.
    """

    memories: int
    spelled: str

    @property
    def order(self) -> tuple[int, str]:
        """The key that places are sorted by."""
        return -self.memories, self.spelled

    def pack(self) -> bytes:
        """Return the place as the payload of a cursor."""
        return _COUNT.pack(self.memories) + self.spelled.encode()

    @classmethod
    def unpack(cls, payload: bytes) -> "ValuePlace":
        """Return the place that a cursor carries."""
        [memories] = _COUNT.unpack_from(payload)
        return cls(min(memories, LARGEST_EXACT), payload[_COUNT.size :].decode())


_COUNT: Final = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class CountedValue:
    """A value, and how many memories have it.

    Attributes:
        value: a text, or what else metadata hold.
        memories: how many memories have it, or one below it.
        branches: values below it are counted with it.
    """

    value: FieldValue
    memories: int
    branches: bool = False

    @property
    def place(self) -> ValuePlace:
        """The value's place in the order of listings."""
        # A text may say the same as a number.
        return ValuePlace(self.memories, f"{type(self.value).__name__} {self.value}")


@dataclass(frozen=True, slots=True)
class ListedValues:
    """A page of values.

    Attributes:
        values: those of most memories first.
        total: how many there are, on whichever page.
        partial: there are more values, or memories, than are looked at.
        more_after: place behind the page; None where no page follows.
    """

    values: Sequence[CountedValue]
    total: int
    partial: bool
    more_after: ValuePlace | None


@dataclass(frozen=True, slots=True)
class ValueBounds:
    """Bounds of one listing.

    Attributes:
        memories: how many memories are looked at, so many at a `stretch`.
        values: how many values are told.
    """

    memories: int
    stretch: int
    values: int = 10_000


PLAIN: Final = ValueBounds(memories=200_000, stretch=20_000)
METADATA: Final = ValueBounds(memories=20_000, stretch=1_000)
"""Bounds for metadata, of which all that a memory has is read."""


class Values:
    """Lists the values of fields."""

    def __init__(
        self, index: MemoryIndex, plain: ValueBounds = PLAIN, metadata: ValueBounds = METADATA
    ) -> None:
        self._index = index
        self._plain = plain
        self._metadata = metadata

    async def page(
        self, scope: Scope, asked: ValuesRequest, *, size: int, after: ValuePlace | None
    ) -> ListedValues:
        """List the `size` values that follow a place, or those of most memories.

        What is stored or deleted meanwhile may be counted twice or not at all, and may move a
        value from one page to another.
        """
        condition = asked.condition
        if asked.path:
            has_it = conditions.Tag(fields.METADATA, (fields.exists_key(asked.path),))
            condition = conditions.every([condition, has_it])
        selection = scope.select(condition)
        matching = await self._index.count(selection)
        bounds = self._metadata if asked.field == fields.METADATA else self._plain
        # True equals 1, and is another value.
        counted: Counter[tuple[type, FieldValue]] = Counter()
        branches: set[FieldValue] = set()
        async for stored, memories in self._stored(selection, asked, bounds, matching):
            value, branch = _cut(stored, asked)
            counted[type(value), value] += memories
            if branch:
                branches.add(value)
        told = [
            CountedValue(value, memories, branches=value in branches)
            for (_, value), memories in counted.items()
        ]
        told = sorted(told, key=lambda each: each.place.order)[: bounds.values]
        start = 0 if after is None else sum(each.place.order <= after.order for each in told)
        page = told[start : start + size]
        return ListedValues(
            page,
            len(told),
            partial=len(counted) > len(told) or matching > bounds.memories,
            more_after=page[-1].place if len(told) > start + size else None,
        )

    async def _stored(
        self, selection: Selection, asked: ValuesRequest, bounds: ValueBounds, matching: int
    ) -> AsyncIterator[tuple[FieldValue, int]]:
        """Yield values with how many memories of a stretch have them; values come again."""
        for start in range(0, min(matching, bounds.memories), bounds.stretch):
            request = _Stretch(selection, asked.field, start, bounds.stretch)
            rows = map(mapping_of, await self._index.rows(selection.tenant, request))
            if asked.field == fields.METADATA:
                for row in rows:
                    for value in _of_metadata(
                        row.get(fields.METADATA.encode(), b""), asked, selection.tenant
                    ):
                        yield value, 1
                continue
            for row in rows:
                value = decode(row[_VALUE.encode()].decode())
                if value.startswith(asked.prefix) and (value or asked.field in _SINGLE):
                    yield value, int(row[_MEMORIES.encode()])


_SINGLE: Final = frozenset({fields.NAMESPACE, fields.USER, fields.SESSION})
"""Fields of which the empty value is a value too, and not the lack of any."""
_VALUE: Final = "value"
_MEMORIES: Final = "memories"
_PATIENCE_MS: Final = 5_000


class _Stretch(AggregateRequest):
    """Values of a field in a stretch of a selection; of metadata, all that each memory has.

    The stretch comes first, so that the engine reads nothing of the memories before it.
    """

    def __init__(self, selection: Selection, field: str, start: int, count: int) -> None:
        super().__init__(str(selection.condition))
        self._field = field
        self._start = start
        self._length = count

    def build_args(self) -> list[str]:
        """Return the request in the engine's words."""
        asked = [
            *(str(self._query), "DIALECT", "2", "TIMEOUT", str(_PATIENCE_MS)),
            *("LIMIT", str(self._start), str(self._length), "LOAD", "1", f"@{self._field}"),
        ]
        if self._field == fields.METADATA:
            return asked
        return [
            *asked,
            *("APPLY", f"split(@{self._field}, '{fields.SEPARATOR}')", "AS", _VALUE),
            *("GROUPBY", "1", f"@{_VALUE}", "REDUCE", "COUNT", "0", "AS", _MEMORIES),
        ]


def _of_metadata(stored: bytes, asked: ValuesRequest, tenant: str) -> Iterator[FieldValue]:
    """Yield the keys that a memory's metadata have, or the values at a path, each once."""
    if not asked.path:
        for found in _KEY.findall(stored):
            path = decode(found.decode())
            # A text of several lines may end like a key.
            if "\n" not in path and path.startswith(asked.prefix):
                yield path
        return
    for found in _values_at(asked.path, tenant).finditer(stored):
        spelled = found["spelled"].decode()
        if found["text"]:
            text = decode(spelled) if spelled else ""
            if text.startswith(asked.prefix):
                yield text
        elif asked.prefix:
            continue
        elif found["flag"]:
            yield spelled == "1"
        elif len(spelled) == fields.ORDINAL_DIGITS:
            yield fields.number_of(int(spelled, 16))


_SPELLED: Final = r"[A-Za-z0-9_]*"
_END: Final = f"(?:{fields.SEPARATOR}|$)"
_KEY: Final = re.compile(
    rf"(?:^|(?<={fields.SEPARATOR}))({_SPELLED}){encode(fields.exists_key(''))}(?={_END})".encode()
)
_KINDS: Final = {"text": "\ns\n", "flag": "\nb\n", "number": "\nn\n"}


def _values_at(path: str, tenant: str) -> re.Pattern[bytes]:
    starts = {kind: encode(fields.of_tenant(path + form, tenant)) for kind, form in _KINDS.items()}
    named = "|".join(f"(?P<{kind}>{start})" for kind, start in starts.items())
    begin = f"(?:^|(?<={fields.SEPARATOR}))"
    return re.compile(rf"{begin}(?:{named})(?P<spelled>{_SPELLED})(?={_END})".encode())


def _cut(value: FieldValue, asked: ValuesRequest) -> tuple[FieldValue, bool]:
    """Return a value down to the depth that is told apart, and true where it goes deeper."""
    if not asked.depth or not isinstance(value, str):
        return value, False
    levels = value.split(LEVELS)
    return LEVELS.join(levels[: asked.depth]), len(levels) > asked.depth
