"""Memories as columns: an array for each number, a flat list for what memories have many of.

Columns are only ever added to. What changed or went has a place that nothing points to any more;
a table names the places that count. Rows (`traits`) are taken apart here, many at a time.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import to_micros
from agent_memory_services.language.en.words import WEEKDAY_NAMES, stem
from agent_memory_services.long_term_memory.domain import fields, terms, traits
from agent_memory_services.long_term_memory.domain.memory import accessed_at

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Keys = npt.NDArray[np.uint32]
ResultT = TypeVar("ResultT")

_LEAST: Final = 64
_APART: Final = 0.25
"""Share of what is sorted as a whole that is sorted apart at most."""
_SORTED_BYTES: Final = 8
"""Bytes that a number takes once more where it is sorted."""
_NOTHING: Final[Places] = np.zeros(0, dtype=np.intp)

_SEEN_FROM_NOW: Final = (
    "today tonight tomorrow yesterday now just ago last next coming this past morning noon"
    " afternoon evening night day days week weeks weekend month months year years"
)
# Words by which a speaker tells a day or a time as seen from that of speaking.
_RELATIVE: Final = terms.keys_of(map(stem, (*WEEKDAY_NAMES, *_SEEN_FROM_NOW.split())))

# Words by which a fact tells that somebody said what it quotes, or who that was.
_SAYING: Final = terms.keys_of(map(stem, (traits.USER, traits.ASSISTANT, "said")))


class Growing:
    """An array that grows at its end; what it gave out stays as it was.

    Attributes:
        size: how many values were added.
    """

    def __init__(self, dtype: npt.DTypeLike, width: tuple[int, ...] = ()) -> None:
        """Begin empty, for values of a type and shape."""
        self._held: npt.NDArray[Any] = np.zeros((_LEAST, *width), dtype=dtype)
        self.size = 0

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Add values."""
        size = self.size + len(values)
        if size > len(self._held):
            room = max(size, 2 * len(self._held))
            grown = np.zeros((room, *self._held.shape[1:]), self._held.dtype)
            grown[: self.size] = self._held[: self.size]
            self._held = grown
        self._held[self.size : size] = values
        self.size = size

    @property
    def values(self) -> npt.NDArray[Any]:
        """The values that were added."""
        return self._held[: self.size]

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self._held.nbytes


class _Sorted:
    """A stretch of numbers in their order, so that those sought are met without a look at others.

    Attributes:
        end: where the stretch ends.
    """

    def __init__(self, keys: Keys, start: int) -> None:
        """Sort the numbers from a start on; equals keep their order."""
        self.end = len(keys)
        order = np.argsort(keys[start:], kind="stable")
        self._keys = keys[start:][order]
        self._at = (order + start).astype(np.int32)

    def __len__(self) -> int:
        return len(self._at)

    def find(self, sought: Keys) -> tuple[Places, Places]:
        """Return which of the sought numbers were met, and where."""
        first = np.searchsorted(self._keys, sought)
        many = np.searchsorted(self._keys, sought, side="right") - first
        which = np.repeat(np.arange(len(sought)), many)
        at = np.arange(len(which)) + np.repeat(first - np.cumsum(many) + many, many)
        return which, self._at[at].astype(np.intp)


