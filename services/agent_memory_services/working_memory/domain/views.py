"""Views that replace a view: which given message is which of those in the log.

A message with an id is the one in view that has this id and says the same. A message without an
id is one in view that says the same, such that as many as possible are found and their order is
the view's order: their longest common subsequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_memory.common.v1.message_pb2 import Message
from agent_memory_services.kit.contract.messages import copied
from agent_memory_services.working_memory.domain import drafts
from agent_memory_services.working_memory.domain.session import Entry, Incoming, Logged, Shown

_INSTRUCTIONS: Final = "system"


@dataclass(frozen=True, slots=True)
class Statement:
    """Identity of a message for matching: its id, or none, and its content's digest."""

    id: str
    digest: bytes


def match(view: Sequence[Statement], given: Sequence[Statement]) -> list[int | None]:
    """Return for each given message its position in the view, or None where it is not there.

    Positions of messages without an id increase, and no position is given twice. Takes
    O(len(view) * len(given) / 64) word operations at worst, and linear time where the view was
    only cut or extended.
    """
    found = _match_ids(view, given)
    claimed = {position for position in found if position is not None}
    free = [position for position in range(len(view)) if position not in claimed]
    nameless = [index for index, statement in enumerate(given) if not statement.id]
    pairs = common_subsequence(
        [view[position].digest for position in free],
        [given[index].digest for index in nameless],
    )
    for at_view, at_given in pairs:
        found[nameless[at_given]] = free[at_view]
    return found


def _match_ids(view: Sequence[Statement], given: Sequence[Statement]) -> list[int | None]:
    # Two messages in view may carry one id: the later says what the id means now.
    positions = {statement.id: position for position, statement in enumerate(view)}
    return [
        position
        if statement.id
        and (position := positions.get(statement.id)) is not None
        and view[position].digest == statement.digest
        else None
        for statement in given
    ]


def common_subsequence(one: Sequence[bytes], other: Sequence[bytes]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence, in order.

    What the two begin and end with alike is paired first, which is always part of a longest one.
    The rest is the bit-parallel algorithm of Crochemore et al., "A fast and practical bit-vector
    algorithm for the longest common subsequence problem" (2001).
    """
    shorter = min(len(one), len(other))
    head = 0
    while head < shorter and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < shorter - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    middle = _pairs(one[head : len(one) - tail], other[head : len(other) - tail])
    return [
        *((at, at) for at in range(head)),
        *((head + a, head + b) for a, b in middle),
        *((len(one) - at, len(other) - at) for at in range(tail, 0, -1)),
    ]


def _pairs(one: Sequence[bytes], other: Sequence[bytes]) -> list[tuple[int, int]]:
    rows = _rows(one, other)
    pairs = []
    at_one, at_other = len(one), len(other)
    while at_one and at_other:
        if one[at_one - 1] == other[at_other - 1]:
            at_one, at_other = at_one - 1, at_other - 1
            pairs.append((at_one, at_other))
        elif rows[at_other] >> (at_one - 1) & 1:
            at_one -= 1
        else:
            at_other -= 1
    return pairs[::-1]


def _rows(one: Sequence[bytes], other: Sequence[bytes]) -> list[int]:
    """Per prefix of `other`, a bit per element of `one`: 0 where the longest length grows."""
    places: dict[bytes, int] = {}
    for position, element in enumerate(one):
        places[element] = places.get(element, 0) | 1 << position
    everything = (1 << len(one)) - 1
    row = everything
    rows = [row]
    for element in other:
        hits = row & places.get(element, 0)
        row = ((row + hits) | (row - hits)) & everything
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A view to be written: messages that stay, and messages to come."""

    positions: Sequence[Shown | Incoming]

    @property
    def items(self) -> list[Entry | Incoming]:
        """The positions as a write takes them."""
        return [item.entry if isinstance(item, Shown) else item for item in self.positions]

    def shown(self, logged: Sequence[Logged]) -> tuple[Shown, ...]:
        """Return the view after the write, which returned the positions of new messages."""
        found = iter(logged)
        return tuple(
            item if isinstance(item, Shown) else _shown(item, next(found))
            for item in self.positions
        )


async def plan_view(
    view: Sequence[Shown], given: Sequence[Message], naming: drafts.Naming
) -> PlannedView:
    """Find the given messages in the view, and make the others ready for the log."""
    found = match(
        [Statement(item.message.id, item.entry.digest) for item in view],
        [Statement(message.id, drafts.message_digest(message)) for message in given],
    )
    new = [(index, copied(given[index])) for index, at in enumerate(found) if at is None]
    incoming = iter(await drafts.receive(new, naming))
    return PlannedView([next(incoming) if at is None else view[at] for at in found])


def taken_back(before: Sequence[Shown], view: PlannedView) -> list[str]:
    """Return the ids of messages that a new view takes back.

    These are the messages after the last one that stays, instructions to the model aside: an
    answer that was asked for anew, a message that was edited or withdrawn. A view that is cut at
    its beginning, or begun anew, takes back nothing.
    """
    kept = {item.entry.sequence for item in view.positions if isinstance(item, Shown)}
    last = max(
        (
            at
            for at, item in enumerate(before)
            if item.entry.sequence in kept and item.message.role != _INSTRUCTIONS
        ),
        default=len(before),
    )
    gone = [item.message.id for item in before[last + 1 :] if item.entry.sequence not in kept]
    there = {item.message.id for item in view.positions}
    return [each for each in dict.fromkeys(gone) if each not in there]


def _shown(item: Incoming, logged: Logged) -> Shown:
    entry = Entry(logged.sequence, item.tokens, item.digest, item.answer)
    if logged.known is not None:
        return Shown(entry, logged.known)
    message = copied(item.message)
    message.sequence = logged.sequence
    return Shown(entry, message)
