"""Walking over memories, however they are spread over time."""

import random

import pytest

from agent_memory.common.v1.memory_pb2 import Memory
from agent_memory_services.kit.contract.clock import now_micros, to_timestamp
from agent_memory_services.kit.redis.keys import encode
from agent_memory_services.long_term_memory.domain import fields
from agent_memory_services.long_term_memory.domain.conditions import ALWAYS, Node, Tag
from agent_memory_services.long_term_memory.domain.scope import Scope
from agent_memory_services.long_term_memory.listing import ListingCursor, Walk
from agent_memory_services.long_term_memory.store.index.index import MemoryIndex
from tests.integration.long_term_memory.conftest import Inserting, memory

_YEAR_1, _YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
_DAY = 86_400_000_000


def moment(dice: random.Random, now: int) -> int:
    """A time: in a crowd, alone in a decade, or at the ends of the calendar."""
    return dice.choice(
        [
            now,
            now + dice.randint(-3, 3),
            now + dice.randint(-(10**6), 10**6),
            now - dice.randint(0, 400 * 365) * _DAY,
            now + dice.randint(0, 200 * 365) * _DAY,
            dice.choice([_YEAR_1, _YEAR_9999, 0, -1]),
        ]
    )


async def walked(
    walk: Walk, condition: Node, *, size: int, after: ListingCursor | None = None
) -> tuple[list[Memory], list[int]]:
    """Everything that a walk passes, and how long its pages were."""
    memories: list[Memory] = []
    sizes: list[int] = []
    async for page in walk.pages(Scope("acme"), condition, size=size, after=after):
        memories += page
        sizes.append(len(page))
    return memories, sizes


@pytest.mark.parametrize("seed", range(3))
async def test_every_memory_is_passed_once_and_in_order(
    insert: Inserting, index: MemoryIndex, seed: int
) -> None:
    """With pages of every size, from the start and from any memory on."""
    dice, now = random.Random(seed), now_micros()
    memories = [
        memory(
            f"fact {n}",
            id=dice.choice(["", "é", "-"]) + str(n),
            user_id=dice.choice("ab"),
            create_time=to_timestamp(moment(dice, now)),
        )
        for n in range(90)
    ]
    await insert(*memories)
    walk = Walk(index)
    in_order = sorted(memories, key=lambda m: (m.create_time.ToMicroseconds(), encode(m.id)))
    whole = [each.id for each in in_order]
    for size in (2, 7, 89, 90, 91):
        found, sizes = await walked(walk, ALWAYS, size=size)
        assert [each.id for each in found] == whole, size
        assert 0 < min(sizes) <= max(sizes) <= size
    for place in dice.sample(range(90), 10):
        after = ListingCursor.of(in_order[place])
        found, _ = await walked(walk, ALWAYS, size=5, after=after)
        assert [each.id for each in found] == whole[place + 1 :]
    found, _ = await walked(walk, Tag(fields.USER, ("a",)), size=7)
    assert [each.id for each in found] == [each.id for each in in_order if each.user_id == "a"]


async def test_a_walk_over_nothing_passes_nothing(insert: Inserting, index: MemoryIndex) -> None:
    """Not even an empty page."""
    await insert(memory("of somebody", user_id="a"))
    assert await walked(Walk(index), Tag(fields.USER, ("b",)), size=5) == ([], [])