class Postings:
    """Flat lists of numbers that memories have many of, each with the place of its memory.

    What was added since the lists were sorted as a whole is sorted apart, until it is a good part
    of them: a search after every addition sorts little.
    """

    def __init__(self) -> None:
        self._keys, self._places, self._more = map(Growing, (np.uint32, np.int32, np.uint32))
        self._sorted: list[_Sorted] = []

    def extend(
        self, keys: npt.NDArray[Any], lengths: npt.NDArray[Any], first: int, more: npt.NDArray[Any]
    ) -> None:
        """Add the lists of memories with places from `first` on, with one more number for each."""
        self._keys.extend(keys)
        self._places.extend(np.repeat(np.arange(first, first + len(lengths)), lengths))
        self._more.extend(more)

    def find(self, sought: Keys) -> tuple[Places, Places, Keys]:
        """Return which of the sought numbers were met, the places and the second numbers."""
        self._sort()
        found = [stretch.find(sought) for stretch in self._sorted] or [(_NOTHING, _NOTHING)]
        which, at = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
        return which, self._places.values[at], self._more.values[at]

    def _sort(self) -> None:
        """Sort what was added since."""
        held = self._sorted
        if self.size == (held[-1].end if held else 0):
            return
        whole = len(held[0]) if held else 0
        start = whole if self.size - whole <= whole * _APART else 0
        self._sorted = [*held[: start > 0], _Sorted(self._keys.values, start)]

    def of(self, start: int, end: int) -> tuple[Keys, Keys]:
        """Return a stretch of the numbers and of the second ones."""
        return self._keys.values[start:end], self._more.values[start:end]

    @property
    def size(self) -> int:
        """Number of numbers."""
        return self._keys.size

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        arrays = self._keys.nbytes + self._places.nbytes + self._more.nbytes
        return arrays + self.size * _SORTED_BYTES


@dataclass(frozen=True, slots=True)
class Entry:
    """A memory to be added.

    Attributes:
        id: its id.
        row: its row.
        accessed: when it was found last, in microseconds; None for never.
        found: how often it was found.
        record: where its record comes from.
        expire: when it stops to exist, in microseconds; None for never.
    """

    id: str
    row: bytes
    accessed: int | None = None
    found: int = 0
    record: bytes | Memory = b""
    expire: int | None = None

    @property
    def is_message(self) -> bool:
        """True if it is stored as it was said."""
        return bool(self.row[1] & traits.MESSAGE)


def entry_of(memory: Memory) -> Entry:
    """Return a memory as it is added, with its row made now."""
    accessed = to_micros(memory.last_access_time) if memory.HasField("last_access_time") else None
    expire = fields.NUMBERS[fields.EXPIRE].read(memory)
    row = traits.row_of(memory)
    return Entry(memory.id, row, accessed, memory.access_count, memory, expire)


def is_row_of(row: bytes, etag: str) -> bool:
    """Return true if a row is of this release, and of the version of a memory with this etag."""
    if row[0] != traits.VERSION:
        return False
    # What an earlier release changes keeps the row that it had.
    return row[_ETAG_AT : _ETAG_AT + 8] == terms.mark_of(etag).to_bytes(8, "little")


_ETAG_AT: Final[int] = traits.PACKED.fields["etag"][1] if traits.PACKED.fields else 0


