"""Rows: what a search reads of memories, packed and taken apart again."""

import math

import numpy as np
import pytest

from agent_memory.common.v1.memory_pb2 import (
    EventTime,
    Memory,
    MemoryType,
    Provenance,
    TimePrecision,
    Validity,
)
from agent_memory_services.kit.contract.clock import to_micros, to_timestamp
from agent_memory_services.language.en.words import stem
from agent_memory_services.long_term_memory.domain import fields, terms, traits
from agent_memory_services.long_term_memory.domain.columns import (
    Table,
    entry_of,
    features,
    is_row_of,
)

SAID = 1_700_000_000_000_001
MESSAGE = Memory(
    id="m-1",
    etag="e1",
    text="We met Ann twice, Ann and I: a café! Why?",
    context="user: Where did you go?",
    type=MemoryType.MEMORY_TYPE_MESSAGE,
    namespace="a/b",
    session_id="s",
    entities=["Bob"],
    sequence=7,
    create_time=to_timestamp(SAID),
    update_time=to_timestamp(SAID + 250),
    event_time=EventTime(start=to_timestamp(SAID)),
    validity=Validity(valid_from=to_timestamp(SAID)),
    provenance=Provenance(session_uid="u", message_ids=["1", "2"]),
)
FACT = Memory(
    id="f-1",
    etag="e2",
    text="User rides getUserProfile in Zürich",
    type=MemoryType.MEMORY_TYPE_EPISODIC,
    create_time=to_timestamp(0),
    update_time=to_timestamp(5),
    event_time=EventTime(start=to_timestamp(-3), precision=TimePrecision.TIME_PRECISION_DAY),
    expire_time=to_timestamp(9),
    pinned=True,
)
EMPTY = Memory(text="...")


def _key(word: str) -> int:
    return terms.key_of(stem(word))


@pytest.fixture
def table() -> Table:
    """Three memories that have little in common."""
    return Table.of([entry_of(each) for each in (MESSAGE, FACT, EMPTY)])


@pytest.mark.parametrize("name", [*fields.NUMBERS.keys() - fields.ACCESSES.keys()])
def test_a_row_has_every_number_that_is_indexed(table: Table, name: str) -> None:
    """Equal ones, zero and ones that are not set among them."""
    for number, memory in zip(table.heads[name].tolist(), (MESSAGE, FACT, EMPTY), strict=True):
        expected = fields.NUMBERS[name].read(memory)
        assert (None if math.isnan(number) else number) == expected


def test_a_row_has_the_place_of_a_message(table: Table) -> None:
    """What is no message has none."""
    assert table.heads[fields.SEQUENCE].tolist() == [7, 0, 0]


def test_a_row_tells_the_period_that_a_memory_is_about(table: Table) -> None:
    """A day has an end; an instant has none, and what has no event is about its creation."""
    day = 86_400_000_000
    assert table.heads["begins"].tolist() == [SAID, -3, 0]
    assert table.heads["ends"].tolist() == [SAID, day - 3, 0]


def test_a_row_tells_what_features_tell(table: Table) -> None:
    """They are counted once, and worked out of the counts on either side."""
    for read, memory in zip(table.heads["features"], (MESSAGE, FACT, EMPTY), strict=True):
        assert read.tolist() == pytest.approx(features(memory.text))
    assert len(set(features(MESSAGE.text))) > len({0.0, 1.0})


def test_a_row_holds_the_stems_of_texts(table: Table) -> None:
    """With how often each occurs, in the text and around it, and in other spellings."""
    for at, memory in enumerate((MESSAGE, FACT, EMPTY)):
        plain = terms.keys_of(map(stem, terms.plain(memory.text)))
        assert table.stems(at) == plain
    asked = np.array([_key("ann"), _key("go")], dtype=np.uint32)
    which, owners, times = table.find(table.columns.words[0], asked)
    assert (which.tolist(), owners.tolist(), times.tolist()) == ([0], [0], [2])
    which, owners, _ = table.find(table.columns.words[1], asked)
    assert (which.tolist(), owners.tolist()) == ([1], [0])
    asked = np.array([_key("cafe"), _key("zurich")], dtype=np.uint32)
    forms, owners, _ = table.find(table.columns.others[0], asked)
    assert sorted(zip(owners.tolist(), forms.tolist(), strict=True)) == [(0, 0), (1, 1)]


def test_a_row_tells_whose_a_memory_is(table: Table) -> None:
    """Its conversation, session and namespace are told apart from others; no session is none."""
    assert table.ids == ["m-1", "f-1", ""]
    assert table.of_group(1, ["s"]).tolist() == [True, False, False]
    assert table.of_group(1, [""]).tolist() == [False, True, True]
    assert table.of_group(2, ["a/b", "x"]).tolist() == [True, False, False]
    assert (table.conversations < 0).tolist() == [False, True, True]


def test_a_row_is_of_one_version_of_a_memory() -> None:
    """That of another one, or of another release, is made anew."""
    row = traits.row_of(MESSAGE)
    assert is_row_of(row, "e1")
    assert not is_row_of(row, "e2")
    assert not is_row_of(bytes([traits.VERSION - 1]) + row[1:], "e1")


def test_a_row_of_the_longest_text_is_whole() -> None:
    """Numbers of words and forms beyond what a row counts with are cut, not mistaken."""
    words = " ".join(f"é{at:x}é-ü{at:x}" for at in range(3000))
    for text in ("我" * 10_900, words[:16_000], "a " * 16_384):
        memory = Memory(id="long", text=text, context=text, create_time=to_timestamp(SAID))
        table = Table.of([entry_of(memory)])
        assert table.ids == ["long"]
        assert table.stems(0) == terms.keys_of(map(stem, terms.plain(text)))
        assert table.heads[fields.CREATE].tolist() == [to_micros(memory.create_time)]
