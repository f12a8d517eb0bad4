"""Searches within one owner: over all of the owner's memories, as columns, and without the index.

A condition becomes a mask. One that columns cannot tell, and a question whose words have to occur
as they stand, are left to the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
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
    owner_of,
)
from agent_memory_services.long_term_memory.domain.scope import Selection
from agent_memory_services.long_term_memory.listing import Listed, ListingCursor
from agent_memory_services.long_term_memory.search import legs
from agent_memory_services.long_term_memory.search.plan import SearchPlan
from agent_memory_services.long_term_memory.search.ranking import Ordered, Ranking
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space
from agent_memory_services.long_term_memory.store.owners import Owned, OwnerColumns

Mask = npt.NDArray[np.bool_]

_FLAGS: Final = {fields.PINNED: traits.PINNED, fields.STANDING: traits.STANDING}
_TAGS: Final = frozenset(
    {
        *(fields.TENANT, fields.USER, fields.NAMESPACE, fields.SESSION, fields.ID, fields.TYPE),
        *(fields.HIDDEN, *_FLAGS),
    }
)


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
    """

    table: Table
    tenant: str
    user: str

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
                raise KeyError(condition.field)

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
                met = np.isin(table.heads["type"], list(map(int, values)))
            case fields.NAMESPACE:
                met = table.of_group(2, [(value,) for value in values])
            case fields.SESSION:
                met = table.of_group(1, [("", value) for value in values])
            case fields.HIDDEN:
                marks = {"1": traits.HIDDEN, fields.ARCHIVED: traits.ARCHIVED}
                met = self._flagged(values, marks, traits.HIDDEN)
            case _:
                flag = _FLAGS[asked.field]
                met = self._flagged(values, {"1": flag}, flag)
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
        numbers: Floats = self.table.heads[field]
        return numbers


def _within(asked: Range, numbers: Floats) -> Mask:
    # A number that is not set is none, and neither within bounds nor beyond.
    met: Mask = ~np.isnan(numbers)
    if asked.low is not None:
        met &= numbers >= asked.low
    if asked.high is not None:
        met &= numbers <= asked.high
    return met


class OwnedSearch:
    """Answers queries within one owner."""

    def __init__(self, owners: OwnerColumns) -> None:
        self._owners = owners

    async def ranked(
        self, selection: Selection, plan: SearchPlan, space: Space, now: int
    ) -> tuple[Ordered, int] | None:
        """Return the hits of a plan, best first, and the size of the selection.

        None where the index has to be asked.
        """
        dense = [leg for leg in plan.legs if isinstance(leg, legs.DenseLeg)]
        by_words = not dense or any(leg.must for leg in dense)
        if by_words or (found := await self._selected(selection, space)) is None:
            return None
        owned, table = found
        reached = {leg.name: np.full(len(table), np.nan) for leg in plan.legs}
        reached |= {leg.name: _reached(leg, owned)[table.places] for leg in dense}
        # What has no vector yet is found by its words alone.
        if np.isnan(reached[dense[0].name]).any():
            return None
        reached = legs.with_single_vectors(plan.legs, table, reached)
        return Ranking(plan, now).order(table, reached), len(table)

    async def newest(
        self, selection: Selection, space: Space, *, size: int, after: ListingCursor | None
    ) -> Listed | None:
        """Return the page of a listing; None where the index has to be asked."""
        found = await self._selected(selection, space)
        if found is None:
            return None
        _, table = found
        places = _latest(table, after)
        page = [table.memory(at) for at in places[:size]]
        more = len(places) > size
        return Listed(page, len(table), ListingCursor.of(page[-1]) if more and page else None)

    async def _selected(self, selection: Selection, space: Space) -> tuple[Owned, Table] | None:
        condition = selection.condition
        user = owner_of(condition)
        if not user or not is_maskable(condition):
            return None
        owned = await self._owners.of(
            selection.tenant, user, space.generation, space.index.precision
        )
        if owned is None:
            return None
        masks = Masks(owned.table, selection.tenant, user)
        return owned, owned.only(masks.of(condition))


def _latest(table: Table, after: ListingCursor | None) -> Sequence[int]:
    """Return the places of the memories behind a position, in the order of listings."""
    created = table.heads[fields.CREATE].tolist()
    names = zip(created, map(encode, table.ids), range(len(table)), strict=True)
    last = (after.create_time, encode(after.memory_id)) if after else None
    ordered = sorted(names, reverse=True)
    return [at for time, name, at in ordered if last is None or (time, name) < last]


def _reached(leg: legs.DenseLeg, owned: Owned) -> Floats:
    vectors = owned.text if leg.field == fields.VECTOR else owned.context
    return vectors.distances(leg.vector, owned.columns.size)