class FlatLists(NamedTuple):
    """Lists of numbers that memories have many of, one behind the other.

    Attributes:
        keys: the numbers.
        lengths: how many each memory has.
        more: a second number for each.
    """

    keys: npt.NDArray[Any]
    lengths: npt.NDArray[Any]
    more: npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of memories, taken apart.

    Attributes:
        heads: their numbers, without the time at which they expire.
        words: stems of the texts, with how often each occurs; those of the words around them.
        others: by field as `words`: other forms, with the words that they also stand for.
        plain: stems of plain words, with whether each says something.
        conversations: marks of the conversations; 0 for none.
        sessions: marks of the sessions.
        sources: marks of the messages that each rests on.
        names: of each, its namespace, and the names that it is by or about.
    """

    heads: npt.NDArray[Any]
    words: tuple[FlatLists, FlatLists]
    others: tuple[FlatLists, FlatLists]
    plain: FlatLists
    conversations: list[int]
    sessions: list[int]
    sources: list[list[int]]
    names: list[tuple[str, list[str]]]


def rows_of(rows: Sequence[bytes]) -> Rows:
    """Take rows of this release apart."""
    width = traits.PACKED.itemsize
    packed = np.frombuffer(b"".join([row[:width] for row in rows]), dtype=traits.PACKED)
    states = packed["numbers"][:, None] >> traits.STATES & 3
    given = (states == traits.GIVEN).sum(axis=1)
    text, context, text_others, context_others, beside, sources = packed["counts"].T.astype(np.intp)
    lengths = (
        *(8 * given, 8 * sources),
        *(4 * text, 4 * context, 8 * text_others, 8 * context_others, 4 * beside),
        *(text, context, beside),
    )
    numbers, marks, *keys, text_marks, context_marks, beside_marks = _cut(rows, width, lengths)
    text_keys, context_keys, text_forms, context_forms, beside_keys = (
        np.frombuffer(each, "<u4") for each in keys
    )
    said, around, says = (
        np.frombuffer(each, "u1") for each in (text_marks, context_marks, beside_marks)
    )
    starts = np.cumsum(sources) - sources
    flat = np.frombuffer(marks, "<u8").tolist()
    ends = width + sum(lengths)
    return Rows(
        heads=_heads(packed, states, np.frombuffer(numbers, "<f8")),
        words=(
            FlatLists(text_keys, text, said & traits.MOST_TIMES),
            FlatLists(context_keys, context, around),
        ),
        others=(_paired(text_forms, text_others), _paired(context_forms, context_others)),
        plain=_plain_of(FlatLists(text_keys, text, said), FlatLists(beside_keys, beside, says)),
        conversations=packed["conversation"].tolist(),
        sessions=packed["session"].tolist(),
        sources=[flat[at : at + many] for at, many in zip(starts, sources, strict=True)],
        names=[orjson.loads(row[end:]) for row, end in zip(rows, ends.tolist(), strict=True)],
    )


def _cut(rows: Sequence[bytes], start: int, lengths: Sequence[npt.NDArray[Any]]) -> Iterator[bytes]:
    """Yield parts that follow each other in every row, each part of all rows together."""
    begins = np.full(len(rows), start)
    for length in lengths:
        ends = begins + length
        spans = zip(rows, begins.tolist(), ends.tolist(), strict=True)
        yield b"".join([row[begin:end] for row, begin, end in spans])
        begins = ends


def _heads(
    packed: npt.NDArray[Any], states: npt.NDArray[Any], given: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    heads = np.zeros(len(packed), traits.HEAD)
    for name in ("flags", "type", "text_words", "context_words", fields.CREATE):
        heads[name] = packed[name]
    numbers = np.where(states == traits.CREATED, packed["create"][:, None], np.nan)
    numbers[states == traits.ZERO] = 0.0
    numbers[states == traits.GIVEN] = given
    for at, name in enumerate(traits.NUMBERS_OF_ROWS[1:]):
        heads[name] = numbers[:, at]
    heads[fields.EXPIRE] = np.nan
    heads["features"] = _features(packed["words"], packed["names"], packed["marks"])
    return heads


def _paired(forms: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> FlatLists:
    pairs = forms.reshape(-1, 2)
    return FlatLists(pairs[:, 0], lengths, pairs[:, 1])


def _plain_of(said: FlatLists, beside: FlatLists) -> FlatLists:
    """Return the stems of plain words: those marked among a text's, and what stands beside them."""
    owners = np.repeat(np.arange(len(said.lengths)), said.lengths)
    marked = said.more & traits.PLAIN > 0
    others = np.repeat(np.arange(len(beside.lengths)), beside.lengths)
    order = np.argsort(np.concatenate([owners[marked], others]), kind="stable")
    says = np.concatenate([said.more[marked] >= traits.SAYS, beside.more > 0])
    return FlatLists(
        np.concatenate([said.keys[marked], beside.keys])[order],
        np.bincount(owners[marked], minlength=len(said.lengths)) + beside.lengths,
        says[order],
    )


def _features(words: Any, names: Any, marks: Any) -> npt.NDArray[np.float64]:
    """Return what texts tell by themselves; shape (texts, features)."""
    counted = np.asarray(words, dtype=np.float64)
    bits = np.asarray(marks)[:, None] >> np.arange(len(traits.MARKS)) & 1
    held = {
        "length": np.minimum(1.0, np.log1p(counted) / traits.ANY_LENGTH),
        "short": counted <= traits.SHORT,
        "long": np.minimum(1.0, counted / traits.LONG),
        "names": np.asarray(names) / traits.MANY_NAMES,
        **dict(zip(traits.MARKS, bits.T, strict=True)),
    }
    return np.column_stack([held[name] for name in traits.FEATURES]).astype(np.float64)


def features(text: str) -> tuple[float, ...]:
    """Read what a text tells by itself; see `FEATURES`."""
    return tuple(_features(*([each] for each in traits.told(text)))[0].tolist())


