"""Where a reader stands in the hits of a query."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory_services.long_term_memory.search.candidates import Candidate
from agent_memory_services.runtime.numbers import is_exact

_HEAD: Final = struct.Struct(">qIQ")
_DIGEST_BYTES: Final = 5
# Page tokens hold 4096 characters at most, of which four carry three bytes.
_REMEMBERED: Final = 600


@dataclass(frozen=True, slots=True)
class Place:
    """What earlier pages of a query showed.

    A ranking is no list that an offset could point into: word scores depend on how many memories
    hold a word, so they move whenever anybody stores one. What was shown is therefore remembered,
    and the next page is the best of what was not. Beyond some hundred hits the first ones are
    remembered by their number alone.

    Attributes:
        asked_at: when the first page was asked for, in microseconds. On every page, recency and
            validity are measured at that moment, and what was stored later takes no part.
        shown: how many hits were shown.
        recent: digests of the ids that were shown last.
        total: how many memories the filter matched on the first page; None before it.
    """

    asked_at: int
    shown: int = 0
    recent: tuple[bytes, ...] = ()
    total: int | None = None

    def following(self, hits: Sequence[Candidate]) -> list[Candidate]:
        """The hits, best first, that were not shown."""
        if not self.shown:
            return list(hits)
        shown = frozenset(self.recent)
        rest = hits[self.shown - len(self.recent) :]
        return [hit for hit in rest if _digest(hit) not in shown]

    def after(self, page: Sequence[Candidate], total: int) -> "Place":
        """Where the reader stands when a page of so many memories was shown."""
        recent = (*self.recent, *map(_digest, page))[-_REMEMBERED:]
        return Place(self.asked_at, self.shown + len(page), recent, total)

    def pack(self) -> bytes:
        """The place as the payload of a cursor."""
        return _HEAD.pack(self.asked_at, self.shown, self.total or 0) + b"".join(self.recent)

    @classmethod
    def unpack(cls, payload: bytes) -> "Place":
        """The place that a cursor carries.

        Raises:
            ValueError: its numbers are none that a place has.
            struct.error: it carries none.
        """
        starts = range(_HEAD.size, len(payload), _DIGEST_BYTES)
        recent = tuple(payload[start : start + _DIGEST_BYTES] for start in starts)
        asked_at, shown, total = _HEAD.unpack_from(payload)
        if asked_at < 0 or not (is_exact(asked_at) and is_exact(total)):
            raise ValueError("out of range")
        return cls(asked_at, shown, recent, total)


def _digest(hit: Candidate) -> bytes:
    return hashlib.blake2b(hit.memory.id.encode(), digest_size=_DIGEST_BYTES).digest()
