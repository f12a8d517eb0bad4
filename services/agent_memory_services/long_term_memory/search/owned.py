"""Searches within one owner: over all of the owner's memories, as columns, and without the index.

A condition becomes a mask. One that columns cannot tell, and a question whose words have to occur
as they stand, are left to the index.
"""

from collections.abc import Sequence

import numpy as np

from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.columns import Floats, Table
from agent_memory_services.long_term_memory.domain.conditions import owner_of
from agent_memory_services.long_term_memory.domain.masks import Masks, is_maskable
from agent_memory_services.long_term_memory.domain.scope import Selection
from agent_memory_services.long_term_memory.listing import Listed, ListingCursor
from agent_memory_services.long_term_memory.search import legs
from agent_memory_services.long_term_memory.search.plan import SearchPlan
from agent_memory_services.long_term_memory.search.ranking import Ordered, Ranking
from agent_memory_services.long_term_memory.store.embeddings.vectors import Space
from agent_memory_services.long_term_memory.store.owners import Owned, OwnerColumns


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
        reached = dict.fromkeys((leg.name for leg in plan.legs), np.full(len(table), np.nan))
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