class Columns:
    """Columns of memories, each at its place.

    Attributes:
        ids: of each memory.
        records: of each memory.
        words: keys of the stems of the texts, with how often each occurs; those of the words
            around them.
        others: by field as `words`: other forms, with the words that they also stand for.
        plain: keys of the stems of plain words, with whether each says something.
        names: codes of the names that memories are by or about.
        name_codes: code of each name.
        resting: places of a message and of a fact that was taken from it.
        restated: those of them where the fact says all that the message does.
        stated: those of the others where the message says all that the fact does.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.records: list[bytes | Memory] = []
        self.words = (Postings(), Postings())
        self.others = (Postings(), Postings())
        self.plain = Postings()
        self.names = Postings()
        self.name_codes: dict[str, int] = {}
        self.resting: list[tuple[int, int]] = []
        self.restated: list[tuple[int, int]] = []
        self.stated: list[tuple[int, int]] = []
        self._heads = Growing(traits.HEAD)
        self._beside = Growing(np.float64, (2,))
        self._groups = Growing(np.int32, (3,))
        self._codes: tuple[dict[int, int], ...] = ({}, {}, {})
        self._plain_starts = [0]
        self._told: dict[int, list[int]] = {}
        self._said: dict[int, list[int]] = {}
        self._borne: list[Sequence[str]] = []
        self._name_stems: dict[str, frozenset[int]] = {}
        self._loose = 0

    @property
    def size(self) -> int:
        """Number of places."""
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """Bytes that the columns take, roughly."""
        lists = (*self.words, *self.others, self.plain, self.names)
        arrays = self._heads.nbytes + self._beside.nbytes + self._groups.nbytes
        return arrays + sum(each.nbytes for each in lists) + self._loose

    @property
    def heads(self) -> npt.NDArray[Any]:
        """The numbers of fixed width."""
        return self._heads.values

    @property
    def beside(self) -> npt.NDArray[Any]:
        """Time and number of accesses; NaN where there is no time."""
        return self._beside.values

    def groups(self, kind: int) -> npt.NDArray[Any]:
        """Return the codes of the conversations (0), sessions (1) or namespaces (2)."""
        codes: npt.NDArray[Any] = self._groups.values[:, kind]
        return codes

    def code(self, kind: int, name: str) -> int:
        """Return the code of a session (1) or namespace (2); -1 for one that is not here."""
        return self._codes[kind].get(terms.mark_of(name), -1)

    def extend(self, entries: Sequence[Entry]) -> None:
        """Add memories, each at the next place."""
        if not entries:
            return
        first, rows = self.size, rows_of([each.row for each in entries])
        rows.heads[fields.EXPIRE] = [np.nan if e.expire is None else e.expire for e in entries]
        self._heads.extend(rows.heads)
        accesses = [(np.nan if e.accessed is None else e.accessed, e.found) for e in entries]
        self._beside.extend(np.array(accesses, dtype=np.float64))
        lists = (*self.words, *self.others, self.plain)
        for own, new in zip(lists, (*rows.words, *rows.others, rows.plain), strict=True):
            own.extend(new.keys, new.lengths, first, new.more)
        self._plain_starts.extend((self._plain_starts[-1] + np.cumsum(rows.plain.lengths)).tolist())
        self._extend_names(rows, first)
        self.ids += [each.id for each in entries]
        self.records += [each.record for each in entries]
        self._loose += sum(len(e.record) for e in entries if isinstance(e.record, bytes))
        for at, sources in enumerate(rows.sources, first):
            if sources:
                self._relate(at, sources)

    def _extend_names(self, rows: Rows, first: int) -> None:
        codes, known = self._codes, self.name_codes
        spelled = [namespace for namespace, _ in rows.names]
        # Most memories that are read together are of a few namespaces.
        marks = {namespace: terms.mark_of(namespace) for namespace in set(spelled)}
        namespaces = [marks[namespace] for namespace in spelled]
        marked = zip(rows.conversations, rows.sessions, namespaces, strict=True)
        groups = [
            (
                codes[0].setdefault(conversation, len(codes[0])) if conversation else -1,
                codes[1].setdefault(session, len(codes[1])),
                codes[2].setdefault(namespace, len(codes[2])),
            )
            for conversation, session, namespace in marked
        ]
        self._groups.extend(np.array(groups, dtype=np.int32))
        self._borne += [names for _, names in rows.names]
        borne = [[known.setdefault(name, len(known)) for name in names] for _, names in rows.names]
        flat = np.array([code for held in borne for code in held], dtype=np.uint32)
        lengths = np.array(list(map(len, borne)))
        self.names.extend(flat, lengths, first, np.zeros(len(flat), np.uint32))

    def _relate(self, at: int, sources: Iterable[int]) -> None:
        """Note the facts that restate messages; both rest on messages of a session."""
        is_message = bool(self.heads["flags"][at] & traits.MESSAGE)
        own, others = (self._said, self._told) if is_message else (self._told, self._said)
        for source in sources:
            own.setdefault(source, []).append(at)
            for other in others.get(source, ()):
                message, fact = (at, other) if is_message else (other, at)
                self.resting.append((message, fact))
                if self.telling(message) <= self._says(fact):
                    self.restated.append((message, fact))
                elif self.telling(fact) <= self.telling(message) | self._speaker(message):
                    self.stated.append((message, fact))

    def _says(self, fact: int) -> frozenset[int]:
        """Return what a fact says; beside a date, words that count days from it say no more."""
        dated = self.heads["flags"][fact] & traits.DATED
        return self.telling(fact) | (_RELATIVE if dated else frozenset())

    def _speaker(self, message: int) -> frozenset[int]:
        """Return the words by which a fact tells who said something, where that is this message."""
        return _SAYING.union(*map(self._stems_of, self._borne[message]))

    def _stems_of(self, name: str) -> frozenset[int]:
        found = self._name_stems.get(name)
        if found is None:
            found = self._name_stems[name] = terms.keys_of(map(stem, terms.plain(name)))
        return found

    def memory(self, at: int) -> Memory:
        """Return the memory at a place, with its accesses."""
        record = self.records[at]
        if isinstance(record, Memory):
            return record
        memory = Memory.FromString(record)
        accessed, found = self.beside[at].tolist()
        if not math.isnan(accessed):
            accessed_at(memory, int(accessed))
        memory.access_count = int(found)
        return memory

    def telling(self, at: int) -> frozenset[int]:
        """Return the stems of a text's words that say something."""
        keys, marks = self.plain.of(*self._plain_starts[at : at + 2])
        return frozenset(keys[marks > 0].tolist())

    def stems(self, at: int) -> frozenset[int]:
        """Return the stems of a text."""
        keys, _ = self.plain.of(*self._plain_starts[at : at + 2])
        return frozenset(keys.tolist())


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of memories.

    Attributes:
        order: the memories, those of each group together.
        starts: where each group starts in this order.
        groups: the group of each memory.
    """

    order: Places
    starts: Places
    groups: Places

    @classmethod
    def of(cls, *keys: npt.NDArray[Any]) -> "Grouping":
        """Group memories that have the same keys, in their order, the first key first."""
        order = np.lexsort(keys[::-1])
        ordered = [key[order] for key in keys]
        begins = np.ones(len(order), dtype=bool)
        begins[1:] = reduce(np.logical_or, (key[1:] != key[:-1] for key in ordered))
        groups = np.empty(len(order), dtype=np.intp)
        groups[order] = np.cumsum(begins) - 1
        return cls(order, np.flatnonzero(begins), groups)

    def __len__(self) -> int:
        return len(self.starts)

    def best(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the greatest value of each group."""
        best: npt.NDArray[Any] = np.maximum.reduceat(values[self.order], self.starts)
        return best


