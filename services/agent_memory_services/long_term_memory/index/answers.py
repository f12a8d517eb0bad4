"""What the engine answers to a query.

The index library makes an object with an attribute for each field of each row, which for the
hundreds of rows behind a search takes longer than the engine needs to find them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A hash that was found.

    Attributes:
        key: its key.
        score: what the engine scored it, where the query asked for scores.
        fields: the fields that the query asked for, by name.
    """

    key: bytes
    score: float | None
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, in its order.

    Attributes:
        total: how many match in all.
        rows: those that were asked for.
    """

    total: int
    rows: Sequence[Row]


def answer_of(reply: Sequence[Any], *, scored: bool) -> Answer:
    """Read a reply: the total, then for each row its key, its score if `scored`, its fields."""
    total, *items = reply
    step = 3 if scored else 2
    scores = map(float, items[1::step]) if scored else iter([None] * len(items))
    # A hash that went away while the query ran has no fields any more.
    fields = (_mapping(given) if given else {} for given in items[step - 1 :: step])
    return Answer(int(total), list(map(Row, items[::step], scores, fields)))


def _mapping(given: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(given[::2], given[1::2], strict=True))