@dataclass(frozen=True)
class Table:
    """Memories among those of some columns.

    Attributes:
        columns: the columns.
        places: where each memory stands in them.
    """

    columns: Columns
    places: Places
    _worked: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Table":
        """Return a table of memories in columns of their own."""
        columns = Columns()
        columns.extend(entries)
        return cls(columns, np.arange(len(entries)))

    def __len__(self) -> int:
        return len(self.places)

    def only(self, kept: npt.NDArray[np.bool_]) -> "Table":
        """Return the memories that are marked."""
        return self if kept.all() else Table(self.columns, self.places[kept])

    @cached_property
    def ids(self) -> Sequence[str]:
        """The id of each memory."""
        ids = self.columns.ids
        return [ids[at] for at in self.places.tolist()]

    @cached_property
    def by_id(self) -> Places:
        """The place of each memory in the order of ids."""
        found = np.empty(len(self), dtype=np.intp)
        found[sorted(range(len(self)), key=self.ids.__getitem__)] = np.arange(len(self))
        return found

    def memory(self, at: int) -> Memory:
        """Return a memory."""
        return self.columns.memory(int(self.places[at]))

    def stems(self, at: int) -> frozenset[int]:
        """Return the stems of a memory's text."""
        return self.columns.stems(int(self.places[at]))

    @cached_property
    def heads(self) -> npt.NDArray[Any]:
        """The numbers of fixed width of each memory."""
        heads: npt.NDArray[Any] = self.columns.heads[self.places]
        return heads

    @cached_property
    def beside(self) -> Floats:
        """Time and number of the accesses of each; NaN where there is no time."""
        beside: Floats = self.columns.beside[self.places]
        return beside

    def of_group(self, kind: int, names: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return which memories are of sessions (1) or namespaces (2) of these names."""
        codes = [self.columns.code(kind, name) for name in names]
        return np.isin(self.columns.groups(kind)[self.places], codes)

    @cached_property
    def accessed(self) -> Floats:
        """Time at which each was found last, in microseconds; 0 for never."""
        accessed: Floats = np.nan_to_num(self.beside[:, 0])
        return accessed

    def flag(self, flag: int) -> npt.NDArray[np.bool_]:
        """Return which memories have a flag."""
        marked: npt.NDArray[np.bool_] = (self.numbers("flags") & flag) > 0
        return marked

    def numbers(self, name: str) -> npt.NDArray[Any]:
        """Return one of the numbers of fixed width of each memory, side by side."""
        return self.once(name, lambda table: np.ascontiguousarray(table.heads[name]))

    @cached_property
    def conversations(self) -> npt.NDArray[Any]:
        """Code of the conversation that each comes from; -1 for none."""
        codes: npt.NDArray[Any] = self.columns.groups(0)[self.places]
        return codes

    @cached_property
    def by_conversation(self) -> "Grouping":
        """The memories by the conversation that they come from; without one, each by itself."""
        codes = self.conversations
        return Grouping.of(np.where(codes < 0, -1 - np.arange(len(codes)), codes))

    @cached_property
    def by_spot(self) -> "Grouping":
        """The memories by conversation and sequence, in that order; the others come first."""
        numbers = self.heads[fields.SEQUENCE]
        placed = (self.conversations >= 0) & (numbers != 0)
        return Grouping.of(np.where(placed, self.conversations, -1), np.where(placed, numbers, 0))

    @cached_property
    def at(self) -> Places:
        """For each place of the columns, which memory it is; -1 for none."""
        found = np.full(self.columns.size, -1, dtype=np.intp)
        found[self.places] = np.arange(len(self.places))
        return found

    def find(self, listed: Postings, sought: Keys) -> tuple[Places, Places, Keys]:
        """Return which of the sought numbers a list has, whose they are, and second numbers."""
        which, places, more = listed.find(sought)
        owners = self.at[places]
        mine = owners >= 0
        return (which, owners, more) if mine.all() else (which[mine], owners[mine], more[mine])

    def once(self, name: Hashable, work: Callable[["Table"], ResultT]) -> ResultT:
        """Return what is worked out of the memories alone, whatever is asked.

        Args:
            name: names the result, which is kept; no more than a few dozen names are in use.
            work: works it out.
        """
        if name not in self._worked:
            self._worked[name] = work(self)
        found: ResultT = self._worked[name]
        return found


Readable = Sequence[Memory] | Table


def table_of(memories: Readable) -> Table:
    """Return memories as columns."""
    if isinstance(memories, Table):
        return memories
    return Table.of(list(map(entry_of, memories)))
